//! The counts in the header of a profile: ratings, comments, likes received. (The RPC keeps its old name, GetActivity.)

use matcha_protos::{
    rating::v1::{GetActivityRequest, GetActivityResponse},
    user::v1::Section,
};

use crate::{Service, error::Error, ids::MemberId};

pub(crate) async fn get(
    service: &Service,
    caller: Option<MemberId>,
    request: GetActivityRequest,
) -> Result<GetActivityResponse, Error> {
    let member = MemberId::parse(&request.member_id)?;
    let visible = service.access.visible(caller, member).await?;
    // Members cannot like their own comments and lists, so every like is from somebody else.
    let counts = sqlx::query!(
        r#"select (select count(*) from ratings where member_id = $1 and stars is not null) as "rated!",
                  comments.count as "commented!", comments.likes + lists.likes as "liked!"
           from (select count(*) as count, coalesce(sum(like_count), 0) as likes
                 from comments where member_id = $1 and state = 2) as comments,
                (select coalesce(sum(like_count), 0) as likes from lists where member_id = $1 and is_public) as lists"#,
        member as MemberId,
    )
    .fetch_one(&service.db)
    .await?;
    Ok(GetActivityResponse {
        rated_count: visible.contains(&Section::Ratings).then_some(counts.rated),
        comment_count: visible.contains(&Section::Comments).then_some(counts.commented),
        // Public lists are visible to everybody, but their likes alone would be another number under the same name.
        likes_received: visible.contains(&Section::Comments).then_some(counts.liked),
    })
}
