//! `/api/v1/comments/{id}/replies` and `/api/v1/replies/{id}`. The client generates a reply's id, so sending it again is no
//! second reply.

use axum::extract::State;
use http::StatusCode;

use super::pages::PageFilter;
use crate::{
    features::replies::{self, Replies, Reply, ReplyDraft},
    http::{
        auth::{Anyone, SignedIn},
        extract::{Json, PathId, Query},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Returns the replies to a comment, oldest first.
#[utoipa::path(get, path = "/api/v1/comments/{id}/replies", tag = "comments", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), PageFilter), responses((status = 200, body = Replies)))]
pub(super) async fn replies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Replies>, Problem> {
    let replies = replies::of_comment(&clients, &caller, id.into(), filter.page()?).await?;
    Ok(Json(replies.with_members(&clients, &caller).await))
}

/// Replies to a comment.
#[utoipa::path(post, path = "/api/v1/comments/{id}/replies", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = ReplyDraft, responses((status = 201, body = Reply)))]
pub(super) async fn reply(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(draft): Json<ReplyDraft>,
) -> Result<(StatusCode, Json<Reply>), Problem> {
    let reply = replies::put(&clients, &caller, id, draft).await?;
    let reply = reply.with_member(&clients, &caller).await;
    Ok((StatusCode::CREATED, Json(reply)))
}

/// Deletes a reply of the caller's. Succeeds if there is none.
#[utoipa::path(delete, path = "/api/v1/replies/{id}", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no such reply now.")))]
pub(super) async fn delete_reply(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    replies::delete(&clients, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
