//! Following: who follows whom, in both directions. A follow is one row, so that there is nothing to keep in step.

use chassis::cursor::{self, END_OF_TIME};
use matcha_protos::user::v1 as proto;
use messaging::postgres;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow as _, PgConnection, Row as _, postgres::PgRow};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Users,
    error::Error,
    members::{Member, MemberId, member_id},
};

/// Whom one member may follow: what is read for a follower, such as the news of all of them, must have an end.
const MOST_FOLLOWED: i64 = 5_000;
/// Follows in one import.
const MOST_IMPORTED: usize = 10_000;

pub(crate) async fn follow(
    users: &Users,
    follower: MemberId,
    request: proto::FollowRequest,
) -> Result<proto::FollowResponse, Error> {
    let followed = member_id("member_id", &request.member_id)?;
    if followed == follower {
        return Err(Error::invalid("member_id", "nobody follows themself"));
    }
    let follower_count = postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            sqlx::query("insert into follows (follower_id, followed_id) values ($1, $2) on conflict do nothing")
                .bind(follower)
                .bind(followed)
                .execute(&mut *tx)
                .await
                .map_err(nobody)?;
            // After the insert, so that following somebody once more is no error at the limit. Two at once may both pass:
            // the limit is there for its size, not for its last digit.
            if count(tx, Side::Following, follower).await? > MOST_FOLLOWED {
                let message = format!("a member follows at most {MOST_FOLLOWED}");
                return Err(Error::invalid("member_id", message));
            }
            count(tx, Side::Followers, followed).await
        })
    })
    .await?;
    Ok(proto::FollowResponse { follower_count })
}

/// A broken foreign key is an answer: one of the two is not there, or not any more.
fn nobody(error: sqlx::Error) -> Error {
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    match constraint {
        Some("follows_followed_id_fkey") => Error::UnknownMember,
        // The token outlived the account.
        Some("follows_follower_id_fkey") => Error::SessionEnded,
        _ => error.into(),
    }
}

pub(crate) async fn unfollow(
    users: &Users,
    follower: MemberId,
    request: proto::UnfollowRequest,
) -> Result<proto::UnfollowResponse, Error> {
    let followed = member_id("member_id", &request.member_id)?;
    let follower_count = postgres::write(&users.db, move |tx| {
        Box::pin(async move {
            sqlx::query("delete from follows where follower_id = $1 and followed_id = $2")
                .bind(follower)
                .bind(followed)
                .execute(&mut *tx)
                .await?;
            count(tx, Side::Followers, followed).await
        })
    })
    .await?;
    Ok(proto::UnfollowResponse { follower_count })
}

/// Who follows whom in a community that an operator brings; the same again changes nothing.
pub(crate) async fn import(
    users: &Users,
    request: proto::ImportFollowsRequest,
) -> Result<proto::ImportFollowsResponse, Error> {
    if request.follows.len() > MOST_IMPORTED {
        let message = format!("at most {MOST_IMPORTED} follows");
        return Err(Error::invalid("follows", message));
    }
    let follows = request.follows.into_iter().map(Import::try_from);
    let mut follows = follows.collect::<Result<Vec<_>, _>>()?;
    // In one order, so that two imports of the same follows wait for each other instead of in a circle.
    follows.sort_unstable_by_key(|follow| (follow.follower, follow.followed));
    let created = postgres::write(&users.db, move |tx| Box::pin(async move { insert(tx, &follows).await })).await?;
    Ok(proto::ImportFollowsResponse {
        created: created.try_into().unwrap_or(i32::MAX),
    })
}

struct Import {
    follower: MemberId,
    followed: MemberId,
    followed_at: OffsetDateTime,
}

impl TryFrom<proto::ImportFollow> for Import {
    type Error = Error;

    fn try_from(follow: proto::ImportFollow) -> Result<Self, Error> {
        let follower = member_id("follower_id", &follow.follower_id)?;
        let followed = member_id("followed_id", &follow.followed_id)?;
        if follower == followed {
            return Err(Error::invalid("followed_id", "nobody follows themself"));
        }
        let followed_at = OffsetDateTime::from_unix_timestamp(follow.followed_at).ok();
        let followed_at = followed_at.filter(|time| follow.followed_at > 0 && *time <= OffsetDateTime::now_utc());
        Ok(Self {
            follower,
            followed,
            followed_at: followed_at.ok_or_else(|| Error::invalid("followed_at", "that time has not been"))?,
        })
    }
}

/// Inserts in one statement those that are not there yet; answers how many.
async fn insert(tx: &mut PgConnection, follows: &[Import]) -> Result<u64, Error> {
    let followers: Vec<MemberId> = follows.iter().map(|follow| follow.follower).collect();
    let followed: Vec<MemberId> = follows.iter().map(|follow| follow.followed).collect();
    let times: Vec<OffsetDateTime> = follows.iter().map(|follow| follow.followed_at).collect();
    let inserted = sqlx::query(
        "insert into follows (follower_id, followed_id, followed_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) on conflict do nothing",
    )
    .bind(&followers)
    .bind(followed)
    .bind(times)
    .execute(&mut *tx)
    .await
    .map_err(not_there)?;
    let too_many: bool = sqlx::query_scalar(
        "select exists (select from follows where follower_id = any($1) group by follower_id having count(*) > $2)",
    )
    .bind(&followers)
    .bind(MOST_FOLLOWED)
    .fetch_one(tx)
    .await?;
    if too_many {
        let message = format!("a member follows at most {MOST_FOLLOWED}");
        return Err(Error::invalid("follows", message));
    }
    Ok(inserted.rows_affected())
}

/// Here no token names the follower: either of the two is one who is not there.
fn not_there(error: sqlx::Error) -> Error {
    let is_foreign = error
        .as_database_error()
        .is_some_and(|error| error.is_foreign_key_violation());
    if is_foreign { Error::UnknownMember } else { error.into() }
}

/// Which of a member's two lists.
#[derive(Clone, Copy, Debug, Serialize)]
enum Side {
    Followers,
    Following,
}

async fn count(connection: &mut PgConnection, side: Side, member: MemberId) -> Result<i64, Error> {
    let statement = match side {
        Side::Followers => "select count(*) from follows where followed_id = $1",
        Side::Following => "select count(*) from follows where follower_id = $1",
    };
    let count = sqlx::query_scalar(statement).bind(member);
    Ok(count.fetch_one(connection).await?)
}

/// The last member of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    #[serde(with = "cursor::timestamp")]
    followed_at: OffsetDateTime,
    id: Uuid,
}

impl Position {
    /// Before the first member of the list.
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
    users: &Users,
    request: proto::ListFollowersRequest,
) -> Result<proto::ListFollowersResponse, Error> {
    let page = page(
        users,
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
    users: &Users,
    request: proto::ListFollowingRequest,
) -> Result<proto::ListFollowingResponse, Error> {
    let page = page(
        users,
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

async fn page(users: &Users, side: Side, member: &str, cursor: &str, limit: i32) -> Result<Page, Error> {
    let member = member_id("member_id", member)?;
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
    let statement = match side {
        Side::Followers => {
            "select id, handle, email, display_name, language, synthetic, registered_at, version, followed_at
             from follows join members on id = follower_id
             where followed_id = $1 and (followed_at, follower_id) < ($2, $3)
             order by followed_at desc, follower_id desc limit $4"
        }
        Side::Following => {
            "select id, handle, email, display_name, language, synthetic, registered_at, version, followed_at
             from follows join members on id = followed_id
             where follower_id = $1 and (followed_at, followed_id) < ($2, $3)
             order by followed_at desc, followed_id desc limit $4"
        }
    };
    let rows = sqlx::query(statement)
        .bind(member)
        .bind(after.followed_at)
        .bind(after.id)
        .bind(limit + 1);
    let mut connection = users.db.acquire().await?;
    let rows = rows.fetch_all(&mut *connection).await?;
    let followed = |row: &PgRow| Ok((Member::from_row(row)?, row.try_get("followed_at")?));
    let mut members: Vec<(Member, OffsetDateTime)> = rows.iter().map(followed).collect::<sqlx::Result<_>>()?;
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
