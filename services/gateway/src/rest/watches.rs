//! `/api/v1/me/watches`, the member's diary, and what others see of it. Every write may be repeated: a watch's id is drawn by
//! whoever sends it.

use std::collections::HashSet;

use axum::extract::State;
use chassis::{client::request, identity::Caller};
use http::StatusCode;
use matcha_protos::rating::v1::{self as proto, DeleteWatchRequest, ListWatchesRequest, PutWatchRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    members::find,
    movies::{Movie, by_ids},
};
use crate::{
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, PathId, Query, cursor, limit, text},
        problem::Problem,
    },
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// A day on which the member saw a movie.
#[derive(Serialize, ToSchema)]
pub(super) struct Watch {
    #[schema(value_type = Uuid)]
    id: String,
    #[schema(value_type = Uuid)]
    movie_id: String,
    /// Null: not known, as of films that a file only says were seen.
    #[schema(format = Date)]
    watched_on: Option<String>,
    /// It was seen before.
    rewatch: bool,
    tags: Vec<String>,
}

impl From<proto::Watch> for Watch {
    fn from(watch: proto::Watch) -> Self {
        Self {
            id: watch.id,
            movie_id: watch.movie_id,
            watched_on: Some(watch.watched_on).filter(|day| !day.is_empty()),
            rewatch: watch.rewatch,
            tags: watch.tags,
        }
    }
}

/// What a member logs.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchDraft {
    /// The movie of a watch stays.
    movie_id: Uuid,
    /// From 1888-01-01 until today wherever today has begun. A new watch has a day; null leaves one that a file brought
    /// without.
    #[schema(format = Date, required)]
    #[serde(deserialize_with = "Option::deserialize")]
    watched_on: Option<String>,
    #[serde(default)]
    rewatch: bool,
    /// At most 10, each of 1-40 characters without a comma.
    #[serde(default)]
    tags: Vec<String>,
}

/// Logs a watch, or changes the one of this id. A movie is in the diary once a day (409).
#[utoipa::path(put, path = "/api/v1/me/watches/{id}", tag = "me", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = WatchDraft, responses((status = 200, body = Watch)))]
pub(super) async fn put(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(draft): Json<WatchDraft>,
) -> Result<Json<Watch>, Problem> {
    let watch = proto::Watch {
        id: id.to_string(),
        movie_id: draft.movie_id.to_string(),
        watched_on: draft.watched_on.unwrap_or_default(),
        rewatch: draft.rewatch,
        tags: draft.tags,
    };
    let message = PutWatchRequest { watch: Some(watch) };
    let answer = clients.watches.clone().put_watch(request(message, &caller)).await?;
    Ok(Json(answer.into_inner().watch.unwrap_or_default().into()))
}

/// Deletes a watch; it need not be there.
#[utoipa::path(delete, path = "/api/v1/me/watches/{id}", tag = "me", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no such watch now.")))]
pub(super) async fn delete(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    let message = DeleteWatchRequest {
        watch_id: id.to_string(),
    };
    clients.watches.clone().delete_watch(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WatchesFilter {
    /// Usually of all movies.
    movie_id: Option<Uuid>,
    /// Only watches with this tag, in whatever capitals.
    tag: Option<String>,
    /// `next_cursor` of the page before; it belongs to its list.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TheirWatchesFilter {
    /// Only watches with this tag, in whatever capitals.
    tag: Option<String>,
    /// `next_cursor` of the page before; it belongs to its list.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// A page of a diary.
#[derive(Serialize, ToSchema)]
pub(super) struct Watches {
    items: Vec<Watch>,
    /// The movies of this page, each once; one that is gone from the catalogue is left out.
    movies: Vec<Movie>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
    degraded: Vec<&'static str>,
}

/// The member's watches, the latest day first and those without a day last.
#[utoipa::path(get, path = "/api/v1/me/watches", tag = "me", params(WatchesFilter), security(("bearer" = [])),
    responses((status = 200, body = Watches)))]
pub(super) async fn mine(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<WatchesFilter>,
) -> Result<Json<Watches>, Problem> {
    let message = ListWatchesRequest {
        member_id: String::new(),
        movie_id: filter.movie_id.map(|id| id.to_string()).unwrap_or_default(),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
        tag: text("tag", filter.tag)?,
    };
    watches(&clients, &caller, message).await.map(Json)
}

/// A member's watches, for whom the member shows ratings to.
#[utoipa::path(get, path = "/api/v1/members/{handle}/watches", tag = "members",
    params(("handle" = String, Path), TheirWatchesFilter), responses((status = 200, body = Watches)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<TheirWatchesFilter>,
) -> Result<Json<Watches>, Problem> {
    let cursor = cursor("cursor", filter.cursor)?;
    let limit = limit("limit", filter.limit, 20, 50)?;
    let tag = text("tag", filter.tag)?;
    let message = ListWatchesRequest {
        member_id: find(&clients, &caller, handle).await?.id,
        movie_id: String::new(),
        cursor,
        limit,
        tag,
    };
    watches(&clients, &caller, message).await.map(Json)
}

async fn watches(clients: &Clients, caller: &Caller, message: ListWatchesRequest) -> Result<Watches, Problem> {
    let answer = clients.watches.clone().list_watches(request(message, caller)).await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let mut ids = batch_reads::ids(answer.watches.iter().map(|watch| &watch.movie_id));
    let mut met = HashSet::new();
    ids.retain(|id| met.insert(*id));
    Ok(Watches {
        movies: by_ids(clients, &ids, &mut degraded).await?,
        items: answer.watches.into_iter().map(Watch::from).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
        degraded: degraded.into_names(),
    })
}
