//! Comments page by page: those on a movie in four orders, a member's own, and what others see of them.

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

#[derive(Clone, Copy, Debug, Serialize)]
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
            Err(_) => Err(Error::Sort),
        }
    }

    /// What comes first in this order, as a number that falls from the first comment to the last; equal ones go by time, the
    /// newest first. Whom the reader follows would come before all of them, as another number in front.
    fn rank(self, row: &Row) -> i32 {
        match self {
            Self::Likes => row.like_count,
            Self::StarsHigh => row.stars.map_or(0, i32::from),
            Self::StarsLow => row.stars.map_or(-11, |stars| -i32::from(stars)),
            Self::Newest => 0,
        }
    }
}

/// The last comment of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    rank: i32,
    #[serde(with = "paging::moment")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl Position {
    /// Before the first comment of the list.
    fn start() -> Self {
        Self {
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
    let after = match request.cursor.as_str() {
        "" => Position::start(),
        text => cursor::decode_for(&list, text)?,
    };
    let mut rows = page(&service.db, viewer, movie, sort, &after, limit + 1).await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let position = Position {
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
        comments: rows.into_iter().map(Comment::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total: total.unwrap_or(0),
    })
}

/// A statement for each order: a sort that is a parameter could use no index. By stars there is none to use, as the stars are
/// in another table; a page of the most talked-about movie then sorts some thousand rows.
async fn page(
    db: &PgPool,
    viewer: Option<MemberId>,
    movie: MovieId,
    sort: Sort,
    after: &Position,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let statement = match sort {
        Sort::Likes => select_comments!(
            "where comment.movie_id = $2 and state = 2 and (like_count, created_at, comment.id) < ($3, $4, $5)
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
