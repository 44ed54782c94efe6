//! `/api/v1/me/settings` and `/api/v1/me/sessions`: the caller's settings, and where the caller is signed in.

use axum::extract::State;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    features::{
        sessions::{self, OpenSession},
        settings::{self, Settings},
    },
    http::{
        auth::SignedIn,
        extract::{Json, PathId},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// The caller's settings.
#[utoipa::path(get, path = "/api/v1/me/settings", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = Settings)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
) -> Result<Json<Settings>, Problem> {
    Ok(Json(settings::get(&clients, &caller).await?))
}

/// Replaces all of the settings.
#[utoipa::path(put, path = "/api/v1/me/settings", tag = "me", security(("bearer" = [])), request_body = Settings,
    responses((status = 200, body = Settings)))]
pub(super) async fn replace(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Json(given): Json<Settings>,
) -> Result<Json<Settings>, Problem> {
    Ok(Json(settings::put(&clients, &caller, given).await?))
}

#[derive(Serialize, ToSchema)]
pub(super) struct OpenSessions {
    items: Vec<OpenSession>,
}

/// The caller's open sessions: the session of this request first, then the one used last.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = OpenSessions)))]
pub(super) async fn sessions(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
) -> Result<Json<OpenSessions>, Problem> {
    let items = sessions::list(&clients, &caller).await?;
    Ok(Json(OpenSessions { items }))
}

/// Ends all of the caller's sessions but the session of this request.
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "me", security(("bearer" = [])),
    responses((status = 204, description = "Ended; their access tokens are refused within seconds.")))]
pub(super) async fn end_others(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
) -> Result<StatusCode, Problem> {
    sessions::end_others(&clients, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{id}", tag = "me", security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204, description = "Ended; its access token is refused within seconds.")))]
pub(super) async fn end(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    sessions::end(&clients, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
