//! The operator's bulk import of comments, with their dates, likes and replies.
//!
//! If the member has a comment on the movie already, the imported one is skipped with its likes and replies.

use matcha_protos::rating::v1::{ImportComment, ImportCommentsRequest, ImportCommentsResponse, ImportReply};
use messaging::postgres;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Draft, MAX_CHARS, Written, insert, own_comment, replies, text::Text};
use crate::{
    Service, bulk_import,
    error::{Error, ensure_at_most},
    ids::{CommentId, MemberId, MovieId},
    moderation,
};

const MAX_COMMENTS: usize = 500;
const MAX_REPLIES: usize = 100;

/// A comment with its likes and replies.
struct Imported {
    draft: Draft,
    liked_by: Vec<MemberId>,
    replies: Vec<ImportedReply>,
}

struct ImportedReply {
    member: MemberId,
    text: Text,
    spoiler_suspected: bool,
    created_at: OffsetDateTime,
}

pub(crate) async fn import(service: &Service, request: ImportCommentsRequest) -> Result<ImportCommentsResponse, Error> {
    ensure_at_most("comments", request.comments.len(), MAX_COMMENTS)?;
    let comments = request.comments.into_iter().map(Imported::try_from);
    let comments = comments.collect::<Result<Vec<_>, _>>()?;
    let movies: Vec<MovieId> = comments.iter().map(|comment| comment.draft.movie).collect();
    service.movies.ensure_movies_exist(&movies).await?;
    let created = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let mut created = 0;
            for comment in &comments {
                created += i32::from(save(tx, comment).await?);
            }
            Ok::<_, Error>(created)
        })
    })
    .await?;
    service.nudge.nudge();
    Ok(ImportCommentsResponse { created })
}

/// Returns whether the comment is new.
async fn save(tx: &mut PgConnection, comment: &Imported) -> Result<bool, Error> {
    let Some(id) = insert(tx, &comment.draft).await? else {
        return Ok(false);
    };
    sqlx::query!(
        "insert into comment_likes (comment_id, member_id, liked_at) select $1, unnest($2::uuid[]), now()",
        id as CommentId,
        &comment.liked_by as &[MemberId],
    )
    .execute(&mut *tx)
    .await?;
    for reply in &comment.replies {
        sqlx::query!(
            "insert into replies (id, comment_id, member_id, text, spoiler_suspected, created_at)
             values ($1, $2, $3, $4, $5, $6)",
            Uuid::now_v7(),
            id as CommentId,
            reply.member as MemberId,
            reply.text.as_str(),
            reply.spoiler_suspected,
            reply.created_at,
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query!(
        "update comments set like_count = $2, reply_count = $3 where id = $1",
        id as CommentId,
        bulk_import::count(&comment.liked_by),
        bulk_import::count(&comment.replies),
    )
    .execute(tx)
    .await?;
    Ok(true)
}

impl TryFrom<ImportComment> for Imported {
    type Error = Error;

    fn try_from(comment: ImportComment) -> Result<Self, Error> {
        let member = MemberId::parse(&comment.member_id)?;
        let created_at = bulk_import::parse_created_at(comment.created_at)?;
        ensure_at_most("replies", comment.replies.len(), MAX_REPLIES)?;
        let replies = comment.replies.into_iter().map(ImportedReply::try_from);
        let replies = replies.collect::<Result<Vec<_>, _>>()?;
        if replies.iter().any(|reply| reply.created_at < created_at) {
            return Err(bulk_import::invalid_created_at());
        }
        Ok(Self {
            draft: Draft {
                member,
                movie: MovieId::parse(&comment.movie_id)?,
                text: Text::parse(&comment.text, MAX_CHARS)?,
                spoiler: comment.spoiler,
                written: Some(Written::of(created_at, None)),
            },
            liked_by: bulk_import::liked_by(&comment.liked_by, member, own_comment)?,
            replies,
        })
    }
}

impl TryFrom<ImportReply> for ImportedReply {
    type Error = Error;

    fn try_from(reply: ImportReply) -> Result<Self, Error> {
        let text = Text::parse(&reply.text, replies::MAX_CHARS)?;
        Ok(Self {
            member: MemberId::parse(&reply.member_id)?,
            spoiler_suspected: moderation::moderate_now(text.as_str())?,
            text,
            created_at: bulk_import::parse_created_at(reply.created_at)?,
        })
    }
}
