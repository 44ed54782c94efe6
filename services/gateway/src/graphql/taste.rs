//! What a member likes: figures of the recommendation service, with the films and people behind them, and tags, which are
//! rating's.

use async_graphql::{Context, Enum, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::{
    rating::v1::{ListTagsRequest, Tag},
    recommendation::v1::{self as proto, GetTasteRequest, ListTasteMoviesRequest},
};

use super::{
    limits::list_cost,
    loaders::{Asker, asker},
    movie::Movie,
    person::Person,
};
use crate::{
    http::{
        extract::{cursor, figure_key, limit},
        problem::Problem,
    },
    stars,
    upstream::{batch_reads, degraded::shown},
};

pub(super) struct Taste {
    member_id: String,
    found: proto::GetTasteResponse,
}

/// The member's taste, if the asker may see it and it can be had.
pub(super) async fn of(asker: &Asker, member_id: &str) -> Option<Taste> {
    let member_id = member_id.to_owned();
    let message = GetTasteRequest {
        member_id: member_id.clone(),
    };
    let mut recommendation = asker.clients.recommendation.clone();
    let answer = recommendation.get_taste(request(message, &asker.caller)).await;
    let found = asker.part("recommendation", shown(answer))??.into_inner();
    Some(Taste { member_id, found })
}

/// Groups of one kind, and films behind a group: the most the service gives.
const MOST_GROUPS: i32 = 20;
const MOST_BEHIND: i32 = 12;
const MOST_TAGS: i32 = 12;

/// What the films behind a figure have in common.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum TasteGroup {
    /// The stars they were given: 0.5-5.0.
    Stars,
    Genre,
    Country,
    Decade,
    Director,
    Actor,
    /// That they were rated; there is no key.
    All,
}

#[derive(SimpleObject)]
pub(super) struct TasteMovieConnection {
    items: Vec<TasteMovie>,
    next_cursor: Option<String>,
    total: i64,
    /// With a director or an actor: who it is.
    person: Option<Person>,
}

#[derive(SimpleObject)]
pub(super) struct TasteMovie {
    movie: Movie,
    /// What the member whose taste it is gave it.
    stars: f64,
}

/// A tag in a member's diary, in whatever capitals.
#[derive(SimpleObject)]
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

/// What a member likes, as far as the ratings say.
#[Object]
impl Taste {
    async fn rated_count(&self) -> i64 {
        self.found.rated_count
    }

    /// The runtimes of the rated movies, added up; a movie whose runtime is not known adds nothing.
    async fn minutes_watched(&self) -> i64 {
        self.found.minutes_watched
    }

    /// Mean stars, 0.5-5; null without ratings.
    async fn mean(&self) -> Option<f64> {
        (self.found.rated_count > 0).then_some(self.found.mean)
    }

    /// How often each number of stars was given: ten bars, from 0.5 to 5.
    async fn distribution(&self) -> &[i64] {
        &self.found.distribution
    }

    /// `band_1` (strict) to `band_10` (generous) by the mean; null below ten ratings.
    async fn persona(&self) -> Option<&str> {
        Some(self.found.persona.as_str()).filter(|persona| !persona.is_empty())
    }

    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn genres(&self) -> Vec<Preference> {
        preferences(&self.found.genres)
    }

    /// By ISO 3166-1 alpha-2.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn countries(&self) -> Vec<Preference> {
        preferences(&self.found.countries)
    }

    /// By the decade's first year.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn decades(&self) -> Vec<Preference> {
        preferences(&self.found.decades)
    }

    /// By the person's id; none for an asker to whom the ratings are not shown: a person tells which films were rated.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn directors(&self) -> Vec<Preference> {
        preferences(&self.found.directors)
    }

    /// By the person's id; shown as directors are.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn actors(&self) -> Vec<Preference> {
        preferences(&self.found.actors)
    }

    /// Tags of the diary, at most twelve, those without a score last; null when it is not for the asker, or cannot be had.
    #[graphql(complexity = "list_cost(Some(MOST_TAGS), child_complexity)")]
    async fn tags(&self, ctx: &Context<'_>) -> Result<Option<Vec<TasteTag>>, Problem> {
        let asker = asker(ctx);
        asker.take_of_member("tags")?;
        let message = ListTagsRequest {
            member_id: self.member_id.clone(),
        };
        let mut watches = asker.clients.watches.clone();
        let answer = watches.list_tags(request(message, &asker.caller)).await;
        let found = asker.part("rating", shown(answer)).flatten();
        Ok(found.map(|found| found.into_inner().tags.into_iter().map(TasteTag::from).collect()))
    }

    /// All the films behind one figure, best rated first. The key is the figure's; with STARS, the stars.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn films(
        &self,
        ctx: &Context<'_>,
        group: TasteGroup,
        key: Option<String>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<TasteMovieConnection, Problem> {
        let asker = asker(ctx);
        let message = ListTasteMoviesRequest {
            member_id: self.member_id.clone(),
            group: group.inside().into(),
            key: figure_key(group.inside(), key)?,
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        let key = message.key.clone();
        let mut recommendation = asker.clients.recommendation.clone();
        let answer = recommendation
            .list_taste_movies(request(message, &asker.caller))
            .await?;
        let answer = answer.into_inner();
        let ids = batch_reads::ids(answer.movies.iter().map(|film| &film.movie_id));
        let mut movies = asker.movies_by_id(&ids).await?;
        let items = answer.movies.iter().filter_map(|film| {
            Some(TasteMovie {
                movie: movies.remove(&film.movie_id)?,
                stars: stars::outside(film.stars),
            })
        });
        let items: Vec<TasteMovie> = items.collect();
        let person = match group {
            TasteGroup::Director | TasteGroup::Actor => items.first().and_then(|film| film.movie.person(&key)),
            _ => None,
        };
        Ok(TasteMovieConnection {
            items,
            next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
            total: answer.total,
            person,
        })
    }
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

pub(super) struct Preference(proto::Preference);

fn preferences(of: &[proto::Preference]) -> Vec<Preference> {
    of.iter().cloned().map(Preference).collect()
}

/// How much a member likes what a group of films has in common.
#[Object]
impl Preference {
    async fn key(&self) -> &str {
        &self.0.key
    }

    /// 0-100: the mean stars, drawn towards the member's own mean by as much as three ratings.
    async fn score(&self) -> i32 {
        self.0.score
    }

    async fn count(&self) -> i64 {
        self.0.count
    }

    /// With directors and actors: who it is; null when that cannot be had.
    async fn person(&self, ctx: &Context<'_>) -> Option<Person> {
        let behind = batch_reads::ids(self.0.movie_ids.first());
        let asker = asker(ctx);
        let movie = asker.movie_if_there(*behind.first()?).await?;
        movie.person(&self.0.key)
    }

    /// The films behind it, best rated first, at most twelve; none for an asker to whom the ratings are not shown.
    #[graphql(complexity = "list_cost(Some(MOST_BEHIND), child_complexity)")]
    async fn movies(&self, ctx: &Context<'_>) -> Result<Vec<Movie>, Problem> {
        asker(ctx).movies(&batch_reads::ids(&self.0.movie_ids)).await
    }
}
