//! Suggestions of members to follow, for a member who follows nobody yet.

use matcha_protos::user::v1 as proto;

use crate::{
    Service,
    error::Error,
    members::{Member, MemberId},
    privacy::Audience,
};

/// Only the latest follows are counted: recent popularity is the better guess, and the cost is bounded.
const COUNTED_FOLLOWS: i64 = 10_000;
/// Candidates of each kind, most followed and longest registered. A member who follows all of them needs no suggestions.
const MAX_CANDIDATES: i64 = 100;

pub(crate) async fn suggest_members(
    service: &Service,
    member: MemberId,
    request: proto::SuggestMembersRequest,
) -> Result<proto::SuggestMembersResponse, Error> {
    let limit = match request.limit {
        0 => 6,
        1..=20 => i64::from(request.limit),
        _ => return Err(Error::invalid("limit", "1 to 20 members")),
    };
    let members = sqlx::query_as!(
        Member,
        "with counted as (
             select followed_id as id, count(*) as followers
             from (select followed_id from follows order by followed_at desc limit $4) as latest
             group by followed_id order by followers desc limit $5
         ), oldest as (
             select id, 0::bigint as followers from members order by registered_at, id limit $5
         ), candidates as (
             select id, max(followers) as followers
             from (select * from counted union all select * from oldest) as either group by id
         )
         select members.id, handle, email, display_name, language, synthetic, registered_at, version
         from candidates join members on members.id = candidates.id
         where members.id <> $1
           and not (ratings_for = $3 and shelf_for = $3 and comments_for = $3)
           and not exists (select from follows where follower_id = $1 and followed_id = members.id)
         order by followers desc, registered_at, members.id limit $2",
        member as MemberId,
        limit,
        Audience::Private as Audience,
        COUNTED_FOLLOWS,
        MAX_CANDIDATES
    )
    .fetch_all(&service.db)
    .await?;
    Ok(proto::SuggestMembersResponse {
        members: members.into_iter().map(Member::for_others).collect(),
    })
}
