//! Liking a comment and taking the like back; both are idempotent. The count is stored on the comment, under its row lock.

use matcha_protos::rating::v1::{LikeCommentRequest, LikeCommentResponse, UnlikeCommentRequest, UnlikeCommentResponse};
use messaging::postgres;

use crate::{
    Service,
    error::Error,
    ids::{CommentId, MemberId},
};

pub(crate) async fn like(
    service: &Service,
    member: MemberId,
    request: LikeCommentRequest,
) -> Result<LikeCommentResponse, Error> {
    let comment = CommentId::parse(&request.comment_id)?;
    let like_count = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            if super::lock_public(tx, comment).await? == member {
                return Err(super::own_comment());
            }
            let liked = sqlx::query!(
                "insert into comment_likes (comment_id, member_id, liked_at) values ($1, $2, now()) on conflict do nothing",
                comment as CommentId,
                member as MemberId,
            )
            .execute(&mut *tx)
            .await?;
            let count = sqlx::query_scalar!(
                "update comments set like_count = like_count + $2 where id = $1 returning like_count",
                comment as CommentId,
                i32::from(liked.rows_affected() == 1),
            );
            Ok(count.fetch_one(tx).await?)
        })
    })
    .await?;
    Ok(LikeCommentResponse {
        like_count: like_count.into(),
    })
}

pub(crate) async fn unlike(
    service: &Service,
    member: MemberId,
    request: UnlikeCommentRequest,
) -> Result<UnlikeCommentResponse, Error> {
    let comment = CommentId::parse(&request.comment_id)?;
    let like_count = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            super::lock_public(tx, comment).await?;
            let unliked = sqlx::query!(
                "delete from comment_likes where comment_id = $1 and member_id = $2",
                comment as CommentId,
                member as MemberId,
            )
            .execute(&mut *tx)
            .await?;
            let count = sqlx::query_scalar!(
                "update comments set like_count = like_count - $2 where id = $1 returning like_count",
                comment as CommentId,
                i32::from(unliked.rows_affected() == 1),
            );
            Ok::<_, Error>(count.fetch_one(tx).await?)
        })
    })
    .await?;
    Ok(UnlikeCommentResponse {
        like_count: like_count.into(),
    })
}
