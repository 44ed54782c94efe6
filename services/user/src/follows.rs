//! Follows: who follows whom. A follow is one row that both lists, followers and following, are read from.

use chassis::cursor::{self, END_OF_TIME};
use matcha_protos::user::v1 as proto;
use messaging::postgres::{self, broken_constraint};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Service,
    error::Error,
    members::{Member, MemberId, member_of_row, parse_member_id},
};

/// Limit of members that one member follows: it bounds what is read for a follower, such as the feed.
const MAX_FOLLOWED: i64 = 5_000;
/// Follows in one bulk import.
const MAX_IMPORTED: usize = 10_000;

pub(crate) async fn follow(
    service: &Service,
    follower: MemberId,
    request: proto::FollowRequest,
) -> Result<proto::FollowResponse, Error> {
    let followed = parse_member_id("member_id", &request.member_id)?;
    if followed == follower {
        return Err(Error::invalid("member_id", "nobody follows themself"));
    }
    let follower_count = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            sqlx::query!(
                "insert into follows (follower_id, followed_id) values ($1, $2) on conflict do nothing",
                follower as MemberId,
                followed as MemberId
            )
            .execute(&mut *tx)
            .await
            .map_err(map_unknown_member)?;
            // Counted after the insert, so that following a member again is no error at the limit. Concurrent follows may
            // exceed the limit by a few; that is acceptable.
            if count(tx, Side::Following, follower).await? > MAX_FOLLOWED {
                let message = format!("a member follows at most {MAX_FOLLOWED}");
                return Err(Error::invalid("member_id", message));
            }
            count(tx, Side::Followers, followed).await
        })
    })
    .await?;
    Ok(proto::FollowResponse { follower_count })
}

fn map_unknown_member(error: sqlx::Error) -> Error {
    match broken_constraint(&error) {
        Some("follows_followed_id_fkey") => Error::unknown_member(),
        // The follower's access token outlived the account.
        Some("follows_follower_id_fkey") => Error::session_ended(),
        _ => error.into(),
    }
}

pub(crate) async fn unfollow(
    service: &Service,
    follower: MemberId,
    request: proto::UnfollowRequest,
) -> Result<proto::UnfollowResponse, Error> {
    let followed = parse_member_id("member_id", &request.member_id)?;
    let follower_count = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            sqlx::query!(
                "delete from follows where follower_id = $1 and followed_id = $2",
                follower as MemberId,
                followed as MemberId
            )
            .execute(&mut *tx)
            .await?;
            count(tx, Side::Followers, followed).await
        })
    })
    .await?;
    Ok(proto::UnfollowResponse { follower_count })
}

/// Operator bulk import. Idempotent: follows that exist stay as they are.
pub(crate) async fn import_follows(
    service: &Service,
    request: proto::ImportFollowsRequest,
) -> Result<proto::ImportFollowsResponse, Error> {
    if request.follows.len() > MAX_IMPORTED {
        let message = format!("at most {MAX_IMPORTED} follows");
        return Err(Error::invalid("follows", message));
    }
    let follows = request.follows.into_iter().map(ImportedFollow::try_from);
    let mut follows = follows.collect::<Result<Vec<_>, _>>()?;
    // Sorted, so that two imports of the same follows lock rows in one order and cannot deadlock.
    follows.sort_unstable_by_key(|follow| (follow.follower, follow.followed));
    let created = postgres::write(&service.db, move |tx| {
        Box::pin(async move { insert(tx, &follows).await })
    })
    .await?;
    Ok(proto::ImportFollowsResponse {
        created: created.try_into().unwrap_or(i32::MAX),
    })
}

struct ImportedFollow {
    follower: MemberId,
    followed: MemberId,
    followed_at: OffsetDateTime,
}

impl TryFrom<proto::ImportFollow> for ImportedFollow {
    type Error = Error;

    fn try_from(follow: proto::ImportFollow) -> Result<Self, Error> {
        let follower = parse_member_id("follower_id", &follow.follower_id)?;
        let followed = parse_member_id("followed_id", &follow.followed_id)?;
        if follower == followed {
            return Err(Error::invalid("followed_id", "nobody follows themself"));
        }
        let followed_at = OffsetDateTime::from_unix_timestamp(follow.followed_at).ok();
        let followed_at = followed_at.filter(|time| follow.followed_at > 0 && *time <= OffsetDateTime::now_utc());
        Ok(Self {
            follower,
            followed,
            followed_at: followed_at
                .ok_or_else(|| Error::invalid("followed_at", "the time is in the past, after 1970"))?,
        })
    }
}

/// Inserts the missing follows in one statement; returns how many.
async fn insert(tx: &mut PgConnection, follows: &[ImportedFollow]) -> Result<u64, Error> {
    let followers: Vec<MemberId> = follows.iter().map(|follow| follow.follower).collect();
    let followed: Vec<MemberId> = follows.iter().map(|follow| follow.followed).collect();
    let times: Vec<OffsetDateTime> = follows.iter().map(|follow| follow.followed_at).collect();
    let inserted = sqlx::query!(
        "insert into follows (follower_id, followed_id, followed_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) on conflict do nothing",
        &followers as &[MemberId],
        &followed as &[MemberId],
        &times
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| match broken_constraint(&error) {
        Some("follows_followed_id_fkey" | "follows_follower_id_fkey") => Error::unknown_member(),
        _ => error.into(),
    })?;
    let too_many = sqlx::query_scalar!(
        r#"select exists (select from follows where follower_id = any($1)
                          group by follower_id having count(*) > $2) as "exists!""#,
        &followers as &[MemberId],
        MAX_FOLLOWED
    )
    .fetch_one(tx)
    .await?;
    if too_many {
        let message = format!("a member follows at most {MAX_FOLLOWED}");
        return Err(Error::invalid("follows", message));
    }
    Ok(inserted.rows_affected())
}

/// One of a member's two lists.
#[derive(Clone, Copy, Debug, Serialize)]
enum Side {
    Followers,
    Following,
}

async fn count(connection: &mut PgConnection, side: Side, member: MemberId) -> Result<i64, Error> {
    let count = match side {
        Side::Followers => {
            sqlx::query_scalar!(
                r#"select count(*) as "count!" from follows where followed_id = $1"#,
                member as MemberId
            )
            .fetch_one(connection)
            .await?
        }
        Side::Following => {
            sqlx::query_scalar!(
                r#"select count(*) as "count!" from follows where follower_id = $1"#,
                member as MemberId
            )
            .fetch_one(connection)
            .await?
        }
    };
    Ok(count)
}

/// Cursor position: the last member of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    #[serde(with = "cursor::timestamp")]
    followed_at: OffsetDateTime,
    id: Uuid,
}

impl Position {
    fn start() -> Self {
        Self {
            followed_at: END_OF_TIME,
            id: Uuid::max(),
        }
    }
}

struct Page {
    members: Vec<proto::Member>,
    next_cursor: String,
    total: i64,
}

pub(crate) async fn list_followers(
    service: &Service,
    request: proto::ListFollowersRequest,
) -> Result<proto::ListFollowersResponse, Error> {
    let page = page(
        service,
        Side::Followers,
        &request.member_id,
        &request.cursor,
        request.limit,
    )
    .await?;
    Ok(proto::ListFollowersResponse {
        members: page.members,
        next_cursor: page.next_cursor,
        total: page.total,
    })
}

pub(crate) async fn list_following(
    service: &Service,
    request: proto::ListFollowingRequest,
) -> Result<proto::ListFollowingResponse, Error> {
    let page = page(
        service,
        Side::Following,
        &request.member_id,
        &request.cursor,
        request.limit,
    )
    .await?;
    Ok(proto::ListFollowingResponse {
        members: page.members,
        next_cursor: page.next_cursor,
        total: page.total,
    })
}

async fn page(service: &Service, side: Side, member: &str, cursor: &str, limit: i32) -> Result<Page, Error> {
    let member = parse_member_id("member_id", member)?;
    let limit = match limit {
        0 => 20,
        1..=50 => i64::from(limit),
        _ => return Err(Error::invalid("limit", "a page has 1 to 50 members")),
    };
    let list = ("follows", side, member.0);
    let after = match cursor {
        "" => Position::start(),
        text => cursor::decode_for(&list, text)?,
    };
    let mut connection = service.db.acquire().await?;
    let mut members = rows(&mut connection, side, member, &after, limit + 1).await?;
    let more = cursor::truncate_page(&mut members, limit);
    let last = members.last().filter(|_| more);
    let next_cursor = last.map(|(member, followed_at)| {
        let position = Position {
            followed_at: *followed_at,
            id: member.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    Ok(Page {
        next_cursor: next_cursor.unwrap_or_default(),
        members: members.into_iter().map(|(member, _)| member.for_others()).collect(),
        total: count(&mut connection, side, member).await?,
    })
}

async fn rows(
    connection: &mut PgConnection,
    side: Side,
    member: MemberId,
    after: &Position,
    limit: i64,
) -> sqlx::Result<Vec<(Member, OffsetDateTime)>> {
    let members = match side {
        Side::Followers => sqlx::query!(
            "select id, handle, email, display_name, language, synthetic, registered_at, version, followed_at
             from follows join members on id = follower_id
             where followed_id = $1 and (followed_at, follower_id) < ($2, $3)
             order by followed_at desc, follower_id desc limit $4",
            member as MemberId,
            after.followed_at,
            after.id,
            limit
        )
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| (member_of_row!(row), row.followed_at))
        .collect(),
        Side::Following => sqlx::query!(
            "select id, handle, email, display_name, language, synthetic, registered_at, version, followed_at
             from follows join members on id = followed_id
             where follower_id = $1 and (followed_at, followed_id) < ($2, $3)
             order by followed_at desc, followed_id desc limit $4",
            member as MemberId,
            after.followed_at,
            after.id,
            limit
        )
        .fetch_all(connection)
        .await?
        .into_iter()
        .map(|row| (member_of_row!(row), row.followed_at))
        .collect(),
    };
    Ok(members)
}
