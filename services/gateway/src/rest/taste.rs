//! What a member likes: `/api/v1/members/{handle}/taste`, the films behind each of its figures, and one's own taste.

use std::collections::HashMap;

use axum::extract::State;
use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::Movie as Facts,
    rating::v1::{ListTagsRequest, Tag},
    recommendation::v1::{self as proto, GetTasteRequest, ListTasteMoviesRequest},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    members::find,
    movies::{Movie, Person, by_ids},
};
use crate::{
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, Query, cursor, figure_key, limit},
        problem::Problem,
    },
    stars,
    upstream::{
        batch_reads,
        clients::Clients,
        degraded::{Degraded, shown},
    },
};

/// What a member likes, as far as the ratings say.
#[derive(Serialize, ToSchema)]
pub(super) struct Taste {
    rated_count: i64,
    /// The runtimes of the rated movies, added up; a movie whose runtime is not known adds nothing.
    minutes_watched: i64,
    /// Mean stars, 0.5-5.0; null without ratings.
    mean: Option<f64>,
    /// How often each number of stars was given: ten bars, from 0.5 to 5.0.
    distribution: Vec<i64>,
    /// `band_1` (strict) to `band_10` (generous) by the mean; null below ten ratings.
    persona: Option<String>,
    genres: Vec<Preference>,
    countries: Vec<Preference>,
    /// By the decade's first year.
    decades: Vec<Preference>,
    /// None for a caller to whom the ratings are not shown: a person tells which films were rated.
    directors: Vec<Preference>,
    /// Likewise.
    actors: Vec<Preference>,
    /// Tags of the diary, at most twelve, those without a score last. Null: it is not for the caller, or rating cannot say.
    tags: Option<Vec<TasteTag>>,
    /// Services that could not answer.
    degraded: Vec<&'static str>,
}

/// How much a member likes what a group of films has in common.
#[derive(Serialize, ToSchema)]
struct Preference {
    key: String,
    /// With directors and actors: who it is; null when that cannot be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Person>,
    /// 0-100: the mean stars, drawn towards the member's own mean by as much as three ratings.
    score: i32,
    count: i64,
}

/// A tag in a member's diary, in whatever capitals.
#[derive(Serialize, ToSchema)]
struct TasteTag {
    /// As it is written in the latest watch that has it.
    name: String,
    /// Like a preference's; null: no movie with the tag is rated.
    score: Option<i32>,
    /// Different movies.
    count: i64,
}

impl From<Tag> for TasteTag {
    fn from(tag: Tag) -> Self {
        Self {
            name: tag.name,
            score: tag.score,
            count: tag.movie_count,
        }
    }
}

/// The taste of a member, for everybody.
#[utoipa::path(get, path = "/api/v1/members/{handle}/taste", tag = "members", params(("handle" = String, Path)),
    responses((status = 200, body = Taste)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
) -> Result<Json<Taste>, Problem> {
    let member = find(&clients, &caller, handle).await?;
    taste(&clients, &caller, member.id).await.map(Json)
}

/// The taste of the signed-in member.
#[utoipa::path(get, path = "/api/v1/me/taste", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = Taste)))]
pub(super) async fn mine(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Json<Taste>, Problem> {
    taste(&clients, &caller, String::new()).await.map(Json)
}

async fn taste(clients: &Clients, caller: &Caller, member_id: String) -> Result<Taste, Problem> {
    let (mut recommendation, mut watches) = (clients.recommendation.clone(), clients.watches.clone());
    let tags = ListTagsRequest {
        member_id: member_id.clone(),
    };
    let (found, tags) = tokio::join!(
        recommendation.get_taste(request(GetTasteRequest { member_id }, caller)),
        watches.list_tags(request(tags, caller)),
    );
    let found = found?.into_inner();
    // A movie of each person, where the names are.
    let people = found.directors.iter().chain(&found.actors);
    let ids = batch_reads::ids(people.filter_map(|one| one.movie_ids.first()));
    let mut degraded = Degraded::default();
    let movies = degraded.part("movie", clients.movies.read(&ids).await);
    let movies = movies.unwrap_or_default();
    let tags = degraded.part("rating", shown(tags)).flatten();
    let plain = |of: Vec<proto::Preference>| preferences(of, &HashMap::new());
    Ok(Taste {
        rated_count: found.rated_count,
        minutes_watched: found.minutes_watched,
        mean: (found.rated_count > 0).then_some(found.mean),
        distribution: found.distribution,
        persona: Some(found.persona).filter(|persona| !persona.is_empty()),
        genres: plain(found.genres),
        countries: plain(found.countries),
        decades: plain(found.decades),
        directors: preferences(found.directors, &movies),
        actors: preferences(found.actors, &movies),
        tags: tags.map(|tags| tags.into_inner().tags.into_iter().map(TasteTag::from).collect()),
        degraded: degraded.into_names(),
    })
}

fn preferences(of: Vec<proto::Preference>, movies: &HashMap<Uuid, Facts>) -> Vec<Preference> {
    let person = |one: &proto::Preference| {
        let first = batch_reads::ids(one.movie_ids.first());
        let credits = &movies.get(first.first()?)?.credits;
        let mut people = credits.iter().filter_map(|credit| credit.person.as_ref());
        people.find(|person| person.id == one.key).cloned().map(Person::from)
    };
    let preference = |one: proto::Preference| Preference {
        person: person(&one),
        key: one.key,
        score: one.score,
        count: one.count,
    };
    of.into_iter().map(preference).collect()
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FigureFilter {
    /// What the films have in common.
    #[param(inline)]
    group: TasteGroup,
    /// As the figure has it; with `stars`: 4.5; with `all`: none.
    key: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TasteGroup {
    Stars,
    Genre,
    Country,
    Decade,
    Director,
    Actor,
    All,
}

#[derive(Serialize, ToSchema)]
pub(super) struct TasteMovies {
    items: Vec<TasteMovie>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
    degraded: Vec<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct TasteMovie {
    movie: Movie,
    /// What the member gave it.
    stars: f64,
}

/// All the films behind one figure of a taste, best rated first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/taste/movies", tag = "members",
    params(("handle" = String, Path), FigureFilter), responses((status = 200, body = TasteMovies)))]
pub(super) async fn movies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<FigureFilter>,
) -> Result<Json<TasteMovies>, Problem> {
    let group = filter.group.inside();
    let key = figure_key(group, filter.key)?;
    let cursor = cursor("cursor", filter.cursor)?;
    let limit = limit("limit", filter.limit, 20, 50)?;
    let member = find(&clients, &caller, handle).await?;
    let message = ListTasteMoviesRequest {
        member_id: member.id,
        group: group.into(),
        key,
        cursor,
        limit,
    };
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation.list_taste_movies(request(message, &caller)).await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let ids = batch_reads::ids(answer.movies.iter().map(|film| &film.movie_id));
    let movies = by_ids(&clients, &ids, &mut degraded).await?.into_iter();
    let mut movies: HashMap<_, _> = movies.map(|movie| (movie.id().to_owned(), movie)).collect();
    let items = answer.movies.iter().filter_map(|film| {
        Some(TasteMovie {
            movie: movies.remove(&film.movie_id)?,
            stars: stars::outside(film.stars),
        })
    });
    Ok(Json(TasteMovies {
        items: items.collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
        degraded: degraded.into_names(),
    }))
}

impl TasteGroup {
    fn inside(self) -> proto::TasteGroup {
        match self {
            Self::Stars => proto::TasteGroup::Stars,
            Self::Genre => proto::TasteGroup::Genre,
            Self::Country => proto::TasteGroup::Country,
            Self::Decade => proto::TasteGroup::Decade,
            Self::Director => proto::TasteGroup::Director,
            Self::Actor => proto::TasteGroup::Actor,
            Self::All => proto::TasteGroup::All,
        }
    }
}
