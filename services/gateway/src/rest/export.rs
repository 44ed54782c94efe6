//! `/api/v1/me/export`: all of the member's data in one ZIP.

use axum::{body::Body, extract::State, response::Response};

use super::download::download;
use crate::{
    export,
    http::{auth::SignedIn, problem::Problem},
    upstream::clients::Clients,
};

/// The member's ratings, shelf, comments, watches and lists as CSV and as JSON, with a CSV for Letterboxd.
#[utoipa::path(get, path = "/api/v1/me/export", tag = "imports", security(("bearer" = [])),
    responses((status = 200, body = Vec<u8>, content_type = "application/zip")))]
pub(super) async fn export(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Response, Problem> {
    let zip = export::start(clients, caller).await?;
    Ok(download(Body::from_stream(zip), "application/zip", "matcha.zip"))
}
