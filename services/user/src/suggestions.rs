//! Whom a member could follow, for who follows nobody yet.

use matcha_protos::user::v1 as proto;

use crate::{
    Users,
    error::Error,
    members::{Member, MemberId},
    privacy::Audience,
};

/// How many of the latest follows are counted: who is followed now is a better guess than who was years ago, and the counting
/// has an end.
const COUNTED: i64 = 10_000;
/// Of either kind. Who follows all of them needs no suggestions.
const CANDIDATES: i64 = 100;

pub(crate) async fn suggest(
    users: &Users,
    member: MemberId,
    request: proto::SuggestMembersRequest,
) -> Result<proto::SuggestMembersResponse, Error> {
    let limit = match request.limit {
        0 => 6,
        1..=20 => i64::from(request.limit),
        _ => return Err(Error::invalid("limit", "1 to 20 members")),
    };
    let members: Vec<Member> = sqlx::query_as(
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
    )
    .bind(member)
    .bind(limit)
    .bind(Audience::Private)
    .bind(COUNTED)
    .bind(CANDIDATES)
    .fetch_all(&users.db)
    .await?;
    Ok(proto::SuggestMembersResponse {
        members: members.into_iter().map(Member::for_others).collect(),
    })
}
