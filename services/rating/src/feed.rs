//! The feed: what the members whom the caller follows rated, commented on and wish for, newest first.
//!
//! The feed is gathered when it is read (fan-out on read), not written to a list of each follower (fan-out on write). With
//! fan-out on write one rating would cost as many writes as its author has followers, an import that times its rows, and
//! whatever is hidden, unfollowed or deleted would have to be removed from all those lists. Reading costs one descent of an index
//! per followed member and kind of item, and is right at once.

use matcha_protos::{
    rating::v1::{Act, ListFeedRequest, ListFeedResponse, Wished, act},
    user::v1::Section,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Service,
    access::Followed,
    comments,
    error::Error,
    ids::{CommentId, MemberId, MovieId},
    paging::{self, END_OF_TIME, Page},
};

/// The kind of an item. Of items at the same moment, the higher kind comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
enum Kind {
    Wished = 1,
    Rated = 2,
    Commented = 3,
}

/// Cursor position. It does not encode who is followed, so it stays valid after a follow or unfollow.
#[derive(Serialize, Deserialize)]
struct Position {
    #[serde(with = "paging::timestamp")]
    #[serde(rename = "acted_at")]
    occurred_at: OffsetDateTime,
    kind: i16,
    member: Uuid,
    movie: Uuid,
}

impl Position {
    const START: Self = Self {
        occurred_at: END_OF_TIME,
        kind: i16::MAX,
        member: Uuid::max(),
        movie: Uuid::max(),
    };
}

/// A feed item as it is read.
struct Row {
    kind: Kind,
    member_id: MemberId,
    movie_id: MovieId,
    occurred_at: OffsetDateTime,
    stars: Option<i16>,
    comment_id: Option<CommentId>,
}

pub(crate) async fn list(
    service: &Service,
    follower: MemberId,
    request: ListFeedRequest,
) -> Result<ListFeedResponse, Error> {
    let page = Page::new(("feed", follower.0), request.limit)?;
    let after = page.after(&request.cursor, Position::START)?;
    // If user does not answer there is no feed: it could show what a member has just hidden.
    let followed = service.access.followed(follower).await?;
    let mut rows = read(&service.db, &followed, &after, page.rows_to_read()).await?;
    let next_cursor = page.truncate(&mut rows, |row| Position {
        occurred_at: row.occurred_at,
        kind: row.kind as i16,
        member: row.member_id.0,
        movie: row.movie_id.0,
    });
    let comments: Vec<CommentId> = rows.iter().filter_map(|row| row.comment_id).collect();
    let mut comments = comments::read_public(&service.db, Some(follower), &comments).await?;
    let items = rows.into_iter().filter_map(|row| {
        let kind = match row.kind {
            Kind::Rated => act::Kind::Rated(row.stars?.into()),
            // `None`: the comment was deleted or edited after the rows were read.
            Kind::Commented => act::Kind::Commented(comments.remove(&row.comment_id?)?),
            Kind::Wished => act::Kind::Wished(Wished {}),
        };
        Some(Act {
            member_id: row.member_id.to_string(),
            movie_id: row.movie_id.to_string(),
            acted_at: row.occurred_at.unix_timestamp(),
            kind: Some(kind),
        })
    });
    Ok(ListFeedResponse {
        acts: items.collect(),
        next_cursor,
        following_count: followed.len() as i64,
    })
}

/// Reads the newest items of each followed member and kind, at most a page of each, and of those the newest page.
async fn read(db: &PgPool, followed: &[Followed], after: &Position, limit: i64) -> Result<Vec<Row>, Error> {
    let showing = |section: Section| -> Vec<MemberId> {
        let showing = followed.iter().filter(|one| one.visible.contains(&section));
        showing.map(|one| one.member).collect()
    };
    // `… <= $4` bounds each descent of an index; the whole key then orders items of one moment.
    let rows = sqlx::query_as!(
        Row,
        r#"select kind as "kind!: Kind", member_id as "member_id!: MemberId", movie_id as "movie_id!: MovieId",
                  occurred_at as "occurred_at!", stars, comment_id as "comment_id: CommentId"
           from (
               select 2::smallint as kind, followed.member_id, item.movie_id, item.occurred_at, item.stars,
                      null::uuid as comment_id
               from unnest($1::uuid[]) as followed (member_id) cross join lateral (
                   select movie_id, rated_at as occurred_at, stars from ratings
                   where member_id = followed.member_id and stars is not null and rated_at <= $4
                     and (rated_at, 2::smallint, member_id, movie_id) < ($4, $5, $6, $7)
                   order by rated_at desc, movie_id desc limit $8) as item
               union all
               select 3::smallint, followed.member_id, item.movie_id, item.occurred_at, null, item.id
               from unnest($2::uuid[]) as followed (member_id) cross join lateral (
                   select movie_id, created_at as occurred_at, id from comments
                   where member_id = followed.member_id and state = 2 and created_at <= $4
                     and (created_at, 3::smallint, member_id, movie_id) < ($4, $5, $6, $7)
                   order by created_at desc, movie_id desc limit $8) as item
               union all
               select 1::smallint, followed.member_id, item.movie_id, item.occurred_at, null, null
               from unnest($3::uuid[]) as followed (member_id) cross join lateral (
                   select movie_id, changed_at as occurred_at from shelf
                   where member_id = followed.member_id and state = 1 and changed_at <= $4
                     and (changed_at, 1::smallint, member_id, movie_id) < ($4, $5, $6, $7)
                   order by changed_at desc, movie_id desc limit $8) as item
           ) as items
           order by occurred_at desc, kind desc, member_id desc, movie_id desc limit $8"#,
        &showing(Section::Ratings) as &[MemberId],
        &showing(Section::Comments) as &[MemberId],
        &showing(Section::Shelf) as &[MemberId],
        after.occurred_at,
        after.kind,
        after.member,
        after.movie,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
