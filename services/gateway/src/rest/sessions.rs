//! `/api/v1/sessions`: signing in, refreshing, signing out. The access token is in the body, the refresh token in a cookie.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    app::App,
    features::{
        members::Member,
        sign_in::{self, Credentials, SignedInMember},
    },
    http::{
        client_addr::Peer,
        cookies,
        extract::Json,
        problem::{Kind, Problem},
    },
};

/// A signed-in member.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    member: Member,
    /// For the header `Authorization: Bearer …`.
    access_token: String,
    /// How many seconds the access token is valid.
    expires_in: i64,
}

/// Signs in.
#[utoipa::path(post, path = "/api/v1/sessions", tag = "sessions", request_body = Credentials,
    responses((status = 201, description = "Signed in; the refresh token is in a cookie.", body = Session)))]
pub(super) async fn sign_in(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Response, Problem> {
    cookies::require_own_origin(&app.config, &headers)?;
    app.attempts.count(peer.address)?;
    let member = sign_in::sign_in(&app.clients, peer, credentials).await?;
    Ok(signed_in(&app, StatusCode::CREATED, member))
}

/// Exchanges the refresh token in the cookie for new tokens.
#[utoipa::path(post, path = "/api/v1/sessions/refresh", tag = "sessions",
    responses((status = 200, description = "Renewed; the cookie holds a new refresh token.", body = Session)))]
pub(super) async fn refresh(
    State(app): State<App>,
    peer: Peer,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<Response, Problem> {
    cookies::require_own_origin(&app.config, &headers)?;
    let token = cookies::refresh_token(&jar);
    let token = token.ok_or_else(|| Problem::new(Kind::Unauthenticated, "sign in first"))?;
    let member = sign_in::refresh(&app.clients, peer, token).await?;
    Ok(signed_in(&app, StatusCode::OK, member))
}

/// Ends the session of the cookie. Succeeds without a cookie.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "sessions",
    responses((status = 204, description = "Signed out.")))]
pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap, jar: CookieJar) -> Result<Response, Problem> {
    cookies::require_own_origin(&app.config, &headers)?;
    if let Some(refresh_token) = cookies::refresh_token(&jar) {
        sign_in::sign_out(&app.clients, refresh_token).await?;
    }
    // Sent even if the request had no cookie: a browser that has one for another path removes it.
    let jar = CookieJar::new().add(cookies::forget(&app.config));
    Ok((StatusCode::NO_CONTENT, jar).into_response())
}

/// The response to every kind of sign-in.
pub(super) fn signed_in(app: &App, status: StatusCode, signed_in: SignedInMember) -> Response {
    let SignedInMember { member, tokens } = signed_in;
    let cookie = cookies::keep(&app.config, tokens.refresh_token, tokens.refresh_expires_in);
    let session = Session {
        member,
        access_token: tokens.access_token,
        expires_in: tokens.expires_in,
    };
    let mut response = (status, CookieJar::new().add(cookie), Json(session)).into_response();
    // No cache may store tokens. The middleware does not compress such responses either.
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
}
