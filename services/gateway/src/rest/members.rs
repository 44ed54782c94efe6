//! `/api/v1/members`: becoming a member, who is signed in at once, and members as everybody sees them.

use axum::{extract::State, response::Response};
use chassis::{client::request, identity::Caller};
use http::{HeaderMap, StatusCode};
use matcha_protos::user::v1::{Member as Found, RegisterRequest, SearchMembersRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::sessions::{Session, signed_in};
use crate::{
    App,
    http::{
        auth::Anyone,
        client_addr::Peer,
        cookies,
        extract::{Handle, Json, Query, cursor, limit, text},
        problem::Problem,
    },
    upstream::{
        batch_reads,
        clients::{Clients, own},
    },
};

/// Who wants to become a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Registration {
    #[schema(example = "mina")]
    handle: String,
    #[schema(example = "mina@example.org")]
    email: String,
    /// 15 to 128 characters.
    password: String,
    display_name: String,
    /// `ko` or `en`.
    #[schema(example = "ko")]
    language: String,
}

/// A member. The email is given to the member only.
#[derive(Serialize, ToSchema)]
pub(super) struct Member {
    #[schema(value_type = uuid::Uuid)]
    id: String,
    handle: String,
    display_name: String,
    /// `ko` or `en`.
    language: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    email: String,
    #[serde(with = "time::serde::rfc3339")]
    registered_at: time::OffsetDateTime,
    /// Drawn by the seed, not a person.
    synthetic: bool,
}

impl From<Found> for Member {
    fn from(found: Found) -> Self {
        Self {
            id: found.id,
            handle: found.handle,
            display_name: found.display_name,
            language: found.language,
            email: found.email,
            registered_at: super::me::moment(found.registered_at),
            synthetic: found.synthetic,
        }
    }
}

/// A member as everybody sees them.
#[derive(Serialize, ToSchema)]
pub(super) struct PublicMember {
    handle: String,
    display_name: String,
    #[serde(with = "time::serde::rfc3339")]
    registered_at: time::OffsetDateTime,
    /// Drawn by the seed, not a person.
    synthetic: bool,
}

/// A member by handle, however it is cased.
#[utoipa::path(get, path = "/api/v1/members/{handle}", tag = "members", params(("handle" = String, Path)),
    responses((status = 200, body = PublicMember)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
) -> Result<Json<PublicMember>, Problem> {
    let found = find(&clients, &caller, handle).await?;
    Ok(Json(found.into()))
}

impl From<Found> for PublicMember {
    fn from(found: Found) -> Self {
        Self {
            handle: found.handle,
            display_name: found.display_name,
            registered_at: super::me::moment(found.registered_at),
            synthetic: found.synthetic,
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CalledLike {
    /// How a handle or a display name begins.
    q: String,
    /// `next_cursor` of the page before; it belongs to its query.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// A page of members by name.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundMembers {
    items: Vec<PublicMember>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
}

/// Members whose handle or display name begins like the query, handles first.
#[utoipa::path(get, path = "/api/v1/members", operation_id = "search_members", tag = "members", params(CalledLike),
    security((), ("bearer" = [])), responses((status = 200, body = FoundMembers)))]
pub(super) async fn list(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(called): Query<CalledLike>,
) -> Result<Json<FoundMembers>, Problem> {
    let message = SearchMembersRequest {
        query: text("q", Some(called.q))?,
        cursor: cursor("cursor", called.cursor)?,
        limit: limit("limit", called.limit, 20, 50)?,
    };
    let answer = clients.user.clone().search_members(request(message, &caller)).await?;
    let answer = answer.into_inner();
    Ok(Json(FoundMembers {
        items: answer.members.into_iter().map(PublicMember::from).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
    }))
}

/// The member of this handle.
pub(super) async fn find(clients: &Clients, caller: &Caller, handle: String) -> Result<Found, Problem> {
    let mut members = batch_reads::members_by_handle(clients, caller, std::slice::from_ref(&handle)).await?;
    members.remove(&handle).ok_or_else(|| Problem::not_found("member"))
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
    let message = RegisterRequest {
        handle: registration.handle,
        email: registration.email,
        password: registration.password,
        display_name: registration.display_name,
        language: registration.language,
        peer_address: peer.address.to_string(),
        user_agent: peer.user_agent,
    };
    let mut user = app.clients.user.clone();
    let answer = user.register(request(message, &own()));
    let answer = answer.await?.into_inner();
    signed_in(&app, StatusCode::CREATED, answer.member, answer.tokens)
}
