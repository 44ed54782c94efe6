//! Lists of comments: those on a movie in four orders, a member's own, and a member's public ones.
//!
//! In the order by likes, comments by members whom the caller follows come first. These are two lists, one after the other, each
//! read by an index: an order by "is followed" differs for each caller and could use none.

use std::time::Duration;

use matcha_protos::rating::v1::{
    Comment, CommentSort, ListCommentsRequest, ListCommentsResponse, ListMemberCommentsRequest,
    ListMemberCommentsResponse, ListMyCommentsRequest, ListMyCommentsResponse,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{CommentId, Reason, Row, State, query_comments};
use crate::{
    Service,
    error::Error,
    ids::{MemberId, MovieId},
    paging::{self, END_OF_TIME, Page},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Sort {
    Likes,
    StarsHigh,
    StarsLow,
    Newest,
}

impl Sort {
    fn parse(sort: i32) -> Result<Self, Error> {
        match CommentSort::try_from(sort) {
            Ok(CommentSort::Unspecified | CommentSort::Likes) => Ok(Self::Likes),
            Ok(CommentSort::StarsHigh) => Ok(Self::StarsHigh),
            Ok(CommentSort::StarsLow) => Ok(Self::StarsLow),
            Ok(CommentSort::Newest) => Ok(Self::Newest),
            Err(_) => Err(paging::invalid_sort()),
        }
    }

    /// The first sort key as a number that falls along the list; comments of equal rank are sorted by time, newest first.
    fn rank(self, row: &Row) -> i32 {
        match self {
            Self::Likes => row.like_count,
            Self::StarsHigh => row.stars.map_or(0, i32::from),
            Self::StarsLow => row.stars.map_or(-11, |stars| -i32::from(stars)),
            Self::Newest => 0,
        }
    }
}

/// The authors of a part of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum By {
    /// Members whom the caller follows; their part comes first.
    Followed,
    Others,
    /// A list of one part: the caller follows no members, user did not answer, or the order is not by likes.
    Everybody,
}

/// The last comment of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    by: By,
    rank: i32,
    #[serde(with = "paging::timestamp")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl Position {
    /// Where a list in this order starts.
    fn start(sort: Sort) -> Self {
        Self::start_of(if sort == Sort::Likes {
            By::Followed
        } else {
            By::Everybody
        })
    }

    /// Before the first comment of this part.
    fn start_of(by: By) -> Self {
        Self {
            by,
            rank: i32::MAX,
            created_at: END_OF_TIME,
            id: Uuid::max(),
        }
    }
}

pub(crate) async fn of_movie(
    service: &Service,
    caller: Option<MemberId>,
    request: ListCommentsRequest,
) -> Result<ListCommentsResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let sort = Sort::parse(request.sort)?;
    let page = Page::new(("comments on", movie.0, sort), request.limit)?;
    let after: Position = page.after(&request.cursor, Position::start(sort))?;
    let followed = followed(service, caller, &after).await;
    let limit = page.rows_to_read();
    let mut rows = read_followed_first(&service.db, caller, (movie, sort), after, &followed, limit).await?;
    let next_cursor = page.truncate(&mut rows, |(by, row)| Position {
        by: *by,
        rank: sort.rank(row),
        created_at: row.created_at,
        id: row.id.0,
    });
    let total = sqlx::query_scalar!(
        "select comment_count from comment_counts where movie_id = $1",
        movie as MovieId
    )
    .fetch_optional(&service.db)
    .await?;
    Ok(ListCommentsResponse {
        comments: rows.into_iter().map(|(_, row)| row.into()).collect(),
        next_cursor,
        total: total.unwrap_or(0),
    })
}

/// The wait for the followed members is short: the rest of the deadline is for reading the comments.
const FOLLOWED_TIMEOUT: Duration = Duration::from_millis(250);

/// The members whom the caller follows, if the order depends on them. Empty if user does not answer: the comments then come in
/// the order of likes alone.
async fn followed(service: &Service, caller: Option<MemberId>, after: &Position) -> Vec<MemberId> {
    let (Some(caller), By::Followed | By::Others) = (caller, after.by) else {
        return Vec::new();
    };
    let error = match tokio::time::timeout(FOLLOWED_TIMEOUT, service.access.followed(caller)).await {
        Ok(Ok(followed)) => return followed.into_iter().map(|one| one.member).collect(),
        Ok(Err(error)) => chassis::error::chain(&error),
        Err(_) => "user takes too long".to_owned(),
    };
    metrics::counter!("comments_without_followed_total").increment(1);
    tracing::warn!(error, "comments in the order of likes alone");
    Vec::new()
}

/// Reads a page of the comments by followed members, filled up with those by others.
async fn read_followed_first(
    db: &PgPool,
    caller: Option<MemberId>,
    list: (MovieId, Sort),
    mut after: Position,
    followed: &[MemberId],
    limit: i64,
) -> Result<Vec<(By, Row)>, Error> {
    // If it is no longer known whom the caller follows, the list continues in the order of likes alone, from the top if the second
    // part had not begun. Some comments may then come twice, but none is missing.
    match after.by {
        By::Followed if followed.is_empty() => after = Position::start_of(By::Everybody),
        By::Others if followed.is_empty() => after.by = By::Everybody,
        _ => {}
    }
    let mut rows = Vec::new();
    loop {
        let missing = limit - rows.len() as i64;
        let part = read(db, caller, list, &after, followed, missing).await?;
        let by = after.by;
        rows.extend(part.into_iter().map(|row| (by, row)));
        if by != By::Followed || rows.len() as i64 >= limit {
            return Ok(rows);
        }
        after = Position::start_of(By::Others);
    }
}

/// One statement per order, because an order by a parameter could use no index. The orders by stars have no index at all, as the
/// stars are in another table: a page of a movie with very many comments sorts some thousand rows.
async fn read(
    db: &PgPool,
    caller: Option<MemberId>,
    (movie, sort): (MovieId, Sort),
    after: &Position,
    followed: &[MemberId],
    limit: i64,
) -> Result<Vec<Row>, Error> {
    macro_rules! page {
        ($which:literal $(, $argument:expr)*) => {
            query_comments!(
                $which,
                caller as Option<MemberId>,
                movie as MovieId,
                after.created_at,
                after.id,
                limit
                $(, $argument)*
            )
            .fetch_all(db)
            .await?
        };
    }
    let rows = match sort {
        // Reads the index of comments by member: the followed have at most one comment each on the movie.
        Sort::Likes if after.by == By::Followed => page!(
            "where comment.movie_id = $2 and state = 2 and (like_count, created_at, comment.id) < ($6, $3, $4)
               and comment.member_id = any($7)
             order by like_count desc, created_at desc, comment.id desc limit $5",
            after.rank,
            followed as &[MemberId]
        ),
        Sort::Likes => page!(
            "where comment.movie_id = $2 and state = 2 and (like_count, created_at, comment.id) < ($6, $3, $4)
               and comment.member_id <> all($7)
             order by like_count desc, created_at desc, comment.id desc limit $5",
            after.rank,
            followed as &[MemberId]
        ),
        Sort::StarsHigh => page!(
            "where comment.movie_id = $2 and state = 2
               and (coalesce(stars, 0)::integer, created_at, comment.id) < ($6, $3, $4)
             order by coalesce(stars, 0) desc, created_at desc, comment.id desc limit $5",
            after.rank
        ),
        Sort::StarsLow => page!(
            "where comment.movie_id = $2 and state = 2
               and (coalesce(-stars, -11)::integer, created_at, comment.id) < ($6, $3, $4)
             order by coalesce(-stars, -11) desc, created_at desc, comment.id desc limit $5",
            after.rank
        ),
        Sort::Newest => page!(
            "where comment.movie_id = $2 and state = 2 and (created_at, comment.id) < ($3, $4)
             order by created_at desc, comment.id desc limit $5"
        ),
    };
    Ok(rows)
}

/// The last comment of a page of one member's comments.
#[derive(Serialize, Deserialize)]
struct MemberPosition {
    #[serde(with = "paging::timestamp")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl MemberPosition {
    const START: Self = Self {
        created_at: END_OF_TIME,
        id: Uuid::max(),
    };

    fn of(row: &Row) -> Self {
        Self {
            created_at: row.created_at,
            id: row.id.0,
        }
    }
}

pub(crate) async fn of_member(
    service: &Service,
    member: MemberId,
    request: ListMyCommentsRequest,
) -> Result<ListMyCommentsResponse, Error> {
    let page = Page::new(("my comments", member.0), request.limit)?;
    let after = page.after(&request.cursor, MemberPosition::START)?;
    let rows = query_comments!(
        "where comment.member_id = $1 and (created_at, comment.id) < ($2, $3)
         order by created_at desc, comment.id desc limit $4",
        member as MemberId,
        after.created_at,
        after.id,
        page.rows_to_read(),
    );
    let mut rows = rows.fetch_all(&service.db).await?;
    let next_cursor = page.truncate(&mut rows, MemberPosition::of);
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from comments where member_id = $1"#,
        member as MemberId
    )
    .fetch_one(&service.db)
    .await?;
    Ok(ListMyCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
        next_cursor,
        total,
    })
}

/// A member's public comments, as the caller sees them.
pub(crate) async fn of_other(
    service: &Service,
    caller: Option<MemberId>,
    member: MemberId,
    request: ListMemberCommentsRequest,
) -> Result<ListMemberCommentsResponse, Error> {
    let page = Page::new(("comments by", member.0), request.limit)?;
    let after = page.after(&request.cursor, MemberPosition::START)?;
    let rows = query_comments!(
        "where comment.member_id = $2 and state = 2 and (created_at, comment.id) < ($3, $4)
         order by created_at desc, comment.id desc limit $5",
        caller as Option<MemberId>,
        member as MemberId,
        after.created_at,
        after.id,
        page.rows_to_read(),
    );
    let mut rows = rows.fetch_all(&service.db).await?;
    let next_cursor = page.truncate(&mut rows, MemberPosition::of);
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from comments where member_id = $1 and state = 2"#,
        member as MemberId
    )
    .fetch_one(&service.db)
    .await?;
    Ok(ListMemberCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
        next_cursor,
        total,
    })
}
