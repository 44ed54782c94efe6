//! How much a member has rated and written, for the head of a profile.

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
    let (rated, commented): (i64, i64) = sqlx::query_as(
        "select (select count(*) from ratings where member_id = $1 and stars is not null),
                (select count(*) from comments where member_id = $1 and state = 2)",
    )
    .bind(member)
    .fetch_one(&service.db)
    .await?;
    Ok(GetActivityResponse {
        rated_count: visible.contains(&Section::Ratings).then_some(rated),
        comment_count: visible.contains(&Section::Comments).then_some(commented),
    })
}
