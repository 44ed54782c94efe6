//! The feed: the fields that a query selects by themselves.

use async_graphql::{ComplexObject, Context};

use super::{
    authors::author,
    pages::page,
    request_context::{RequestContext, request_context},
};
use crate::{
    features::{
        authors::Author,
        feed::{self, Feed, FeedItem},
        movies::Movie,
    },
    http::problem::Problem,
};

/// Reads the caller's feed.
pub(super) async fn of_caller(
    context: &RequestContext,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Feed, Problem> {
    let page = page(first, after)?;
    // Every item of the page may hold a comment.
    context.take_comments()?;
    Ok(feed::list(&context.clients, &context.caller, page).await?)
}

#[ComplexObject]
impl FeedItem {
    /// The member who did it; null if members cannot be read at the moment.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(request_context(ctx), self.member_id).await
    }

    /// Null if the movie cannot be read at the moment, or is no longer in the catalogue.
    async fn movie(&self, ctx: &Context<'_>) -> Option<Movie> {
        request_context(ctx).movie_if_there(self.movie_id.0).await
    }
}
