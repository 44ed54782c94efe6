//! What a member likes: figures of the recommendation service with the movies and people behind them, and tags of the diary,
//! which the rating service counts.

use std::collections::HashMap;

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::{
    rating::v1::{ListTagsRequest, Tag},
    recommendation::v1::{self as proto, GetTasteRequest, ListTasteMoviesRequest},
};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        movies::{self, AboutMovie, Movie},
        page::{Page, PageRequest, page_names},
        people::Person,
    },
    http::{extract::text, problem::Problem},
    id::Id,
    stars,
    upstream::{
        batch_reads,
        clients::Clients,
        degraded::{Degraded, none_if_forbidden},
    },
    wire_enum::wire_enum,
};

/// What a member likes, as far as the ratings say. Only callers who may see the ratings see it.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct Taste {
    /// `None`: the caller.
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) member: Option<Id>,
    rated_count: i64,
    /// The runtimes of the rated movies, added up; a movie whose runtime is not known adds nothing.
    minutes_watched: i64,
    /// Mean stars, 0.5-5.0; null without ratings.
    mean: Option<f64>,
    /// How often each number of stars was given: ten numbers, from 0.5 to 5.0.
    distribution: Vec<i64>,
    /// `all_or_nothing`, `narrow` or `whole_scale` by the spread of the stars, or else `band_1` (strict) to `band_10` (generous) by the
    /// mean; null below ten ratings.
    persona: Option<String>,
    #[graphql(skip)]
    pub(crate) genres: Vec<Preference>,
    /// Keys are ISO 3166-1 alpha-2.
    #[graphql(skip)]
    pub(crate) countries: Vec<Preference>,
    /// Keys are the first years of decades.
    #[graphql(skip)]
    pub(crate) decades: Vec<Preference>,
    /// Keys are ids of people.
    #[graphql(skip)]
    pub(crate) directors: Vec<Preference>,
    /// Keys are ids of people.
    #[graphql(skip)]
    pub(crate) actors: Vec<Preference>,
    /// Tags of the diary, at most twelve, those without a score last. Null: the caller may not see them, or the rating
    /// service did not answer.
    #[graphql(skip)]
    tags: Option<Vec<TasteTag>>,
    /// Services that did not answer.
    #[graphql(skip)]
    degraded: Vec<&'static str>,
}

/// How much a member likes a group of movies that have something in common.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct Preference {
    pub(crate) key: String,
    /// The director or actor; null in other groups, or if the movie service did not answer.
    #[graphql(skip)]
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Person>,
    /// 0-100: the distance of the group's mean stars from the member's own mean, which is 50, shrunk as if by 15 more ratings with that
    /// mean. 0 and 100 are half a star of distance.
    score: i32,
    /// 0-1: the share of the group's own ratings in the score, beside the 15.
    certainty: f64,
    /// The number of rated movies in the group.
    count: i64,
    /// The movies of the group, best rated first, at most twelve.
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) movie_ids: Vec<Uuid>,
}

/// A tag of a member's diary. Its case does not matter.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct TasteTag {
    /// As it is written in the latest watch that has it.
    name: String,
    /// 0-100, as the score of a preference; null: no movie with the tag is rated.
    score: Option<i32>,
    /// 0-1, as the certainty of a preference.
    certainty: f64,
    /// The number of movies that have it.
    count: i64,
}

wire_enum! {
    /// What the movies behind a figure have in common.
    pub(crate) enum TasteGroup = proto::TasteGroup {
        /// The stars that the member gave them: 0.5-5.0.
        Stars,
        Genre,
        Country,
        Decade,
        Director,
        Actor,
        /// All rated movies; this group has no key.
        All,
    }
}

/// A movie behind a figure of a taste.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct TasteMovie {
    movie: Movie,
    /// What the member whose taste it is gave the movie.
    stars: f64,
}

impl AboutMovie for TasteMovie {
    fn movie_mut(&mut self) -> &mut Movie {
        &mut self.movie
    }
}

/// What a page of the movies behind a figure says beside its items.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct TasteGroupTotal {
    /// The number of movies on all pages together.
    total: i64,
    /// With a director or an actor: who it is.
    #[serde(skip)]
    person: Option<Person>,
    /// Services that did not answer; their part is null.
    #[graphql(skip)]
    pub(crate) degraded: Vec<&'static str>,
}

/// A page of the movies behind a figure.
pub(crate) type TasteMovies = Page<TasteMovie, TasteGroupTotal>;

page_names!(
    TasteMovies,
    "TasteMovieConnection",
    "A page of the movies behind a figure of a taste."
);

impl TasteMovies {
    /// Reads the movies' averages with one call.
    pub(crate) async fn with_averages(mut self, clients: &Clients) -> Self {
        self.extra.degraded = movies::add_averages_to(clients, &mut self.items).await;
        self
    }
}

impl Taste {
    fn new(member: Option<Id>, found: proto::GetTasteResponse) -> Self {
        let preferences = |of: Vec<proto::Preference>| of.into_iter().map(Preference::from).collect();
        Self {
            member,
            rated_count: found.rated_count,
            minutes_watched: found.minutes_watched,
            mean: (found.rated_count > 0).then_some(found.mean),
            distribution: found.distribution,
            persona: Some(found.persona).filter(|persona| !persona.is_empty()),
            genres: preferences(found.genres),
            countries: preferences(found.countries),
            decades: preferences(found.decades),
            directors: preferences(found.directors),
            actors: preferences(found.actors),
            tags: None,
            degraded: Vec::new(),
        }
    }
}

impl From<proto::Preference> for Preference {
    fn from(found: proto::Preference) -> Self {
        Self {
            movie_ids: batch_reads::ids(&found.movie_ids),
            key: found.key,
            person: None,
            score: found.score,
            certainty: found.certainty,
            count: found.count,
        }
    }
}

impl Preference {
    /// The director or actor of this preference, among the credits of one of its movies.
    pub(crate) fn find_person(&self, movie: &Movie) -> Option<Person> {
        movie.person(Id::from_proto(&self.key)).cloned()
    }
}

impl From<Tag> for TasteTag {
    fn from(tag: Tag) -> Self {
        Self {
            name: tag.name,
            score: tag.score,
            certainty: tag.certainty,
            count: tag.movie_count,
        }
    }
}

/// The id as the services take it: empty for the caller.
fn member_id(member: Option<Id>) -> String {
    member.map(|id| id.to_string()).unwrap_or_default()
}

/// Reads the taste of a member (`None`: the caller) without people and tags.
pub(crate) async fn get(clients: &Clients, caller: &Caller, member: Option<Id>) -> Result<Taste, Status> {
    let message = GetTasteRequest {
        member_id: member_id(member),
    };
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation.get_taste(request(message, caller)).await?;
    Ok(Taste::new(member, answer.into_inner()))
}

/// Reads the tags of a member's diary.
pub(crate) async fn tags(clients: &Clients, caller: &Caller, member: Option<Id>) -> Result<Vec<TasteTag>, Status> {
    let message = ListTagsRequest {
        member_id: member_id(member),
    };
    let answer = clients.watches.clone().list_tags(request(message, caller)).await?;
    Ok(answer.into_inner().tags.into_iter().map(TasteTag::from).collect())
}

/// Reads the taste of a member (`None`: the caller) with people and tags.
pub(crate) async fn get_all(clients: &Clients, caller: &Caller, member: Option<Id>) -> Result<Taste, Status> {
    let (taste, tags) = tokio::join!(get(clients, caller, member), tags(clients, caller, member));
    let mut taste = taste?;
    let degraded = Degraded::default();
    // The credits of one movie of each person have the name.
    let people = taste.directors.iter().chain(&taste.actors);
    let ids: Vec<Uuid> = people.filter_map(|one| one.movie_ids.first().copied()).collect();
    let movies = degraded.part("movie", movies::read(clients, &ids).await);
    let movies: HashMap<Id, Movie> = movies.unwrap_or_default();
    for preference in taste.directors.iter_mut().chain(&mut taste.actors) {
        let movie = preference.movie_ids.first().and_then(|id| movies.get(&Id(*id)));
        preference.person = movie.and_then(|movie| preference.find_person(movie));
    }
    taste.tags = degraded.part("rating", none_if_forbidden(tags)).flatten();
    taste.degraded = degraded.names();
    Ok(taste)
}

/// Which movies behind a figure to list.
pub(crate) struct TasteMoviesQuery {
    pub(crate) member: Option<Id>,
    pub(crate) group: TasteGroup,
    /// As [`checked_key`] returns it.
    pub(crate) key: String,
    pub(crate) page: PageRequest,
}

/// Lists the movies behind a figure, best rated first.
pub(crate) async fn movies(clients: &Clients, caller: &Caller, query: TasteMoviesQuery) -> Result<TasteMovies, Status> {
    let key = query.key.clone();
    let message = ListTasteMoviesRequest {
        member_id: member_id(query.member),
        group: query.group.to_proto().into(),
        key: query.key,
        cursor: query.page.cursor,
        limit: query.page.limit,
    };
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation.list_taste_movies(request(message, caller)).await?;
    let answer = answer.into_inner();
    let ids = batch_reads::ids(answer.movies.iter().map(|one| &one.movie_id));
    let mut movies = movies::read(clients, &ids).await?;
    let items = answer.movies.iter().filter_map(|one| {
        Some(TasteMovie {
            movie: movies.remove(&Id::from_proto(&one.movie_id))?,
            stars: stars::from_half_steps(one.stars),
        })
    });
    let items: Vec<TasteMovie> = items.collect();
    let person = match query.group {
        TasteGroup::Director | TasteGroup::Actor => {
            let first = items.first();
            first.and_then(|one| one.movie.person(Id::from_proto(&key)).cloned())
        }
        _ => None,
    };
    let total = TasteGroupTotal {
        total: answer.total,
        person,
        degraded: Vec::new(),
    };
    Ok(Page::new(items, answer.next_cursor, total))
}

/// Checks the argument `key` of a figure, and turns stars into the half steps that the service takes.
pub(crate) fn checked_key(group: TasteGroup, given: Option<String>) -> Result<String, Problem> {
    let given = text("key", given)?;
    match group {
        TasteGroup::Stars => {
            let half_steps = given.parse().ok().and_then(stars::to_half_steps);
            let half_steps = half_steps.ok_or_else(|| Problem::invalid("key", stars::EXPECTED))?;
            Ok(half_steps.to_string())
        }
        TasteGroup::All if !given.is_empty() => Err(Problem::invalid("key", "there is only one group of all")),
        TasteGroup::All => Ok(given),
        _ if given.is_empty() => Err(Problem::invalid("key", "the group needs a key")),
        _ => Ok(given),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_the_key_that_its_group_needs() {
        let key = |group, given: &str| checked_key(group, Some(given.to_owned())).ok();
        assert_eq!(key(TasteGroup::Stars, "4.5").as_deref(), Some("9"));
        assert_eq!(key(TasteGroup::Genre, "drama").as_deref(), Some("drama"));
        assert_eq!(checked_key(TasteGroup::All, None).ok().as_deref(), Some(""));
        for (group, given) in [
            (TasteGroup::Stars, ""),
            (TasteGroup::Stars, "9"),
            (TasteGroup::Stars, "NaN"),
            (TasteGroup::Genre, ""),
            (TasteGroup::All, "drama"),
        ] {
            assert_eq!(key(group, given), None, "{given}");
        }
    }
}
