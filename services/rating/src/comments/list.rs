//! Comments page by page: those on a movie in four orders, a member's own, and what others see of them.
//!
//! In the first order those by members whom the reader follows come before all others. These are two lists, one after the
//! other, each read by an index of its own: an order by a number that is different for each reader could use none.

use std::time::Duration;

use chassis::cursor;
use matcha_protos::rating::v1::{
    Comment, CommentSort, ListCommentsRequest, ListCommentsResponse, ListMemberCommentsRequest,
    ListMemberCommentsResponse, ListMyCommentsRequest, ListMyCommentsResponse,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Row, select_comments};
use crate::{
    Service,
    error::Error,
    ids::{MemberId, MovieId},
    paging::{self, END_OF_TIME},
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

    /// What comes first in this order, as a number that falls from the first comment to the last; equal ones go by time, the
    /// newest first.
    fn rank(self, row: &Row) -> i32 {
        match self {
            Self::Likes => row.like_count,
            Self::StarsHigh => row.stars.map_or(0, i32::from),
            Self::StarsLow => row.stars.map_or(-11, |stars| -i32::from(stars)),
            Self::Newest => 0,
        }
    }
}

/// Whose comments on a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum By {
    /// Members whom the reader follows; after them come the others.
    Followed,
    Others,
    /// The reader follows nobody, or nobody can say whom, or the order is another one.
    Everybody,
}

/// The last comment of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    by: By,
    rank: i32,
    #[serde(with = "paging::moment")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl Position {
    /// Reads a cursor of this list; nothing is before its first comment.
    fn parse(list: &impl Serialize, sort: Sort, cursor: &str) -> Result<Self, Error> {
        if !cursor.is_empty() {
            return Ok(cursor::decode_for(list, cursor)?);
        }
        Ok(Self::start_of(if sort == Sort::Likes {
            By::Followed
        } else {
            By::Everybody
        }))
    }

    /// Before the first comment by these members.
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
    viewer: Option<MemberId>,
    request: ListCommentsRequest,
) -> Result<ListCommentsResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let limit = paging::limit(request.limit)?;
    let sort = Sort::parse(request.sort)?;
    let list = ("comments on", movie.0, sort);
    let after = Position::parse(&list, sort, &request.cursor)?;
    let followed = followed(service, viewer, &after).await;
    let mut rows = followed_first(&service.db, viewer, (movie, sort), after, &followed, limit + 1).await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|(by, row)| {
        let position = Position {
            by: *by,
            rank: sort.rank(row),
            created_at: row.created_at,
            id: row.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    let total: Option<i64> = sqlx::query_scalar("select comment_count from comment_counts where movie_id = $1")
        .bind(movie)
        .fetch_optional(&service.db)
        .await?;
    Ok(ListCommentsResponse {
        comments: rows.into_iter().map(|(_, row)| row.into()).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total: total.unwrap_or(0),
    })
}

/// How long a page waits for its order. What is left of its deadline is for the comments.
const PATIENCE: Duration = Duration::from_millis(250);

/// Whom the reader follows, if the list goes by that. None at all when user cannot say: an order is no reason to show no comments.
async fn followed(service: &Service, viewer: Option<MemberId>, after: &Position) -> Vec<MemberId> {
    let (Some(viewer), By::Followed | By::Others) = (viewer, after.by) else {
        return Vec::new();
    };
    let error = match tokio::time::timeout(PATIENCE, service.access.followed(viewer)).await {
        Ok(Ok(followed)) => return followed.into_iter().map(|one| one.member).collect(),
        Ok(Err(error)) => chassis::error::chain(&error),
        Err(_) => "user takes too long".to_owned(),
    };
    metrics::counter!("comments_without_followed_total").increment(1);
    tracing::warn!(error, "comments in the order of likes alone");
    Vec::new()
}

/// A page of the comments by followed members, filled up with those by the others.
async fn followed_first(
    db: &PgPool,
    viewer: Option<MemberId>,
    list: (MovieId, Sort),
    mut after: Position,
    followed: &[MemberId],
    limit: i64,
) -> Result<Vec<(By, Row)>, Error> {
    // Where a later page learns nothing of whom the reader follows, it goes on in the order of likes: from the top, if the others
    // have not been shown. Some comments may come once more then, and none is left out.
    match after.by {
        By::Followed if followed.is_empty() => after = Position::start_of(By::Everybody),
        By::Others if followed.is_empty() => after.by = By::Everybody,
        _ => {}
    }
    let mut rows = Vec::new();
    loop {
        let missing = limit - rows.len() as i64;
        let part = page(db, viewer, list, &after, followed, missing).await?;
        let by = after.by;
        rows.extend(part.into_iter().map(|row| (by, row)));
        if by != By::Followed || rows.len() as i64 >= limit {
            return Ok(rows);
        }
        after = Position::start_of(By::Others);
    }
}

/// A statement for each order: a sort that is a parameter could use no index. By stars there is none to use, as the stars are
/// in another table; a page of the most talked-about movie then sorts some thousand rows.
async fn page(
    db: &PgPool,
    viewer: Option<MemberId>,
    (movie, sort): (MovieId, Sort),
    after: &Position,
    followed: &[MemberId],
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let statement = match sort {
        // By the members' own index: they are few, and have one comment on the movie at most.
        Sort::Likes if after.by == By::Followed => select_comments!(
            "where comment.movie_id = $2 and state = 2 and (like_count, created_at, comment.id) < ($3, $4, $5)
               and comment.member_id = any($7)
             order by like_count desc, created_at desc, comment.id desc limit $6"
        ),
        Sort::Likes => select_comments!(
            "where comment.movie_id = $2 and state = 2 and (like_count, created_at, comment.id) < ($3, $4, $5)
               and comment.member_id <> all($7)
             order by like_count desc, created_at desc, comment.id desc limit $6"
        ),
        Sort::StarsHigh => select_comments!(
            "where comment.movie_id = $2 and state = 2
               and (coalesce(stars, 0)::integer, created_at, comment.id) < ($3, $4, $5)
             order by coalesce(stars, 0) desc, created_at desc, comment.id desc limit $6"
        ),
        Sort::StarsLow => select_comments!(
            "where comment.movie_id = $2 and state = 2
               and (coalesce(-stars, -11)::integer, created_at, comment.id) < ($3, $4, $5)
             order by coalesce(-stars, -11) desc, created_at desc, comment.id desc limit $6"
        ),
        Sort::Newest => select_comments!(
            "where comment.movie_id = $2 and state = 2 and $3::integer is not null
               and (created_at, comment.id) < ($4, $5)
             order by created_at desc, comment.id desc limit $6"
        ),
    };
    let rows = sqlx::query_as(statement)
        .bind(viewer)
        .bind(movie)
        .bind(after.rank)
        .bind(after.created_at)
        .bind(after.id)
        .bind(limit);
    let rows = match sort {
        Sort::Likes => rows.bind(followed),
        Sort::StarsHigh | Sort::StarsLow | Sort::Newest => rows,
    };
    Ok(rows.fetch_all(db).await?)
}

/// The last comment of a page of a member's.
#[derive(Serialize, Deserialize)]
struct Moment {
    #[serde(with = "paging::moment")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl Moment {
    fn after(list: &impl Serialize, cursor: &str) -> Result<Self, Error> {
        if cursor.is_empty() {
            return Ok(Self {
                created_at: END_OF_TIME,
                id: Uuid::max(),
            });
        }
        Ok(cursor::decode_for(list, cursor)?)
    }

    /// The cursor of what comes after this comment.
    fn cursor(list: &impl Serialize, row: &Row) -> String {
        let position = Self {
            created_at: row.created_at,
            id: row.id.0,
        };
        cursor::encode_for(list, &position)
    }
}

pub(crate) async fn of_member(
    service: &Service,
    member: MemberId,
    request: ListMyCommentsRequest,
) -> Result<ListMyCommentsResponse, Error> {
    let limit = paging::limit(request.limit)?;
    let list = ("my comments", member.0);
    let after = Moment::after(&list, &request.cursor)?;
    let mut rows: Vec<Row> = sqlx::query_as(select_comments!(
        "where comment.member_id = $1 and (created_at, comment.id) < ($2, $3)
         order by created_at desc, comment.id desc limit $4"
    ))
    .bind(member)
    .bind(after.created_at)
    .bind(after.id)
    .bind(limit + 1)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| Moment::cursor(&list, row));
    let total: i64 = sqlx::query_scalar("select count(*) from comments where member_id = $1")
        .bind(member)
        .fetch_one(&service.db)
        .await?;
    Ok(ListMyCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total,
    })
}

/// A member's public comments, as the viewer sees them.
pub(crate) async fn of_other(
    service: &Service,
    viewer: Option<MemberId>,
    member: MemberId,
    request: ListMemberCommentsRequest,
) -> Result<ListMemberCommentsResponse, Error> {
    let limit = paging::limit(request.limit)?;
    let list = ("comments by", member.0);
    let after = Moment::after(&list, &request.cursor)?;
    let mut rows: Vec<Row> = sqlx::query_as(select_comments!(
        "where comment.member_id = $2 and state = 2 and (created_at, comment.id) < ($3, $4)
         order by created_at desc, comment.id desc limit $5"
    ))
    .bind(viewer)
    .bind(member)
    .bind(after.created_at)
    .bind(after.id)
    .bind(limit + 1)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| Moment::cursor(&list, row));
    let total: i64 = sqlx::query_scalar("select count(*) from comments where member_id = $1 and state = 2")
        .bind(member)
        .fetch_one(&service.db)
        .await?;
    Ok(ListMemberCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total,
    })
}
