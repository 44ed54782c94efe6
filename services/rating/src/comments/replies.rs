//! Replies to a comment: one level of them, oldest first.
//!
//! A reply is short and its author waits for the answer, so it passes the same judgements at once instead of going through
//! the pipeline: what the spam or the language filter holds back is refused.

use chassis::cursor;
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
    paging::{self, BEGINNING_OF_TIME},
};

pub(super) const LONGEST: usize = 1_000;

#[derive(sqlx::FromRow)]
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

/// A reply that the filters let pass.
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
    let text = Text::parse(&request.text, LONGEST)?;
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
    super::public(tx, draft.comment).await?;
    let deleted = sqlx::query("select 1 from deleted_replies where id = $1").bind(draft.id);
    if deleted.fetch_optional(&mut *tx).await?.is_some() {
        return Err(Error::conflict(
            "reply_id",
            format!("the reply {} has been deleted", draft.id),
        ));
    }
    let inserted = sqlx::query(
        "insert into replies (id, comment_id, member_id, text, spoiler_suspected, created_at)
         values ($1, $2, $3, $4, $5, now()) on conflict (id) do nothing",
    )
    .bind(draft.id)
    .bind(draft.comment)
    .bind(draft.member)
    .bind(draft.text.as_str())
    .bind(draft.spoiler_suspected)
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 1 {
        sqlx::query("update comments set reply_count = reply_count + 1 where id = $1")
            .bind(draft.comment)
            .execute(&mut *tx)
            .await?;
    }
    // The same request again finds its own reply; an id that stands for something else is refused.
    let row = sqlx::query_as(
        "select id, comment_id, member_id, text, spoiler_suspected, created_at from replies
         where id = $1 and comment_id = $2 and member_id = $3 and text = $4",
    )
    .bind(draft.id)
    .bind(draft.comment)
    .bind(draft.member)
    .bind(draft.text.as_str())
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
        Box::pin(async move {
            // The comment first, as whoever replies locks it.
            let found: Option<(CommentId, MemberId)> = sqlx::query_as(
                "select comment.id, reply.member_id from replies as reply
                 join comments as comment on comment.id = reply.comment_id
                 where reply.id = $1 for no key update of comment",
            )
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
            let Some((comment, author)) = found else {
                return Ok(());
            };
            if author != member {
                return Err(Error::forbidden("the reply is another member's"));
            }
            let deleted = sqlx::query("delete from replies where id = $1")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            sqlx::query("insert into deleted_replies (id, deleted_at) values ($1, now()) on conflict do nothing")
                .bind(id)
                .execute(&mut *tx)
                .await?;
            sqlx::query("update comments set reply_count = reply_count - $2 where id = $1")
                .bind(comment)
                .bind(i32::from(deleted.rows_affected() == 1))
                .execute(tx)
                .await?;
            Ok(())
        })
    })
    .await?;
    Ok(DeleteReplyResponse {})
}

/// The last reply of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    #[serde(with = "paging::moment")]
    created_at: OffsetDateTime,
    id: Uuid,
}

pub(crate) async fn list(
    service: &Service,
    viewer: Option<MemberId>,
    request: ListRepliesRequest,
) -> Result<ListRepliesResponse, Error> {
    let comment = CommentId::parse(&request.comment_id)?;
    let limit = paging::limit(request.limit)?;
    let list = ("replies", comment.0);
    let (after, after_id) = if request.cursor.is_empty() {
        (BEGINNING_OF_TIME, Uuid::nil())
    } else {
        let position: Position = cursor::decode_for(&list, &request.cursor)?;
        (position.created_at, position.id)
    };
    let total: Option<i32> =
        sqlx::query_scalar("select reply_count from comments where id = $1 and (state = 2 or member_id = $2)")
            .bind(comment)
            .bind(viewer)
            .fetch_optional(&service.db)
            .await?;
    let total = total.ok_or_else(|| super::unknown_comment(comment))?;
    let mut rows: Vec<Row> = sqlx::query_as(
        "select id, comment_id, member_id, text, spoiler_suspected, created_at from replies
         where comment_id = $1 and (created_at, id) > ($2, $3) order by created_at, id limit $4",
    )
    .bind(comment)
    .bind(after)
    .bind(after_id)
    .bind(limit + 1)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let position = Position {
            created_at: row.created_at,
            id: row.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    Ok(ListRepliesResponse {
        replies: rows.into_iter().map(Reply::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total: total.into(),
    })
}
