//! Replies to a comment: one level, oldest first.
//!
//! A reply is short, so the filters judge it within the call instead of in the pipeline: a reply that the spam or the language
//! filter rejects is INVALID_ARGUMENT.

use matcha_protos::rating::v1::{
    DeleteReplyRequest, DeleteReplyResponse, ListRepliesRequest, ListRepliesResponse, PutReplyRequest,
    PutReplyResponse, Reply,
};
use messaging::postgres;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::text::Text;
use crate::{
    Service,
    error::Error,
    ids::{CommentId, MemberId, ReplyId},
    moderation,
    paging::{self, BEGINNING_OF_TIME, Page},
};

pub(super) const MAX_CHARS: usize = 1_000;

struct Row {
    id: ReplyId,
    comment_id: CommentId,
    member_id: MemberId,
    text: String,
    spoiler_suspected: bool,
    created_at: OffsetDateTime,
}

impl From<Row> for Reply {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            comment_id: row.comment_id.to_string(),
            member_id: row.member_id.to_string(),
            text: row.text,
            spoiler_suspected: row.spoiler_suspected,
            created_at: row.created_at.unix_timestamp(),
        }
    }
}

/// A reply that has passed the filters.
struct Draft {
    id: ReplyId,
    comment: CommentId,
    member: MemberId,
    text: Text,
    spoiler_suspected: bool,
}

pub(crate) async fn put(
    service: &Service,
    member: MemberId,
    request: PutReplyRequest,
) -> Result<PutReplyResponse, Error> {
    let comment = CommentId::parse(&request.comment_id)?;
    let id = ReplyId::parse(&request.reply_id)?;
    let text = Text::parse(&request.text, MAX_CHARS)?;
    let draft = Draft {
        id,
        comment,
        member,
        spoiler_suspected: moderation::moderate_now(text.as_str())?,
        text,
    };
    let row = postgres::write(&service.db, move |tx| Box::pin(async move { save(tx, &draft).await })).await?;
    Ok(PutReplyResponse {
        reply: Some(row.into()),
    })
}

async fn save(tx: &mut PgConnection, draft: &Draft) -> Result<Row, Error> {
    super::lock_public(tx, draft.comment).await?;
    let deleted = sqlx::query_scalar!(
        r#"select id as "id: ReplyId" from deleted_replies where id = $1"#,
        draft.id as ReplyId
    );
    if deleted.fetch_optional(&mut *tx).await?.is_some() {
        return Err(Error::conflict(
            "reply_id",
            format!("the reply {} has been deleted", draft.id),
        ));
    }
    let inserted = sqlx::query!(
        "insert into replies (id, comment_id, member_id, text, spoiler_suspected, created_at)
         values ($1, $2, $3, $4, $5, now()) on conflict (id) do nothing",
        draft.id as ReplyId,
        draft.comment as CommentId,
        draft.member as MemberId,
        draft.text.as_str(),
        draft.spoiler_suspected,
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 1 {
        sqlx::query!(
            "update comments set reply_count = reply_count + 1 where id = $1",
            draft.comment as CommentId
        )
        .execute(&mut *tx)
        .await?;
    }
    // A repeated request finds its own reply; an id that belongs to another reply is a conflict.
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: ReplyId", comment_id as "comment_id: CommentId", member_id as "member_id: MemberId", text,
                  spoiler_suspected, created_at
           from replies where id = $1 and comment_id = $2 and member_id = $3 and text = $4"#,
        draft.id as ReplyId,
        draft.comment as CommentId,
        draft.member as MemberId,
        draft.text.as_str(),
    )
    .fetch_optional(tx)
    .await?;
    row.ok_or_else(|| Error::conflict("reply_id", format!("there is another reply {}", draft.id)))
}

pub(crate) async fn delete(
    service: &Service,
    member: MemberId,
    request: DeleteReplyRequest,
) -> Result<DeleteReplyResponse, Error> {
    let id = ReplyId::parse(&request.reply_id)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move { remove(tx, member, id).await })
    })
    .await?;
    Ok(DeleteReplyResponse {})
}

async fn remove(tx: &mut PgConnection, member: MemberId, id: ReplyId) -> Result<(), Error> {
    // Locks the comment before the reply, as writing a reply does.
    let found = sqlx::query!(
        r#"select comment.id as "comment: CommentId", reply.member_id as "author: MemberId" from replies as reply
           join comments as comment on comment.id = reply.comment_id
           where reply.id = $1 for no key update of comment"#,
        id as ReplyId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(found) = found else {
        return Ok(());
    };
    if found.author != member {
        return Err(Error::forbidden("the reply is another member's"));
    }
    let deleted = sqlx::query!("delete from replies where id = $1", id as ReplyId)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into deleted_replies (id, deleted_at) values ($1, now()) on conflict do nothing",
        id as ReplyId
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update comments set reply_count = reply_count - $2 where id = $1",
        found.comment as CommentId,
        i32::from(deleted.rows_affected() == 1),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The last reply of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    #[serde(with = "paging::timestamp")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl Position {
    const START: Self = Self {
        created_at: BEGINNING_OF_TIME,
        id: Uuid::nil(),
    };
}

pub(crate) async fn list(
    service: &Service,
    caller: Option<MemberId>,
    request: ListRepliesRequest,
) -> Result<ListRepliesResponse, Error> {
    let comment = CommentId::parse(&request.comment_id)?;
    let page = Page::new(("replies", comment.0), request.limit)?;
    let after = page.after(&request.cursor, Position::START)?;
    let total = sqlx::query_scalar!(
        "select reply_count from comments where id = $1 and (state = 2 or member_id = $2)",
        comment as CommentId,
        caller as Option<MemberId>,
    )
    .fetch_optional(&service.db)
    .await?;
    let total = total.ok_or_else(super::unknown_comment)?;
    let mut rows = sqlx::query_as!(
        Row,
        r#"select id as "id: ReplyId", comment_id as "comment_id: CommentId", member_id as "member_id: MemberId", text,
                  spoiler_suspected, created_at
           from replies where comment_id = $1 and (created_at, id) > ($2, $3) order by created_at, id limit $4"#,
        comment as CommentId,
        after.created_at,
        after.id,
        page.rows_to_read(),
    )
    .fetch_all(&service.db)
    .await?;
    let next_cursor = page.truncate(&mut rows, |row| Position {
        created_at: row.created_at,
        id: row.id.0,
    });
    Ok(ListRepliesResponse {
        replies: rows.into_iter().map(Reply::from).collect(),
        next_cursor,
        total: total.into(),
    })
}
