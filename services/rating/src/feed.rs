//! The feed: what the members whom somebody follows rated, wrote and wish for, the newest first.
//!
//! It is gathered when it is read (fan-out on read), not written into a list of each follower when something happens. A rating
//! would be as many writes as its author has followers; an import would be that times its rows; and what is hidden,
//! unfollowed or deleted would have to be found in all those lists. Read at once, the feed is right as soon as the next page is,
//! for one descent of an index per followed member and kind of act.

use chassis::cursor;
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
    paging::{self, END_OF_TIME},
};

/// Of acts at the same moment, the higher comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
enum Kind {
    Wished = 1,
    Rated = 2,
    Commented = 3,
}

/// The last act of a page; the feed stays the same one whoever is followed by then.
#[derive(Serialize, Deserialize)]
struct Position {
    #[serde(with = "paging::moment")]
    acted_at: OffsetDateTime,
    kind: i16,
    member: Uuid,
    movie: Uuid,
}

impl Position {
    fn parse(feed: &impl Serialize, text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Ok(Self {
                acted_at: END_OF_TIME,
                kind: i16::MAX,
                member: Uuid::max(),
                movie: Uuid::max(),
            });
        }
        Ok(cursor::decode_for(feed, text)?)
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: Kind,
    member_id: MemberId,
    movie_id: MovieId,
    acted_at: OffsetDateTime,
    stars: Option<i16>,
    comment_id: Option<CommentId>,
}

pub(crate) async fn list(
    service: &Service,
    follower: MemberId,
    request: ListFeedRequest,
) -> Result<ListFeedResponse, Error> {
    let limit = paging::limit(request.limit)?;
    let feed = ("feed", follower.0);
    let after = Position::parse(&feed, &request.cursor)?;
    // Without an answer there is no feed: it would show what somebody may just have hidden.
    let followed = service.access.followed(follower).await?;
    let mut rows = page(&service.db, &followed, &after, limit + 1).await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let position = Position {
            acted_at: row.acted_at,
            kind: row.kind as i16,
            member: row.member_id.0,
            movie: row.movie_id.0,
        };
        cursor::encode_for(&feed, &position)
    });
    let comments: Vec<CommentId> = rows.iter().filter_map(|row| row.comment_id).collect();
    let mut comments = comments::read_public(&service.db, Some(follower), &comments).await?;
    let acts = rows.into_iter().filter_map(|row| {
        let kind = match row.kind {
            Kind::Rated => act::Kind::Rated(row.stars?.into()),
            // None: it was deleted, or is being checked anew, since it was found.
            Kind::Commented => act::Kind::Commented(comments.remove(&row.comment_id?)?),
            Kind::Wished => act::Kind::Wished(Wished {}),
        };
        Some(Act {
            member_id: row.member_id.to_string(),
            movie_id: row.movie_id.to_string(),
            acted_at: row.acted_at.unix_timestamp(),
            kind: Some(kind),
        })
    });
    Ok(ListFeedResponse {
        acts: acts.collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        following_count: followed.len() as i64,
    })
}

/// One statement for everybody: the newest of each member and kind, as many as a page has at most, and of those the page.
async fn page(db: &PgPool, followed: &[Followed], after: &Position, limit: i64) -> Result<Vec<Row>, Error> {
    let showing = |section: Section| -> Vec<MemberId> {
        let showing = followed.iter().filter(|one| one.visible.contains(&section));
        showing.map(|one| one.member).collect()
    };
    // `acted_at <= $4` bounds each descent; the whole key then tells apart what happened at one moment.
    let rows = sqlx::query_as(
        "select * from (
             select 2::smallint as kind, followed.member_id, act.movie_id, act.acted_at, act.stars, null::uuid as comment_id
             from unnest($1::uuid[]) as followed (member_id) cross join lateral (
                 select movie_id, rated_at as acted_at, stars from ratings
                 where member_id = followed.member_id and stars is not null and rated_at <= $4
                   and (rated_at, 2::smallint, member_id, movie_id) < ($4, $5, $6, $7)
                 order by rated_at desc, movie_id desc limit $8) as act
             union all
             select 3::smallint, followed.member_id, act.movie_id, act.acted_at, null, act.id
             from unnest($2::uuid[]) as followed (member_id) cross join lateral (
                 select movie_id, created_at as acted_at, id from comments
                 where member_id = followed.member_id and state = 2 and created_at <= $4
                   and (created_at, 3::smallint, member_id, movie_id) < ($4, $5, $6, $7)
                 order by created_at desc, movie_id desc limit $8) as act
             union all
             select 1::smallint, followed.member_id, act.movie_id, act.acted_at, null, null
             from unnest($3::uuid[]) as followed (member_id) cross join lateral (
                 select movie_id, changed_at as acted_at from shelf
                 where member_id = followed.member_id and state = 1 and changed_at <= $4
                   and (changed_at, 1::smallint, member_id, movie_id) < ($4, $5, $6, $7)
                 order by changed_at desc, movie_id desc limit $8) as act
         ) as acts
         order by acted_at desc, kind desc, member_id desc, movie_id desc limit $8",
    )
    .bind(showing(Section::Ratings))
    .bind(showing(Section::Comments))
    .bind(showing(Section::Shelf))
    .bind(after.acted_at)
    .bind(after.kind)
    .bind(after.member)
    .bind(after.movie)
    .bind(limit);
    Ok(rows.fetch_all(db).await?)
}
