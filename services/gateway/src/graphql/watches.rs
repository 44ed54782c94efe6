//! The diary: the fields that a query selects by themselves, and the writes.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object};
use uuid::Uuid;

use super::{
    mutation::WRITE,
    pages::page,
    request_context::{RequestContext, request_context},
};
use crate::{
    features::{
        movies::Movie,
        watches::{self, Watch, WatchDraft, WatchFilter, Watches},
    },
    http::{
        extract::{text, uuid},
        problem::Problem,
    },
    id::Id,
};

/// What a member logs.
#[derive(InputObject)]
pub(super) struct WatchInput {
    /// The movie of a watch cannot be changed.
    movie_id: ID,
    /// YYYY-MM-DD, from 1888-01-01 until today in any time zone. Required for a new watch; null keeps a watch that was
    /// imported without a day.
    watched_on: Option<String>,
    #[graphql(default = false)]
    rewatch: bool,
    /// At most 10, each of 1-40 characters without a comma.
    #[graphql(default)]
    tags: Vec<String>,
}

/// Reads the watches of a member, or the caller's own.
pub(super) async fn of_member(
    context: &RequestContext,
    member: Option<Id>,
    tag: Option<String>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Watches, Problem> {
    let page = page(first, after)?;
    let filter = WatchFilter {
        member,
        movie: None,
        tag: text("tag", tag)?,
    };
    Ok(watches::list(&context.clients, &context.caller, filter, page).await?)
}

/// Reads the caller's watches of a movie, the latest day first; `None` when signed out, or if the rating service
/// did not answer.
pub(super) async fn of_movie(
    context: &RequestContext,
    movie: Uuid,
    first: Option<i32>,
) -> Result<Option<Vec<Watch>>, Problem> {
    let page = page(first, None)?;
    if context.caller.member_if_any().is_none() {
        return Ok(None);
    }
    context.take_list("myWatches")?;
    let filter = WatchFilter {
        movie: Some(movie),
        ..WatchFilter::default()
    };
    let watches = watches::list(&context.clients, &context.caller, filter, page).await;
    Ok(context.part("rating", watches).map(|watches| watches.items))
}

#[ComplexObject]
impl Watch {
    /// Null if the movie cannot be read at the moment, or is no longer in the catalogue.
    async fn movie(&self, ctx: &Context<'_>) -> Option<Movie> {
        request_context(ctx).movie_if_there(self.movie_id.0).await
    }
}

/// The writes about the diary. Each may be repeated.
pub(super) struct WatchMutation;

#[Object]
impl WatchMutation {
    /// Logs a watch, or changes the one with this id, which the client generates: the same watch again is no second one.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_watch(&self, ctx: &Context<'_>, watch_id: ID, watch: WatchInput) -> Result<Watch, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let id = uuid("watchId", &watch_id)?;
        let draft = WatchDraft {
            movie_id: uuid("movieId", &watch.movie_id)?,
            watched_on: watch.watched_on,
            rewatch: watch.rewatch,
            tags: watch.tags,
        };
        Ok(watches::put(&context.clients, &context.caller, id, draft).await?)
    }

    /// Deletes a watch of the caller's. Succeeds if there is none.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_watch(&self, ctx: &Context<'_>, watch_id: ID) -> Result<bool, Problem> {
        let context = request_context(ctx);
        context.member()?;
        watches::delete(&context.clients, &context.caller, uuid("watchId", &watch_id)?).await?;
        Ok(true)
    }
}
