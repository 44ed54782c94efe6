//! The four writes. Each may be repeated, and answers only after rating has committed it.

use async_graphql::{Context, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::rating::v1::{ClearRatingRequest, ClearShelfRequest, PutShelfRequest, RateRequest};
use uuid::Uuid;

use super::{
    loaders::{Asker, asker},
    movie::{Movie, ShelfState},
};
use crate::{extract::uuid, problem::Problem, stars};

pub(super) struct Mutation;

#[derive(SimpleObject)]
pub(super) struct RatePayload {
    /// The movie, with mine as it is now.
    movie: Movie,
    /// How many movies the member has rated now.
    rated_count: i64,
}

#[derive(SimpleObject)]
pub(super) struct ShelfPayload {
    movie: Movie,
}

#[Object]
impl Mutation {
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
            movie: written(asker, id).await?,
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
            movie: written(asker, id).await?,
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
        let movie = written(asker, id).await?;
        Ok(ShelfPayload { movie })
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
        let movie = written(asker, id).await?;
        Ok(ShelfPayload { movie })
    }
}

/// A write costs as much as a card and its neighbours, so that a query holds only a few.
const WRITE: usize = 20;

async fn written(asker: &Asker, id: Uuid) -> Result<Movie, Problem> {
    let movie = asker.movie(id).await?;
    movie.ok_or_else(|| Problem::not_found("movie"))
}
