//! What a page says to a program that runs no scripts: a link preview, a search engine, curl. Everything is read as somebody who
//! is signed out, so it is what the owner shows to everybody.

use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::{CreditRole, ListFilmographyRequest, Movie, MovieSort, Person},
    rating::v1::GetListMoviesRequest,
    recommendation::v1::GetTasteRequest,
    user::v1::{self as user, GetProfilesRequest},
};
use serde_json::{Value, json};
use tonic::{Code, Status};
use uuid::Uuid;

use super::{
    address::Page,
    texts::{self, by, counted},
};
use crate::{
    features::{profile, settings::Language},
    id::Id,
    upstream::{batch_reads, clients::Clients},
};

/// Movies that a page about a person or a list names.
const MAX_MOVIES: i32 = 20;

/// The texts and links of a page, none of them escaped.
#[derive(Default)]
pub(super) struct Facts {
    pub(super) title: String,
    pub(super) description: String,
    /// The kind of Open Graph object.
    pub(super) kind: &'static str,
    /// The path or the address of the picture of a link preview.
    pub(super) picture: Option<Picture>,
    /// Texts with the path that they lead to, if any.
    pub(super) lines: Vec<(String, Option<String>)>,
    /// A description of the subject in the vocabulary of schema.org.
    pub(super) structured: Option<Value>,
}

pub(super) enum Picture {
    /// The drawn poster of this movie.
    Poster(Uuid),
    /// An image elsewhere, by its address.
    Image(String),
}

impl Picture {
    fn of(movie: &Movie) -> Self {
        if movie.poster_url.is_empty() {
            Self::Poster(movie.id.parse().unwrap_or_default())
        } else {
            Self::Image(movie.poster_url.clone())
        }
    }
}

/// Reads the facts of a page; `None`: there is nobody and nothing that it could be about.
pub(super) async fn read(clients: &Clients, page: &Page, language: Language) -> Result<Option<Facts>, Status> {
    match page {
        Page::Public | Page::Own => Ok(Some(site(language))),
        Page::Movie(id) => movie(clients, *id, language).await,
        Page::Comments(id) => {
            let facts = movie(clients, *id, language).await?;
            Ok(facts.map(|movie| Facts {
                title: by(
                    language,
                    format!("{} 코멘트", movie.title),
                    format!("Comments on {}", movie.title),
                ),
                structured: None,
                ..movie
            }))
        }
        Page::Person(id) => person(clients, *id, language).await,
        Page::List(id) => list(clients, *id, language).await,
        Page::Member(handle) => member(clients, handle, language).await,
        Page::Taste(handle) | Page::TasteMovies(handle) => taste(clients, handle, language).await,
    }
}

/// What is said of pages about nothing in particular.
pub(super) fn site(language: Language) -> Facts {
    Facts {
        title: String::new(),
        description: texts::description(language).to_owned(),
        kind: "website",
        ..Facts::default()
    }
}

async fn movie(clients: &Clients, id: Uuid, language: Language) -> Result<Option<Facts>, Status> {
    let Some(movie) = clients.movies.read(&[id]).await?.remove(&id) else {
        return Ok(None);
    };
    let people = |role: CreditRole| {
        let credits = movie.credits.iter().filter(move |credit| credit.role() == role);
        credits.filter_map(|credit| credit.person.as_ref())
    };
    let names = |role| -> Vec<&str> { people(role).map(|person| texts::name(person, language)).collect() };
    let directors = names(CreditRole::Director).join(", ");
    let genres: Vec<String> = movie.genres.iter().map(|genre| texts::genre(genre, language)).collect();

    let mut parts = Vec::new();
    if !directors.is_empty() {
        parts.push(by(
            language,
            format!("{directors} 감독"),
            format!("Directed by {directors}"),
        ));
    }
    parts.push(genres.join(", "));
    if movie.runtime > 0 {
        parts.push(by(
            language,
            format!("{}분", movie.runtime),
            format!("{} min", movie.runtime),
        ));
    }
    if movie.rating_count > 0 {
        let stars = movie.rating_mean / 2.0;
        let count = counted(language, movie.rating_count, "명", "rating", "ratings");
        parts.push(by(
            language,
            format!("평균 ★ {stars:.1} ({count})"),
            format!("average ★ {stars:.1} ({count})"),
        ));
    }
    parts.retain(|part| !part.is_empty());

    let other = by(language, &movie.title_en, &movie.title_ko);
    let shown = texts::title(&movie, language);
    let mut lines = Vec::new();
    for other in [other, &movie.title_original] {
        if !other.is_empty() && other != shown && lines.iter().all(|(line, _)| line != other) {
            lines.push((other.clone(), None));
        }
    }
    lines.extend(
        people(CreditRole::Director)
            .chain(people(CreditRole::Actor))
            .map(|person| person_line(person, language)),
    );
    Ok(Some(Facts {
        title: format!("{} ({})", texts::title(&movie, language), movie.year),
        description: parts.join(" · "),
        kind: "video.movie",
        picture: Some(Picture::of(&movie)),
        lines,
        structured: Some(structured(&movie, &genres, language, names)),
    }))
}

/// The movie in the vocabulary of schema.org/Movie.
fn structured<'a>(
    movie: &Movie,
    genres: &[String],
    language: Language,
    names: impl Fn(CreditRole) -> Vec<&'a str>,
) -> Value {
    let people = |role| -> Vec<Value> {
        let names = names(role).into_iter();
        names.map(|name| json!({"@type": "Person", "name": name})).collect()
    };
    let mut of = json!({
        "@context": "https://schema.org",
        "@type": "Movie",
        "name": texts::title(movie, language),
        "datePublished": movie.year.to_string(),
        "genre": genres,
        "director": people(CreditRole::Director),
        "actor": people(CreditRole::Actor),
    });
    let other = by(language, &movie.title_en, &movie.title_ko);
    if !other.is_empty() && other != texts::title(movie, language) {
        of["alternateName"] = other.clone().into();
    }
    if movie.runtime > 0 {
        of["duration"] = format!("PT{}M", movie.runtime).into();
    }
    if !movie.imdb_id.is_empty() {
        of["sameAs"] = format!("https://www.imdb.com/title/{}/", movie.imdb_id).into();
    }
    if movie.rating_count > 0 {
        of["aggregateRating"] = json!({
            "@type": "AggregateRating",
            "ratingValue": (movie.rating_mean / 2.0 * 100.0).round() / 100.0,
            "ratingCount": movie.rating_count,
            "bestRating": 5,
            "worstRating": 0.5,
        });
    }
    of
}

async fn person(clients: &Clients, id: Uuid, language: Language) -> Result<Option<Facts>, Status> {
    let message = ListFilmographyRequest {
        person_id: id.to_string(),
        sort: MovieSort::Popularity.into(),
        limit: MAX_MOVIES,
        language: language.tag().to_owned(),
        ..ListFilmographyRequest::default()
    };
    let mut movie = clients.movie.clone();
    let ids = [id];
    let (people, movies) = tokio::join!(
        clients.people.read(&ids),
        movie.list_filmography(request(message, &Caller::Anonymous)),
    );
    let Some(person) = people?.remove(&id) else {
        return Ok(None);
    };
    let movies = movies?.into_inner().movies;
    let count = person.counts.map_or(0, |counts| counts.movies);
    Ok(Some(about_movies(
        texts::name(&person, language).to_owned(),
        texts::movies(language, count.into()),
        "profile",
        &movies,
        language,
    )))
}

async fn list(clients: &Clients, id: Uuid, language: Language) -> Result<Option<Facts>, Status> {
    let ids = [id];
    let Some(list) = batch_reads::lists(clients, &Caller::Anonymous, &ids).await?.remove(&id) else {
        return Ok(None);
    };
    let message = GetListMoviesRequest {
        list_id: id.to_string(),
        cursor: String::new(),
        limit: MAX_MOVIES,
    };
    let found = clients
        .lists
        .clone()
        .get_list_movies(request(message, &Caller::Anonymous))
        .await;
    let found = batch_reads::ids(&found?.into_inner().movie_ids);
    let mut movies = clients.movies.read(&found).await?;
    let movies: Vec<Movie> = found.iter().filter_map(|id| movies.remove(id)).collect();
    let count = texts::movies(language, list.movie_count);
    let mut facts = about_movies(list.title, count, "website", &movies, language);
    if !list.text.is_empty() {
        facts.lines.insert(0, (list.text, None));
    }
    Ok(Some(facts))
}

/// A page that is about some movies: their titles, and the poster of the first.
fn about_movies(title: String, count: String, kind: &'static str, movies: &[Movie], language: Language) -> Facts {
    let titles: Vec<&str> = movies
        .iter()
        .take(5)
        .map(|movie| texts::title(movie, language))
        .collect();
    let line = |movie: &Movie| {
        let text = format!("{} ({})", texts::title(movie, language), movie.year);
        (text, Some(format!("/movies/{}", movie.id)))
    };
    Facts {
        title,
        description: if titles.is_empty() {
            count
        } else {
            format!("{count}: {}", titles.join(", "))
        },
        kind,
        picture: movies.first().map(Picture::of),
        lines: movies.iter().map(line).collect(),
        structured: None,
    }
}

fn person_line(person: &Person, language: Language) -> (String, Option<String>) {
    let name = texts::name(person, language).to_owned();
    (name, Some(format!("/people/{}", person.id)))
}

async fn by_handle(clients: &Clients, handle: &str) -> Result<Option<user::Member>, Status> {
    let handles = [handle.to_owned()];
    let mut members = batch_reads::members_by_handle(clients, &Caller::Anonymous, &handles).await?;
    Ok(members.remove(handle))
}

async fn member(clients: &Clients, handle: &str, language: Language) -> Result<Option<Facts>, Status> {
    let Some(member) = by_handle(clients, handle).await? else {
        return Ok(None);
    };
    let message = GetProfilesRequest {
        member_ids: vec![member.id.clone()],
    };
    let mut profiles = clients.user.clone();
    let (profiles, activity) = tokio::join!(
        profiles.get_profiles(request(message, &Caller::Anonymous)),
        profile::activity(clients, &Caller::Anonymous, Id::from_proto(&member.id)),
    );
    let followers = profiles?
        .into_inner()
        .profiles
        .pop()
        .map(|profile| profile.follower_count);
    // The counts of hidden sections are absent.
    let activity = activity.unwrap_or_default();
    let parts = [
        activity
            .rated_count
            .map(|count| by(language, "평가 ", "rated ").to_owned() + &texts::movies(language, count)),
        activity.comment_count.map(|count| match language {
            Language::Ko => format!("코멘트 {count}개"),
            Language::En => counted(language, count, "", "comment", "comments"),
        }),
        followers.map(|count| match language {
            Language::Ko => format!("팔로워 {count}명"),
            Language::En => counted(language, count, "", "follower", "followers"),
        }),
    ];
    Ok(Some(Facts {
        title: format!("{} (@{})", member.display_name, member.handle),
        description: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        kind: "profile",
        ..Facts::default()
    }))
}

async fn taste(clients: &Clients, handle: &str, language: Language) -> Result<Option<Facts>, Status> {
    let Some(member) = by_handle(clients, handle).await? else {
        return Ok(None);
    };
    let message = GetTasteRequest { member_id: member.id };
    let mut recommendation = clients.recommendation.clone();
    let taste = match recommendation.get_taste(request(message, &Caller::Anonymous)).await {
        Ok(taste) => taste.into_inner(),
        // The page says that the taste is hidden; there is nothing to preview.
        Err(status) if status.code() == Code::PermissionDenied => return Ok(Some(site(language))),
        Err(status) => return Err(status),
    };
    let mut parts = vec![by(language, "평가 ", "rated ").to_owned() + &texts::movies(language, taste.rated_count)];
    if taste.rated_count > 0 {
        parts.push(by(language, "평균 ★ ", "average ★ ").to_owned() + &format!("{:.1}", taste.mean));
    }
    let genres: Vec<String> = taste
        .genres
        .iter()
        .take(3)
        .map(|one| texts::genre(&one.key, language))
        .collect();
    if !genres.is_empty() {
        parts.push(genres.join(", "));
    }
    let name = member.display_name;
    Ok(Some(Facts {
        title: by(language, format!("{name} 님의 취향 분석"), format!("{name}’s taste")),
        description: parts.join(" · "),
        kind: "profile",
        ..Facts::default()
    }))
}
