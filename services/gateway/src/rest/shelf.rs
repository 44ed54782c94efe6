//! `/api/v1/movies/{id}/shelf` and the shelves. Both writes are idempotent.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::pages::page;
use crate::{
    features::{
        members,
        shelf::{self, Shelf, ShelfState, VisibleShelfState},
    },
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, MovieId, Query},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Where a movie is on the shelf.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    state: ShelfState,
}

/// Puts a movie on the shelf, in place of the state before.
#[utoipa::path(put, path = "/api/v1/movies/{id}/shelf", tag = "movies", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = Place, responses((status = 200, body = Place)))]
pub(super) async fn put(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieId(id): MovieId,
    Json(place): Json<Place>,
) -> Result<Json<Place>, Problem> {
    shelf::put(&clients, &caller, id, place.state).await?;
    Ok(Json(place))
}

/// Takes a movie off the shelf; it need not be there.
#[utoipa::path(delete, path = "/api/v1/movies/{id}/shelf", tag = "movies", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is not on the shelf now.")))]
pub(super) async fn clear(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieId(id): MovieId,
) -> Result<StatusCode, Problem> {
    shelf::clear(&clients, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShelfFilter {
    /// All states if left out.
    #[param(inline)]
    state: Option<ShelfState>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// The caller's shelf.
#[utoipa::path(get, path = "/api/v1/me/shelf", tag = "me", operation_id = "shelf", params(ShelfFilter),
    security(("bearer" = [])), responses((status = 200, body = Shelf)))]
pub(super) async fn of_caller(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<ShelfFilter>,
) -> Result<Json<Shelf>, Problem> {
    let page = page(filter.cursor, filter.limit)?;
    let shelf = shelf::list(&clients, &caller, None, filter.state, page).await?;
    Ok(Json(shelf.with_averages(&clients).await))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VisibleShelfFilter {
    /// `wish` if left out.
    #[param(inline)]
    state: Option<VisibleShelfState>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// The movies that a member wants to watch, or is watching.
#[utoipa::path(get, path = "/api/v1/members/{handle}/shelf", tag = "members", operation_id = "shelf",
    params(("handle" = String, Path), VisibleShelfFilter), responses((status = 200, body = Shelf)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<VisibleShelfFilter>,
) -> Result<Json<Shelf>, Problem> {
    let state = filter.state.unwrap_or(VisibleShelfState::Wish).into();
    let page = page(filter.cursor, filter.limit)?;
    let member = members::by_handle(&clients, &caller, &handle).await?;
    let shelf = shelf::list(&clients, &caller, Some(member.id), Some(state), page).await?;
    Ok(Json(shelf.with_averages(&clients).await))
}
