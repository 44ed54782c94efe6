//! Liking a list and taking the like back; both are idempotent. The count is stored on the list, under its row lock.

use matcha_protos::rating::v1::{LikeListRequest, LikeListResponse, UnlikeListRequest, UnlikeListResponse};
use messaging::postgres;

use super::{lock, own_list};
use crate::{
    Service,
    error::Error,
    ids::{ListId, MemberId},
};

pub(crate) async fn like(
    service: &Service,
    member: MemberId,
    request: LikeListRequest,
) -> Result<LikeListResponse, Error> {
    let list = ListId::parse(&request.list_id)?;
    let like_count = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            if lock(tx, member, list).await?.member_id == member {
                return Err(own_list());
            }
            let liked = sqlx::query!(
                "insert into list_likes (list_id, member_id, liked_at) values ($1, $2, now()) on conflict do nothing",
                list as ListId,
                member as MemberId,
            )
            .execute(&mut *tx)
            .await?;
            let count = sqlx::query_scalar!(
                "update lists set like_count = like_count + $2 where id = $1 returning like_count",
                list as ListId,
                i32::from(liked.rows_affected() == 1),
            );
            Ok(count.fetch_one(tx).await?)
        })
    })
    .await?;
    Ok(LikeListResponse {
        like_count: like_count.into(),
    })
}

pub(crate) async fn unlike(
    service: &Service,
    member: MemberId,
    request: UnlikeListRequest,
) -> Result<UnlikeListResponse, Error> {
    let list = ListId::parse(&request.list_id)?;
    let like_count = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            lock(tx, member, list).await?;
            let unliked = sqlx::query!(
                "delete from list_likes where list_id = $1 and member_id = $2",
                list as ListId,
                member as MemberId,
            )
            .execute(&mut *tx)
            .await?;
            let count = sqlx::query_scalar!(
                "update lists set like_count = like_count - $2 where id = $1 returning like_count",
                list as ListId,
                i32::from(unliked.rows_affected() == 1),
            );
            Ok::<_, Error>(count.fetch_one(tx).await?)
        })
    })
    .await?;
    Ok(UnlikeListResponse {
        like_count: like_count.into(),
    })
}
