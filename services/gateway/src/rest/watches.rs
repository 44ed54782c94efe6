//! `/api/v1/me/watches`, the caller's diary, and other members' diaries. The client generates a watch's id, so every write
//! may be repeated.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::pages::page;
use crate::{
    features::{
        members,
        watches::{self, Watch, WatchDraft, WatchFilter, Watches},
    },
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, PathId, Query, text},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Logs a watch, or changes the one with this id. A movie is in a diary once per day (409).
#[utoipa::path(put, path = "/api/v1/me/watches/{id}", tag = "me", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = WatchDraft, responses((status = 200, body = Watch)))]
pub(super) async fn put(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(draft): Json<WatchDraft>,
) -> Result<Json<Watch>, Problem> {
    Ok(Json(watches::put(&clients, &caller, id, draft).await?))
}

/// Deletes a watch. Succeeds if there is none.
#[utoipa::path(delete, path = "/api/v1/me/watches/{id}", tag = "me", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no such watch now.")))]
pub(super) async fn delete(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    watches::delete(&clients, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct WatchesFilter {
    /// Watches of this movie only.
    movie_id: Option<Uuid>,
    /// Watches with this tag only, in any case.
    tag: Option<String>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MemberWatchesFilter {
    /// Watches with this tag only, in any case.
    tag: Option<String>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Returns the caller's watches, the latest day first and those without a day last.
#[utoipa::path(get, path = "/api/v1/me/watches", tag = "me", params(WatchesFilter), security(("bearer" = [])),
    responses((status = 200, body = Watches)))]
pub(super) async fn mine(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<WatchesFilter>,
) -> Result<Json<Watches>, Problem> {
    let page = page(filter.cursor, filter.limit)?;
    let filter = WatchFilter {
        member: None,
        movie: filter.movie_id,
        tag: text("tag", filter.tag)?,
    };
    let watches = watches::list(&clients, &caller, filter, page).await?;
    Ok(Json(watches.with_movies(&clients).await?))
}

/// Returns a member's watches. 403 if the member does not show ratings to the caller.
#[utoipa::path(get, path = "/api/v1/members/{handle}/watches", tag = "members",
    params(("handle" = String, Path), MemberWatchesFilter), responses((status = 200, body = Watches)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<MemberWatchesFilter>,
) -> Result<Json<Watches>, Problem> {
    let page = page(filter.cursor, filter.limit)?;
    let tag = text("tag", filter.tag)?;
    let member = members::by_handle(&clients, &caller, &handle).await?.id;
    let filter = WatchFilter {
        member: Some(member),
        movie: None,
        tag,
    };
    let watches = watches::list(&clients, &caller, filter, page).await?;
    Ok(Json(watches.with_movies(&clients).await?))
}
