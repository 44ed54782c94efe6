//! Lists a member's ratings in three orders, and the set of all movies that a member has rated.

use matcha_protos::rating::v1::{ListRatedMoviesResponse, ListRatingsRequest, ListRatingsResponse, Rating, RatingSort};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Stars;
use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{MemberId, MovieId},
    paging::{self, BEGINNING_OF_TIME, END_OF_TIME, Page},
    timestamp::micros,
};

#[derive(Clone, Copy, Debug, Serialize)]
enum Sort {
    Newest,
    /// Among equal stars the newest first.
    StarsHigh,
    /// The same list read backwards: one index serves both.
    StarsLow,
}

impl Sort {
    fn parse(sort: i32) -> Result<Self, Error> {
        match RatingSort::try_from(sort) {
            Ok(RatingSort::Unspecified | RatingSort::Newest) => Ok(Self::Newest),
            Ok(RatingSort::StarsHigh) => Ok(Self::StarsHigh),
            Ok(RatingSort::StarsLow) => Ok(Self::StarsLow),
            Err(_) => Err(paging::invalid_sort()),
        }
    }
}

/// The last rating of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    stars: i16,
    #[serde(with = "paging::timestamp")]
    rated_at: OffsetDateTime,
    movie: Uuid,
}

impl Position {
    /// Before every rating in this order.
    fn start(sort: Sort) -> Self {
        let (stars, rated_at, movie) = match sort {
            Sort::Newest | Sort::StarsHigh => (i16::MAX, END_OF_TIME, Uuid::max()),
            Sort::StarsLow => (i16::MIN, BEGINNING_OF_TIME, Uuid::nil()),
        };
        Self { stars, rated_at, movie }
    }
}

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    request: ListRatingsRequest,
) -> Result<ListRatingsResponse, Error> {
    let sort = Sort::parse(request.sort)?;
    let only = request.stars.map(Stars::try_from).transpose()?;
    let page = Page::new(("ratings", member.0, sort, request.stars), request.limit)?;
    let after = page.after(&request.cursor, Position::start(sort))?;
    let mut rows = read(&service.db, member, sort, only, &after, page.rows_to_read()).await?;
    let next_cursor = page.truncate(&mut rows, |row| Position {
        stars: row.stars,
        rated_at: row.rated_at,
        movie: row.movie.0,
    });
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from ratings
           where member_id = $1 and stars is not null and ($2::smallint is null or stars = $2)"#,
        member as MemberId,
        only as Option<Stars>,
    )
    .fetch_one(&service.db)
    .await?;
    let ratings = rows.into_iter().map(|row| Rating {
        movie_id: row.movie.to_string(),
        stars: row.stars.into(),
        rated_at: row.rated_at.unix_timestamp(),
        rated_at_micros: micros(row.rated_at),
    });
    Ok(ListRatingsResponse {
        ratings: ratings.collect(),
        next_cursor,
        total,
    })
}

struct Row {
    movie: MovieId,
    stars: i16,
    rated_at: OffsetDateTime,
}

/// One statement per order, because an order by a parameter could use no index.
async fn read(
    db: &PgPool,
    member: MemberId,
    sort: Sort,
    only: Option<Stars>,
    after: &Position,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let rows = match sort {
        Sort::Newest => {
            sqlx::query_as!(
                Row,
                r#"select movie_id as "movie: MovieId", stars as "stars!", rated_at from ratings
                   where member_id = $1 and stars is not null and ($2::smallint is null or stars = $2)
                     and (rated_at, movie_id) < ($3, $4)
                   order by rated_at desc, movie_id desc limit $5"#,
                member as MemberId,
                only as Option<Stars>,
                after.rated_at,
                after.movie,
                limit,
            )
            .fetch_all(db)
            .await?
        }
        Sort::StarsHigh => {
            sqlx::query_as!(
                Row,
                r#"select movie_id as "movie: MovieId", stars as "stars!", rated_at from ratings
                   where member_id = $1 and stars is not null and ($2::smallint is null or stars = $2)
                     and (stars, rated_at, movie_id) < ($3, $4, $5)
                   order by stars desc, rated_at desc, movie_id desc limit $6"#,
                member as MemberId,
                only as Option<Stars>,
                after.stars,
                after.rated_at,
                after.movie,
                limit,
            )
            .fetch_all(db)
            .await?
        }
        Sort::StarsLow => {
            sqlx::query_as!(
                Row,
                r#"select movie_id as "movie: MovieId", stars as "stars!", rated_at from ratings
                   where member_id = $1 and stars is not null and ($2::smallint is null or stars = $2)
                     and (stars, rated_at, movie_id) > ($3, $4, $5)
                   order by stars, rated_at, movie_id limit $6"#,
                member as MemberId,
                only as Option<Stars>,
                after.stars,
                after.rated_at,
                after.movie,
                limit,
            )
            .fetch_all(db)
            .await?
        }
    };
    Ok(rows)
}

/// A larger set would cost more to send than it saves as a search filter.
const MAX_SET: usize = 20_000;

pub(crate) async fn all_movies(service: &Service, member: MemberId) -> Result<ListRatedMoviesResponse, Error> {
    let movies = sqlx::query_scalar!(
        r#"select movie_id as "movie: MovieId" from ratings where member_id = $1 and stars is not null limit $2"#,
        member as MemberId,
        MAX_SET as i64 + 1,
    )
    .fetch_all(&service.db)
    .await?;
    ensure_at_most("rated", movies.len(), MAX_SET)?;
    Ok(ListRatedMoviesResponse {
        movie_ids: movies.iter().map(ToString::to_string).collect(),
    })
}
