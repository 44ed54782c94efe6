//! `/api/v1/comments/{id}/replies` and `/api/v1/replies/{id}`. A reply's id is drawn by whoever sends it, so that sending it
//! again is no second reply.

use axum::extract::State;
use chassis::client::request;
use http::StatusCode;
use matcha_protos::rating::v1::{self as proto, DeleteReplyRequest, ListRepliesRequest, PutReplyRequest};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{super::me::moment, Author, Authors, PageFilter};
use crate::{
    http::{
        auth::{Anyone, SignedIn},
        extract::{Json, PathId, Query, cursor, limit},
        problem::Problem,
    },
    upstream::{clients::Clients, degraded::Degraded},
};

/// What a member replies.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct ReplyDraft {
    /// Drawn by the sender: the same again is no second reply.
    id: Uuid,
    /// 1 to 1,000 characters. What the spam or the language filter holds back is refused.
    text: String,
}

#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Reply {
    #[schema(value_type = Uuid)]
    id: String,
    /// Null: members cannot be had at the moment.
    member: Option<Author>,
    text: String,
    /// To be read behind a veil.
    veiled: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl Reply {
    fn new(found: proto::Reply, authors: &Authors) -> Self {
        Self {
            member: authors.of(&found.member_id),
            id: found.id,
            text: found.text,
            veiled: found.spoiler_suspected,
            created_at: moment(found.created_at),
        }
    }
}

/// A page of replies.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Replies {
    items: Vec<Reply>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
    degraded: Vec<&'static str>,
}

/// The replies to a comment, oldest first.
#[utoipa::path(get, path = "/api/v1/comments/{id}/replies", tag = "comments", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), PageFilter), responses((status = 200, body = Replies)))]
pub(in crate::rest) async fn replies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Replies>, Problem> {
    let message = ListRepliesRequest {
        comment_id: id.to_string(),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients.rating.clone().list_replies(request(message, &caller)).await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let ids = answer.replies.iter().map(|reply| &reply.member_id);
    let authors = Authors::read(&clients, &caller, ids, &mut degraded).await;
    let replies = answer.replies.into_iter();
    Ok(Json(Replies {
        items: replies.map(|found| Reply::new(found, &authors)).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
        degraded: degraded.into_names(),
    }))
}

/// Replies to a comment.
#[utoipa::path(post, path = "/api/v1/comments/{id}/replies", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = ReplyDraft, responses((status = 201, body = Reply)))]
pub(in crate::rest) async fn reply(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(draft): Json<ReplyDraft>,
) -> Result<(StatusCode, Json<Reply>), Problem> {
    let message = PutReplyRequest {
        comment_id: id.to_string(),
        reply_id: draft.id.to_string(),
        text: draft.text,
    };
    let answer = clients.rating.clone().put_reply(request(message, &caller)).await?;
    let found = answer.into_inner().reply.unwrap_or_default();
    let ids = [found.member_id.clone()];
    let authors = Authors::read(&clients, &caller, ids.iter(), &mut Degraded::default()).await;
    Ok((StatusCode::CREATED, Json(Reply::new(found, &authors))))
}

/// Deletes a reply of one's own; it need not be there.
#[utoipa::path(delete, path = "/api/v1/replies/{id}", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no such reply now.")))]
pub(in crate::rest) async fn delete_reply(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    let message = DeleteReplyRequest {
        reply_id: id.to_string(),
    };
    clients.rating.clone().delete_reply(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}
