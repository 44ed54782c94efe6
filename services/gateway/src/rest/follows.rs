//! `/api/v1/members/{handle}/follow`, `…/followers` and `…/following`.

use axum::extract::State;
use http::StatusCode;

use super::pages::PageFilter;
use crate::{
    features::{
        follows::{self, Members},
        members,
    },
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, Query},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Follows a member. Following again changes nothing.
#[utoipa::path(put, path = "/api/v1/members/{handle}/follow", tag = "members", security(("bearer" = [])),
    params(("handle" = String, Path)), responses((status = 204, description = "Followed.")))]
pub(super) async fn follow(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Handle(handle): Handle,
) -> Result<StatusCode, Problem> {
    let member = members::by_handle(&clients, &caller, &handle).await?.id;
    follows::follow(&clients, &caller, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Unfollows a member. Succeeds if the caller does not follow.
#[utoipa::path(delete, path = "/api/v1/members/{handle}/follow", tag = "members", security(("bearer" = [])),
    params(("handle" = String, Path)), responses((status = 204, description = "Not followed any more.")))]
pub(super) async fn unfollow(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Handle(handle): Handle,
) -> Result<StatusCode, Problem> {
    let member = members::by_handle(&clients, &caller, &handle).await?.id;
    follows::unfollow(&clients, &caller, member).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the followers of a member, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/followers", tag = "members",
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Members)))]
pub(super) async fn followers(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Members>, Problem> {
    let page = filter.page()?;
    let member = members::by_handle(&clients, &caller, &handle).await?.id;
    Ok(Json(follows::followers(&clients, &caller, member, page).await?))
}

/// Returns the members whom a member follows, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/following", tag = "members",
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Members)))]
pub(super) async fn following(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Members>, Problem> {
    let page = filter.page()?;
    let member = members::by_handle(&clients, &caller, &handle).await?.id;
    Ok(Json(follows::following(&clients, &caller, member, page).await?))
}
