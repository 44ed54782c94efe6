//! `/api/v1/sessions`: signing in, renewing, signing out. The access token goes to the page, the refresh token into a cookie.

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};
use axum_extra::extract::CookieJar;
use chassis::client::request;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use matcha_protos::user::v1::{Member as Found, RefreshRequest, SignInRequest, SignOutRequest, Tokens};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    features::members::Member,
    http::{
        client_addr::Peer,
        cookies,
        extract::Json,
        problem::{Kind, Problem},
    },
    upstream::clients::own,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    /// Handle or email.
    #[schema(example = "demo")]
    login: String,
    password: String,
}

/// A signed-in member.
#[derive(Serialize, ToSchema)]
pub(super) struct Session {
    member: Member,
    /// For the header `Authorization: Bearer …`.
    access_token: String,
    /// Seconds.
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
    let message = SignInRequest {
        login: credentials.login,
        password: credentials.password,
        peer_address: peer.address.to_string(),
        user_agent: peer.user_agent,
    };
    let mut user = app.clients.user.clone();
    let answer = user.sign_in(request(message, &own()));
    let answer = answer.await?.into_inner();
    signed_in(&app, StatusCode::CREATED, answer.member, answer.tokens)
}

/// Exchanges the cookie's refresh token for a new pair.
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
    let message = RefreshRequest {
        refresh_token: token,
        peer_address: peer.address.to_string(),
        user_agent: peer.user_agent,
    };
    let mut user = app.clients.user.clone();
    let answer = user.refresh(request(message, &own()));
    let answer = answer.await?.into_inner();
    signed_in(&app, StatusCode::OK, answer.member, answer.tokens)
}

/// Ends the session of the cookie. Without one there is nothing to end, and that is no error.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "sessions",
    responses((status = 204, description = "Signed out.")))]
pub(super) async fn sign_out(State(app): State<App>, headers: HeaderMap, jar: CookieJar) -> Result<Response, Problem> {
    cookies::require_own_origin(&app.config, &headers)?;
    if let Some(refresh_token) = cookies::refresh_token(&jar) {
        let message = SignOutRequest { refresh_token };
        app.clients.user.clone().sign_out(request(message, &own())).await?;
    }
    // Added even where the request had none: a browser that keeps one is told to forget it.
    let jar = CookieJar::new().add(cookies::forget(&app.config));
    Ok((StatusCode::NO_CONTENT, jar).into_response())
}

/// The answer to every kind of sign-in.
pub(super) fn signed_in(
    app: &App,
    status: StatusCode,
    member: Option<Found>,
    tokens: Option<Tokens>,
) -> Result<Response, Problem> {
    let (Some(member), Some(tokens)) = (member, tokens) else {
        tracing::error!("user answered a sign-in without a member or tokens");
        return Err(Problem::new(Kind::Internal, "internal error"));
    };
    let cookie = cookies::keep(&app.config, tokens.refresh_token, tokens.refresh_expires_in);
    let session = Session {
        member: (&member).into(),
        access_token: tokens.access_token,
        expires_in: tokens.expires_in,
    };
    let mut response = (status, CookieJar::new().add(cookie), Json(session)).into_response();
    // Tokens stay in no cache; the edge does not compress such answers either.
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}
