//! How much a member has rated and written, and how much that was liked, for the head of a profile and of a taste.

use matcha_protos::{
    rating::v1::{GetActivityRequest, GetActivityResponse},
    user::v1::Section,
};

use crate::{Service, error::Error, ids::MemberId};

pub(crate) async fn get(
    service: &Service,
    viewer: Option<MemberId>,
    request: GetActivityRequest,
) -> Result<GetActivityResponse, Error> {
    let member = MemberId::parse(&request.member_id)?;
    let visible = service.access.visible(viewer, member).await?;
    // Nobody likes what is their own, so every like is somebody else's.
    let (rated, commented, liked): (i64, i64, i64) = sqlx::query_as(
        "select (select count(*) from ratings where member_id = $1 and stars is not null),
                comments.count, comments.likes + lists.likes
         from (select count(*) as count, coalesce(sum(like_count), 0) as likes
               from comments where member_id = $1 and state = 2) as comments,
              (select coalesce(sum(like_count), 0) as likes from lists where member_id = $1 and is_public) as lists",
    )
    .bind(member)
    .fetch_one(&service.db)
    .await?;
    Ok(GetActivityResponse {
        rated_count: visible.contains(&Section::Ratings).then_some(rated),
        comment_count: visible.contains(&Section::Comments).then_some(commented),
        // Lists are public each by itself; without the comments their likes would be a number that means something else.
        likes_received: visible.contains(&Section::Comments).then_some(liked),
    })
}
