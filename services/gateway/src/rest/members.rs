//! `/api/v1/members`: registration, which signs the new member in, and members as everybody sees them.

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    pages::page,
    sessions::{Session, signed_in},
};
use crate::{
    app::App,
    features::{
        members::{self, FoundMembers, PublicMember},
        sign_in::{self, Registration},
    },
    http::{
        auth::Anyone,
        client_addr::Peer,
        cookies,
        extract::{Handle, Json, Query, text},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Returns a member. The case of the handle does not matter.
#[utoipa::path(get, path = "/api/v1/members/{handle}", tag = "members", params(("handle" = String, Path)),
    responses((status = 200, body = PublicMember)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
) -> Result<Json<PublicMember>, Problem> {
    Ok(Json(members::by_handle(&clients, &caller, &handle).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MemberSearch {
    /// The beginning of a handle or display name.
    q: String,
    /// `next_cursor` of the page before, from the same query.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Searches members whose handle or display name begins with the query, handles first.
#[utoipa::path(get, path = "/api/v1/members", operation_id = "search_members", tag = "members", params(MemberSearch),
    security((), ("bearer" = [])), responses((status = 200, body = FoundMembers)))]
pub(super) async fn list(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(search): Query<MemberSearch>,
) -> Result<Json<FoundMembers>, Problem> {
    let query = text("q", Some(search.q))?;
    let page = page(search.cursor, search.limit)?;
    Ok(Json(members::search(&clients, &caller, query, page).await?))
}

/// Creates a member and signs them in.
#[utoipa::path(post, path = "/api/v1/members", tag = "members", request_body = Registration,
    responses((status = 201, description = "The member, signed in; the refresh token is in a cookie.", body = Session)))]
pub(super) async fn register(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Json(registration): Json<Registration>,
) -> Result<Response, Problem> {
    cookies::require_own_origin(&app.config, &headers)?;
    app.attempts.count(peer.address)?;
    let member = sign_in::register(&app.clients, peer, registration).await?;
    Ok(signed_in(&app, StatusCode::CREATED, member))
}
