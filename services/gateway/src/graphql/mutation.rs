//! The four writes about stars and shelf. Each may be repeated, and answers only after rating has committed it.

use async_graphql::{ComplexObject, Context, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::rating::v1::{ClearRatingRequest, ClearShelfRequest, PutShelfRequest, RateRequest};
use uuid::Uuid;

use super::{
    loaders::asker,
    movie::{Movie, ShelfState},
};
use crate::{
    http::{extract::uuid, problem::Problem},
    stars,
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
    /// The movie, with mine as it is now. Null with an error where it cannot be had: the rating itself is committed.
    async fn movie(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        asker(ctx).movie(self.movie_id).await
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
    /// The movie, with mine as it is now. Null with an error where it cannot be had: the change itself is committed.
    async fn movie(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        asker(ctx).movie(self.movie_id).await
    }
}

#[Object]
impl RatingMutation {
    /// Rates a movie or changes the rating: 0.5-5.0 in half steps.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn rate(&self, ctx: &Context<'_>, movie_id: ID, stars: f64) -> Result<RatePayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let id = uuid("movieId", &movie_id)?;
        let stars = stars::inside(stars);
        let message = RateRequest {
            movie_id: id.to_string(),
            stars: stars.ok_or_else(|| Problem::invalid("stars", stars::EXPECTED))?,
        };
        let mut rating = asker.clients.rating.clone();
        let answer = rating.rate(request(message, &asker.caller)).await?;
        Ok(RatePayload {
            movie_id: id,
            rated_count: answer.into_inner().rated_count,
        })
    }

    #[graphql(complexity = "WRITE + child_complexity")]
    async fn clear_rating(&self, ctx: &Context<'_>, movie_id: ID) -> Result<RatePayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let id = uuid("movieId", &movie_id)?;
        let message = ClearRatingRequest {
            movie_id: id.to_string(),
        };
        let mut rating = asker.clients.rating.clone();
        let answer = rating.clear_rating(request(message, &asker.caller)).await?;
        Ok(RatePayload {
            movie_id: id,
            rated_count: answer.into_inner().rated_count,
        })
    }

    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_shelf(&self, ctx: &Context<'_>, movie_id: ID, state: ShelfState) -> Result<ShelfPayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let id = uuid("movieId", &movie_id)?;
        let message = PutShelfRequest {
            movie_id: id.to_string(),
            state: state.inside().into(),
        };
        let mut rating = asker.clients.rating.clone();
        rating.put_shelf(request(message, &asker.caller)).await?;
        Ok(ShelfPayload {
            movie_id: id,
            state: Some(state),
        })
    }

    #[graphql(complexity = "WRITE + child_complexity")]
    async fn clear_shelf(&self, ctx: &Context<'_>, movie_id: ID) -> Result<ShelfPayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let id = uuid("movieId", &movie_id)?;
        let message = ClearShelfRequest {
            movie_id: id.to_string(),
        };
        let mut rating = asker.clients.rating.clone();
        rating.clear_shelf(request(message, &asker.caller)).await?;
        Ok(ShelfPayload {
            movie_id: id,
            state: None,
        })
    }
}

/// A write costs as much as a card and its neighbours, so that a query holds only a few.
pub(super) const WRITE: usize = 20;
