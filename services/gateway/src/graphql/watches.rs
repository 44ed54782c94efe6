//! Watches as screens see them, and the two writes about them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::rating::v1::{
    self as proto, DeleteWatchRequest, ListWatchesRequest, ListWatchesResponse, PutWatchRequest,
};
use uuid::Uuid;

use super::{
    loaders::{Asker, asker},
    movie::Movie,
    mutation::WRITE,
};
use crate::http::{
    extract::{cursor, limit, text, uuid},
    problem::Problem,
};

/// A day on which a member saw a movie.
pub(super) struct Watch(proto::Watch);

#[derive(SimpleObject)]
pub(super) struct WatchConnection {
    items: Vec<Watch>,
    next_cursor: Option<String>,
    total: i64,
}

/// What a member logs.
#[derive(InputObject)]
pub(super) struct WatchInput {
    /// The movie of a watch stays.
    movie_id: ID,
    /// YYYY-MM-DD, from 1888-01-01 until today wherever today has begun. A new watch has a day; null
    /// leaves one that a file brought without.
    watched_on: Option<String>,
    #[graphql(default = false)]
    rewatch: bool,
    /// At most 10, each of 1-40 characters without a comma.
    #[graphql(default)]
    tags: Vec<String>,
}

async fn list(asker: &Asker, message: ListWatchesRequest) -> Result<ListWatchesResponse, tonic::Status> {
    let mut watches = asker.clients.watches.clone();
    let answer = watches.list_watches(request(message, &asker.caller)).await?;
    Ok(answer.into_inner())
}

/// The watches of the member of this id (empty: the asker's own).
pub(super) async fn of_member(
    asker: &Asker,
    member_id: String,
    tag: Option<String>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<WatchConnection, Problem> {
    let message = ListWatchesRequest {
        member_id,
        movie_id: String::new(),
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
        tag: text("tag", tag)?,
    };
    let answer = list(asker, message).await?;
    Ok(WatchConnection {
        items: answer.watches.into_iter().map(Watch).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
    })
}

/// The asker's watches of one movie; null when signed out or when they cannot be had.
pub(super) async fn of_movie(asker: &Asker, movie: Uuid, first: Option<i32>) -> Result<Option<Vec<Watch>>, Problem> {
    let message = ListWatchesRequest {
        movie_id: movie.to_string(),
        limit: limit("first", first, 20, 50)?,
        ..ListWatchesRequest::default()
    };
    if asker.caller.member_if_any().is_none() {
        return Ok(None);
    }
    asker.take_list("myWatches")?;
    let answer = asker.part("rating", list(asker, message).await);
    Ok(answer.map(|answer| answer.watches.into_iter().map(Watch).collect()))
}

#[Object]
impl Watch {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// Null when it cannot be had.
    async fn movie(&self, ctx: &Context<'_>) -> Option<Movie> {
        asker(ctx).movie_if_there(self.0.movie_id.parse().ok()?).await
    }

    /// YYYY-MM-DD; null: not known, as of films that a file only says were seen.
    async fn watched_on(&self) -> Option<&str> {
        Some(self.0.watched_on.as_str()).filter(|day| !day.is_empty())
    }

    /// It was seen before.
    async fn rewatch(&self) -> bool {
        self.0.rewatch
    }

    async fn tags(&self) -> &[String] {
        &self.0.tags
    }
}

/// The writes.
pub(super) struct WatchMutation;

#[Object]
impl WatchMutation {
    /// Logs a watch, or changes the one of this id, which the client draws: the same again is no second watch.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_watch(&self, ctx: &Context<'_>, watch_id: ID, watch: WatchInput) -> Result<Watch, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let watch = proto::Watch {
            id: uuid("watchId", &watch_id)?.to_string(),
            movie_id: uuid("movieId", &watch.movie_id)?.to_string(),
            watched_on: watch.watched_on.unwrap_or_default(),
            rewatch: watch.rewatch,
            tags: watch.tags,
        };
        let message = PutWatchRequest { watch: Some(watch) };
        let mut watches = asker.clients.watches.clone();
        let answer = watches.put_watch(request(message, &asker.caller)).await?;
        Ok(Watch(answer.into_inner().watch.unwrap_or_default()))
    }

    /// Deletes a watch of one's own; it need not be there.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_watch(&self, ctx: &Context<'_>, watch_id: ID) -> Result<bool, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = DeleteWatchRequest {
            watch_id: uuid("watchId", &watch_id)?.to_string(),
        };
        let mut watches = asker.clients.watches.clone();
        watches.delete_watch(request(message, &asker.caller)).await?;
        Ok(true)
    }
}
