//! What the signed-in member likes: figures of the recommendation service, with the films and people behind them.

use async_graphql::{Context, Object};
use matcha_protos::recommendation::v1 as proto;

use super::{limits::list_cost, loaders::asker, movie::Movie, person::Person};
use crate::{problem::Problem, reads};

pub(super) struct Taste(pub(super) proto::GetTasteResponse);

/// Groups of one kind, and films behind a group: the most the service gives.
const MOST_GROUPS: i32 = 20;
const MOST_BEHIND: i32 = 12;

/// What a member likes, as far as the ratings say.
#[Object]
impl Taste {
    async fn rated_count(&self) -> i64 {
        self.0.rated_count
    }

    /// Mean stars, 0.5-5; null without ratings.
    async fn mean(&self) -> Option<f64> {
        (self.0.rated_count > 0).then_some(self.0.mean)
    }

    /// How often each number of stars was given: ten bars, from 0.5 to 5.
    async fn distribution(&self) -> &[i64] {
        &self.0.distribution
    }

    /// `band_1` (strict) to `band_10` (generous) by the mean; null below ten ratings.
    async fn persona(&self) -> Option<&str> {
        Some(self.0.persona.as_str()).filter(|persona| !persona.is_empty())
    }

    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn genres(&self) -> Vec<Preference> {
        preferences(&self.0.genres)
    }

    /// By ISO 3166-1 alpha-2.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn countries(&self) -> Vec<Preference> {
        preferences(&self.0.countries)
    }

    /// By the decade's first year.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn decades(&self) -> Vec<Preference> {
        preferences(&self.0.decades)
    }

    /// By the person's id.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn directors(&self) -> Vec<Preference> {
        preferences(&self.0.directors)
    }

    /// By the person's id.
    #[graphql(complexity = "list_cost(Some(MOST_GROUPS), child_complexity)")]
    async fn actors(&self) -> Vec<Preference> {
        preferences(&self.0.actors)
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

    /// With directors and actors: who it is.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>, Problem> {
        let behind = reads::ids(self.0.movie_ids.first());
        let Some(first) = behind.first() else {
            return Ok(None);
        };
        let movie = asker(ctx).movie(*first).await?;
        Ok(movie.and_then(|movie| movie.person(&self.0.key)))
    }

    /// The films behind it, best rated first; at most twelve.
    #[graphql(complexity = "list_cost(Some(MOST_BEHIND), child_complexity)")]
    async fn movies(&self, ctx: &Context<'_>) -> Result<Vec<Movie>, Problem> {
        asker(ctx).movies(&reads::ids(&self.0.movie_ids)).await
    }
}
