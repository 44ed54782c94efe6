//! The rows of the home page: the fields that a query selects by themselves.

use async_graphql::{ComplexObject, Context};

use super::request_context::request_context;
use crate::{
    features::{
        home::{Reason, Row},
        movies::Movie,
    },
    http::problem::Problem,
};

#[ComplexObject]
impl Reason {
    /// The movie that the caller liked and that speaks most for this one: rated at least 3.5 stars and the caller's mean.
    async fn because(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        request_context(ctx).movie(self.because_id).await
    }
}

#[ComplexObject]
impl Row {
    /// With BECAUSE_YOU_LIKED: the movie that the row starts from.
    async fn because_of(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        match self.because_of_id {
            Some(id) => request_context(ctx).movie(id).await,
            None => Ok(None),
        }
    }

    async fn movies(&self, ctx: &Context<'_>) -> Result<Vec<Movie>, Problem> {
        request_context(ctx).movies(&self.movie_ids).await
    }
}
