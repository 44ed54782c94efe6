//! Lists page by page: a member's, those that contain a movie, and those a search finds.

use chassis::cursor;
use matcha_protos::rating::v1::{
    List, ListMemberListsRequest, ListMemberListsResponse, ListMovieListsRequest, ListMovieListsResponse,
    SearchListsRequest, SearchListsResponse,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Row, search_key, select_lists};
use crate::{
    Service,
    error::Error,
    ids::{MemberId, MovieId},
    paging::{self, END_OF_TIME},
};

/// Characters of a query.
const LONGEST_QUERY: usize = 200;

/// The last list of a page of a member's.
#[derive(Serialize, Deserialize)]
struct MemberPosition {
    #[serde(with = "paging::moment")]
    created_at: OffsetDateTime,
    id: Uuid,
}

/// All of them for the member, the public ones for everybody else.
pub(crate) async fn of_member(
    service: &Service,
    viewer: Option<MemberId>,
    member: MemberId,
    request: ListMemberListsRequest,
) -> Result<ListMemberListsResponse, Error> {
    let limit = paging::limit(request.limit)?;
    let contained = match request.contains_movie_id.as_str() {
        "" => None,
        movie => Some(MovieId::parse(movie)?),
    };
    let list = ("lists of member", member.0);
    let (before, id) = if request.cursor.is_empty() {
        (END_OF_TIME, Uuid::max())
    } else {
        let position: MemberPosition = cursor::decode_for(&list, &request.cursor)?;
        (position.created_at, position.id)
    };
    let mut rows: Vec<Row> = sqlx::query_as(select_lists!(
        "where list.member_id = $3 and (is_public or list.member_id = $1) and (created_at, list.id) < ($4, $5)
         order by created_at desc, list.id desc limit $6"
    ))
    .bind(viewer)
    .bind(contained)
    .bind(member)
    .bind(before)
    .bind(id)
    .bind(limit + 1)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let position = MemberPosition {
            created_at: row.created_at,
            id: row.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    let total: i64 =
        sqlx::query_scalar("select count(*) from lists where member_id = $1 and (is_public or member_id = $2)")
            .bind(member)
            .bind(viewer)
            .fetch_one(&service.db)
            .await?;
    Ok(ListMemberListsResponse {
        lists: rows.into_iter().map(List::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total,
    })
}

/// The last list of a page of those with a movie.
#[derive(Serialize, Deserialize)]
struct MoviePosition {
    like_count: i32,
    #[serde(with = "paging::moment")]
    created_at: OffsetDateTime,
    id: Uuid,
}

/// They are sorted when asked for: the likes are in another table than the movies.
pub(crate) async fn of_movie(
    service: &Service,
    viewer: Option<MemberId>,
    request: ListMovieListsRequest,
) -> Result<ListMovieListsResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let limit = paging::limit(request.limit)?;
    let list = ("lists with movie", movie.0);
    let after = if request.cursor.is_empty() {
        MoviePosition {
            like_count: i32::MAX,
            created_at: END_OF_TIME,
            id: Uuid::max(),
        }
    } else {
        cursor::decode_for(&list, &request.cursor)?
    };
    let mut rows: Vec<Row> = sqlx::query_as(select_lists!(
        "join list_movies as holding on holding.list_id = list.id
         where holding.movie_id = $2 and is_public and (like_count, created_at, list.id) < ($3, $4, $5)
         order by like_count desc, created_at desc, list.id desc limit $6"
    ))
    .bind(viewer)
    .bind(movie)
    .bind(after.like_count)
    .bind(after.created_at)
    .bind(after.id)
    .bind(limit + 1)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let position = MoviePosition {
            like_count: row.like_count,
            created_at: row.created_at,
            id: row.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    let total: i64 = sqlx::query_scalar(
        "select count(*) from list_movies join lists on lists.id = list_id where movie_id = $1 and is_public",
    )
    .bind(movie)
    .fetch_one(&service.db)
    .await?;
    Ok(ListMovieListsResponse {
        lists: rows.into_iter().map(List::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total,
    })
}

/// The last list of a page of found ones.
#[derive(Serialize, Deserialize)]
struct FoundPosition {
    rank: i32,
    like_count: i32,
    #[serde(with = "paging::moment")]
    created_at: OffsetDateTime,
    id: Uuid,
}

/// How well a title answers a query that it contains in either spelling; the statement below says the same.
fn rank(row: &Row, query: &str) -> i32 {
    let of = |spelling: &str| match spelling.strip_prefix(query) {
        Some("") => 2,
        Some(_) => 1,
        None => 0,
    };
    of(&row.key).max(of(&row.initials))
}

/// The pairs of letters find the candidates by index, the letters themselves decide.
pub(crate) async fn search(
    service: &Service,
    viewer: Option<MemberId>,
    request: SearchListsRequest,
) -> Result<SearchListsResponse, Error> {
    if request.query.chars().count() > LONGEST_QUERY {
        return Err(Error::invalid(
            "query",
            format!("a query has at most {LONGEST_QUERY} characters"),
        ));
    }
    let limit = paging::limit(request.limit)?;
    let query = search_key::search_key(&request.query);
    let list = ("lists found", &query);
    let after = if request.cursor.is_empty() {
        FoundPosition {
            rank: i32::MAX,
            like_count: i32::MAX,
            created_at: END_OF_TIME,
            id: Uuid::max(),
        }
    } else {
        cursor::decode_for(&list, &request.cursor)?
    };
    if query.is_empty() {
        return Ok(SearchListsResponse::default());
    }
    let mut rows: Vec<Row> = sqlx::query_as(select_lists!(
        "cross join lateral (select case when $3 in (key, initials) then 2
                                         when starts_with(key, $3) or starts_with(initials, $3) then 1
                                         else 0 end as rank) as ranked
         where is_public and grams @> $4 and (strpos(key, $3) > 0 or strpos(initials, $3) > 0)
           and (rank, like_count, created_at, list.id) < ($5, $6, $7, $8)
         order by rank desc, like_count desc, created_at desc, list.id desc limit $9"
    ))
    .bind(viewer)
    .bind(None::<MovieId>)
    .bind(&query)
    .bind(search_key::grams(&query))
    .bind(after.rank)
    .bind(after.like_count)
    .bind(after.created_at)
    .bind(after.id)
    .bind(limit + 1)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let position = FoundPosition {
            rank: rank(row, &query),
            like_count: row.like_count,
            created_at: row.created_at,
            id: row.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    Ok(SearchListsResponse {
        lists: rows.into_iter().map(List::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
    })
}
