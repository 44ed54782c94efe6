//! The diary: the days on which members watched movies. The client generates a watch's id, so every write is idempotent.

use std::collections::HashSet;

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{self as proto, DeleteWatchRequest, ListWatchesRequest, PutWatchRequest};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        movies::{self, Movie},
        page::{Page, PageRequest, page_names},
    },
    id::Id,
    upstream::{clients::Clients, degraded::Degraded},
};

/// A day on which a member watched a movie.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct Watch {
    #[schema(value_type = Uuid)]
    id: Id,
    #[graphql(skip)]
    #[schema(value_type = Uuid)]
    pub(crate) movie_id: Id,
    /// YYYY-MM-DD. Null: not known, as for movies that an imported file only lists as seen.
    #[schema(format = Date)]
    watched_on: Option<String>,
    /// Whether the member had seen the movie before.
    rewatch: bool,
    tags: Vec<String>,
}

impl From<proto::Watch> for Watch {
    fn from(watch: proto::Watch) -> Self {
        Self {
            id: Id::from_proto(&watch.id),
            movie_id: Id::from_proto(&watch.movie_id),
            watched_on: Some(watch.watched_on).filter(|day| !day.is_empty()),
            rewatch: watch.rewatch,
            tags: watch.tags,
        }
    }
}

/// What a page of a diary says beside the watches.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct WatchCount {
    /// The number of watches on all pages together.
    total: i64,
    /// The movies of this page, each once. A movie that is no longer in the catalogue is left out.
    #[graphql(skip)]
    movies: Vec<Movie>,
    /// Services that could not answer; what they know is null.
    #[graphql(skip)]
    degraded: Vec<&'static str>,
}

/// A page of a diary.
pub(crate) type Watches = Page<Watch, WatchCount>;

page_names!(Watches, "WatchConnection", "A page of a diary.");

impl Watches {
    /// Reads the movies of the page with their averages.
    pub(crate) async fn with_movies(mut self, clients: &Clients) -> Result<Self, Status> {
        let mut seen = HashSet::new();
        let mut ids: Vec<Uuid> = self.items.iter().map(|watch| watch.movie_id.0).collect();
        ids.retain(|id| seen.insert(*id));
        let mut movies = movies::read_in_order(clients, &ids).await?;
        let degraded = Degraded::default();
        movies::add_averages(clients, &mut movies, &degraded).await;
        self.extra.movies = movies;
        self.extra.degraded = degraded.names();
        Ok(self)
    }
}

/// What a member logs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WatchDraft {
    /// The movie of a watch cannot be changed.
    pub(crate) movie_id: Uuid,
    /// From 1888-01-01 until today in any time zone. Required for a new watch; null keeps a watch that was imported without
    /// a day.
    #[schema(format = Date, required)]
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) watched_on: Option<String>,
    #[serde(default)]
    pub(crate) rewatch: bool,
    /// At most 10, each of 1-40 characters without a comma.
    #[schema(max_items = 10)]
    #[serde(default)]
    pub(crate) tags: Vec<String>,
}

/// Which watches to read.
#[derive(Default)]
pub(crate) struct WatchFilter {
    /// Whose; the caller's if `None`.
    pub(crate) member: Option<Id>,
    pub(crate) movie: Option<Uuid>,
    /// Only watches with this tag, in any case; empty: all.
    pub(crate) tag: String,
}

/// Reads a diary, the latest day first and watches without a day last.
pub(crate) async fn list(
    clients: &Clients,
    caller: &Caller,
    filter: WatchFilter,
    page: PageRequest,
) -> Result<Watches, Status> {
    let message = ListWatchesRequest {
        member_id: filter.member.map(|id| id.to_string()).unwrap_or_default(),
        movie_id: filter.movie.map(|id| id.to_string()).unwrap_or_default(),
        cursor: page.cursor,
        limit: page.limit,
        tag: filter.tag,
    };
    let answer = clients.watches.clone().list_watches(request(message, caller)).await?;
    let answer = answer.into_inner();
    let extra = WatchCount {
        total: answer.total,
        movies: Vec::new(),
        degraded: Vec::new(),
    };
    let watches = answer.watches.into_iter().map(Watch::from);
    Ok(Watches::new(watches.collect(), answer.next_cursor, extra))
}

/// Logs a watch, or changes the one with this id. A movie is in a diary once per day: a second one is a conflict.
pub(crate) async fn put(clients: &Clients, caller: &Caller, id: Uuid, draft: WatchDraft) -> Result<Watch, Status> {
    let watch = proto::Watch {
        id: id.to_string(),
        movie_id: draft.movie_id.to_string(),
        watched_on: draft.watched_on.unwrap_or_default(),
        rewatch: draft.rewatch,
        tags: draft.tags,
    };
    let message = PutWatchRequest { watch: Some(watch) };
    let answer = clients.watches.clone().put_watch(request(message, caller)).await?;
    Ok(answer.into_inner().watch.unwrap_or_default().into())
}

/// Deletes a watch of the caller's. Succeeds if there is none.
pub(crate) async fn delete(clients: &Clients, caller: &Caller, id: Uuid) -> Result<(), Status> {
    let message = DeleteWatchRequest {
        watch_id: id.to_string(),
    };
    clients.watches.clone().delete_watch(request(message, caller)).await?;
    Ok(())
}
