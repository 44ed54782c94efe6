//! `/api/v1/me/imports`: a file of the member's own, from its preview to undoing it.

use axum::{
    body::Body,
    extract::{Request, State},
    response::Response,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{download::download, pages::page};
use crate::{
    http::{
        auth::SignedIn,
        extract::{Json, PathId, Query, RowInPath},
        problem::Problem,
    },
    imports::{
        import::{self, Import, Policy},
        report,
        rows::{self, ImportRow, ImportRows, RowClass},
        upload,
    },
    upstream::clients::Clients,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Upload {
    /// The file's name. Letterboxd's watched.csv and watchlist.csv differ by their names only.
    #[param(example = "ratings.csv")]
    name: String,
}

/// Parses a file and returns a preview of what it would change; nothing is applied. The body is the file: a CSV, JSON or ZIP of
/// at most 20 MB. A new upload replaces a preview that was never applied, and one that is still being uploaded, which then gets
/// 409. A member uploads two files at once; a third gets 429.
#[utoipa::path(post, path = "/api/v1/me/imports", tag = "imports", params(Upload), security(("bearer" = [])),
    request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = Import)))]
pub(super) async fn upload(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(upload): Query<Upload>,
    request: Request,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let import = upload::upload(&clients, &caller, &upload.name, request).await?;
    Ok((StatusCode::CREATED, Json(import)))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Imports {
    items: Vec<Import>,
}

/// The imports of the last seven days, newest first.
#[utoipa::path(get, path = "/api/v1/me/imports", tag = "imports", security(("bearer" = [])),
    responses((status = 200, body = Imports)))]
pub(super) async fn list(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Json<Imports>, Problem> {
    let items = import::list(&clients, &caller).await?;
    Ok(Json(Imports { items }))
}

/// One import, with its numbers of rows.
#[utoipa::path(get, path = "/api/v1/me/imports/{id}", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = Import)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<Import>, Problem> {
    Ok(Json(import::get(&clients, &caller, id).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RowsFilter {
    /// Rows of all classes if left out.
    #[param(inline)]
    class: Option<RowClass>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// The rows of an import, in the order of the file.
#[utoipa::path(get, path = "/api/v1/me/imports/{id}/rows", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path), RowsFilter), responses((status = 200, body = ImportRows)))]
pub(super) async fn rows(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Query(filter): Query<RowsFilter>,
) -> Result<Json<ImportRows>, Problem> {
    let page = page(filter.cursor, filter.limit)?;
    Ok(Json(rows::list(&clients, &caller, id, filter.class, page).await?))
}

/// The movie that a row is about.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Meant)]
pub(super) struct MovieOfRow {
    /// Null: no movie.
    movie_id: Option<Uuid>,
}

/// Sets the movie that a row is about, until the import is applied.
#[utoipa::path(put, path = "/api/v1/me/imports/{id}/rows/{position}", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path), ("position" = i32, Path)), request_body = MovieOfRow,
    responses((status = 200, body = ImportRow)))]
pub(super) async fn fix(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    RowInPath { id, position }: RowInPath,
    Json(given): Json<MovieOfRow>,
) -> Result<Json<ImportRow>, Problem> {
    Ok(Json(
        rows::set_movie(&clients, &caller, id, position, given.movie_id).await?,
    ))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    policy: Policy,
}

/// Starts applying an import; `done` counts the applied rows. The same request again changes nothing.
#[utoipa::path(put, path = "/api/v1/me/imports/{id}/apply", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = Decision, responses((status = 202, body = Import)))]
pub(super) async fn apply(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(decision): Json<Decision>,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let import = import::apply(&clients, &caller, id, decision.policy).await?;
    Ok((StatusCode::ACCEPTED, Json(import)))
}

/// Starts undoing an import: everything that it replaced is restored, unless it was changed since.
#[utoipa::path(put, path = "/api/v1/me/imports/{id}/undo", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 202, body = Import)))]
pub(super) async fn undo(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let import = import::undo(&clients, &caller, id).await?;
    Ok((StatusCode::ACCEPTED, Json(import)))
}

/// All rows and their outcomes, as CSV.
#[utoipa::path(get, path = "/api/v1/me/imports/{id}/report", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn report(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    let report = report::stream(clients, caller, id).await?;
    Ok(download(
        Body::from_stream(report),
        "text/csv; charset=utf-8",
        "matcha-import-report.csv",
    ))
}
