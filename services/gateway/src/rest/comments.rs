//! `/api/v1/movies/{id}/comment` is the caller's own comment, `…/comments` are the public ones; likes belong to
//! `/api/v1/comments/{id}`. Every write may be repeated.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::pages::{PageFilter, page};
use crate::{
    features::{
        comments::{self, Comment, CommentDraft, CommentLikes, CommentSort, Comments},
        members,
    },
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, PathId, Query},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Returns the caller's own comment, in any state.
#[utoipa::path(get, path = "/api/v1/movies/{id}/comment", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = Comment)))]
pub(super) async fn mine(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<Comment>, Problem> {
    let comment = comments::mine(&clients, &caller, id).await?;
    let comment = comment.ok_or_else(|| Problem::not_found("comment"))?;
    Ok(Json(comment.with_member(&clients, &caller).await))
}

/// Creates or changes the caller's comment. A new text is checked before others see it.
#[utoipa::path(put, path = "/api/v1/movies/{id}/comment", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = CommentDraft, responses((status = 200, body = Comment)))]
pub(super) async fn write(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(draft): Json<CommentDraft>,
) -> Result<Json<Comment>, Problem> {
    let comment = comments::put(&clients, &caller, id, draft).await?;
    Ok(Json(comment.with_member(&clients, &caller).await))
}

/// Deletes the caller's comment, with its likes and replies. Succeeds if there is none.
#[utoipa::path(delete, path = "/api/v1/movies/{id}/comment", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no comment now.")))]
pub(super) async fn delete(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    comments::delete(&clients, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CommentsFilter {
    /// The most liked first if left out. In this order, comments by members whom the caller follows come first.
    #[param(inline)]
    sort: Option<CommentSort>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Returns the public comments on a movie.
#[utoipa::path(get, path = "/api/v1/movies/{id}/comments", tag = "comments", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), CommentsFilter), responses((status = 200, body = Comments)))]
pub(super) async fn of_movie(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
    Query(filter): Query<CommentsFilter>,
) -> Result<Json<Comments>, Problem> {
    let page = page(filter.cursor, filter.limit)?;
    let comments = comments::of_movie(&clients, &caller, id, filter.sort, page).await?;
    // Check that the movie exists only when there are no comments; if movie is down, return the empty page.
    if comments.extra.total == 0 && clients.movies.read(&[id]).await.is_ok_and(|found| found.is_empty()) {
        return Err(Problem::not_found("movie"));
    }
    Ok(Json(comments.with_members(&clients, &caller).await))
}

/// Returns the caller's own comments, newest first, in any state.
#[utoipa::path(get, path = "/api/v1/me/comments", operation_id = "of_member", tag = "me", security(("bearer" = [])),
    params(PageFilter), responses((status = 200, body = Comments)))]
pub(super) async fn of_caller(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Comments>, Problem> {
    let comments = comments::of_caller(&clients, &caller, filter.page()?).await?;
    Ok(Json(comments.with_members(&clients, &caller).await))
}

/// Returns a member's public comments on all movies, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/comments", operation_id = "comments", tag = "members",
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Comments)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Comments>, Problem> {
    let page = filter.page()?;
    let author = members::by_handle(&clients, &caller, &handle).await?.id;
    let comments = comments::of_member(&clients, &caller, author, page).await?;
    Ok(Json(comments.with_members(&clients, &caller).await))
}

/// Likes another member's comment.
#[utoipa::path(put, path = "/api/v1/comments/{id}/like", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = CommentLikes)))]
pub(super) async fn like(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<CommentLikes>, Problem> {
    Ok(Json(comments::like(&clients, &caller, id).await?))
}

/// Takes the like back. Succeeds if there is none.
#[utoipa::path(delete, path = "/api/v1/comments/{id}/like", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = CommentLikes)))]
pub(super) async fn unlike(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<CommentLikes>, Problem> {
    Ok(Json(comments::unlike(&clients, &caller, id).await?))
}
