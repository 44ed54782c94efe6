//! The writes about ratings and the shelf. Each is idempotent, and answers only after rating has committed it.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use uuid::Uuid;

use super::request_context::request_context;
use crate::{
    features::{
        movies::Movie,
        ratings,
        shelf::{self, ShelfState},
    },
    http::{extract::uuid, problem::Problem},
};

pub(super) struct RatingMutation;

#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct RatePayload {
    #[graphql(skip)]
    movie_id: Uuid,
    /// How many movies the member has rated now.
    rated_count: i64,
}

#[ComplexObject]
impl RatePayload {
    /// The movie with the caller's new state. Null with an error if movies cannot be read at the moment; the rating is
    /// committed all the same.
    async fn movie(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        request_context(ctx).movie(self.movie_id).await
    }
}

#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct ShelfPayload {
    #[graphql(skip)]
    movie_id: Uuid,
    /// The movie's state now; null: it is on no shelf.
    state: Option<ShelfState>,
}

#[ComplexObject]
impl ShelfPayload {
    /// The movie with the caller's new state. Null with an error if movies cannot be read at the moment; the change is
    /// committed all the same.
    async fn movie(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        request_context(ctx).movie(self.movie_id).await
    }
}

#[Object]
impl RatingMutation {
    /// Rates a movie or changes the rating: 0.5-5.0 in half steps.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn rate(&self, ctx: &Context<'_>, movie_id: ID, stars: f64) -> Result<RatePayload, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let movie_id = uuid("movieId", &movie_id)?;
        let half_steps = ratings::half_steps(stars)?;
        let rated = ratings::rate(&context.clients, &context.caller, movie_id, half_steps).await?;
        Ok(RatePayload {
            movie_id,
            rated_count: rated.rated_count,
        })
    }

    /// Clears the rating of a movie; there need not be one.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn clear_rating(&self, ctx: &Context<'_>, movie_id: ID) -> Result<RatePayload, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let movie_id = uuid("movieId", &movie_id)?;
        let rated_count = ratings::clear(&context.clients, &context.caller, movie_id).await?;
        Ok(RatePayload { movie_id, rated_count })
    }

    /// Puts a movie on the shelf, in place of the state before.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_shelf(&self, ctx: &Context<'_>, movie_id: ID, state: ShelfState) -> Result<ShelfPayload, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let movie_id = uuid("movieId", &movie_id)?;
        shelf::put(&context.clients, &context.caller, movie_id, state).await?;
        Ok(ShelfPayload {
            movie_id,
            state: Some(state),
        })
    }

    /// Takes a movie off the shelf; it need not be there.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn clear_shelf(&self, ctx: &Context<'_>, movie_id: ID) -> Result<ShelfPayload, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let movie_id = uuid("movieId", &movie_id)?;
        shelf::clear(&context.clients, &context.caller, movie_id).await?;
        Ok(ShelfPayload { movie_id, state: None })
    }
}

/// The complexity of a write. It is that of a card and its neighbours, so that a query holds only a few writes.
pub(super) const WRITE: usize = 20;
