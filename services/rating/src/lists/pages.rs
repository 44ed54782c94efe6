//! Pages of lists: a member's, those that contain a movie, and search results.

use matcha_protos::rating::v1::{
    List, ListMemberListsRequest, ListMemberListsResponse, ListMovieListsRequest, ListMovieListsResponse,
    SearchListsRequest, SearchListsResponse,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Row, query_lists, search_key};
use crate::{
    Service,
    error::Error,
    ids::{ListId, MemberId, MovieId},
    paging::{self, END_OF_TIME, Page},
};

const MAX_QUERY_CHARS: usize = 200;

/// The last list of a page of one member's lists.
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
}

/// All lists for the member, the public ones for everybody else.
pub(crate) async fn of_member(
    service: &Service,
    caller: Option<MemberId>,
    member: MemberId,
    request: ListMemberListsRequest,
) -> Result<ListMemberListsResponse, Error> {
    let contained = match request.contains_movie_id.as_str() {
        "" => None,
        movie => Some(MovieId::parse(movie)?),
    };
    let page = Page::new(("lists of member", member.0), request.limit)?;
    let after = page.after(&request.cursor, MemberPosition::START)?;
    let rows = query_lists!(
        "where list.member_id = $3 and (is_public or list.member_id = $1) and (created_at, list.id) < ($4, $5)
         order by created_at desc, list.id desc limit $6",
        caller as Option<MemberId>,
        contained as Option<MovieId>,
        member as MemberId,
        after.created_at,
        after.id,
        page.rows_to_read(),
    );
    let mut rows = rows.fetch_all(&service.db).await?;
    let next_cursor = page.truncate(&mut rows, |row| MemberPosition {
        created_at: row.created_at,
        id: row.id.0,
    });
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from lists where member_id = $1 and (is_public or member_id = $2)"#,
        member as MemberId,
        caller as Option<MemberId>,
    )
    .fetch_one(&service.db)
    .await?;
    Ok(ListMemberListsResponse {
        lists: rows.into_iter().map(List::from).collect(),
        next_cursor,
        total,
    })
}

/// The last list of a page of lists that contain a movie.
#[derive(Serialize, Deserialize)]
struct MoviePosition {
    like_count: i32,
    #[serde(with = "paging::timestamp")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl MoviePosition {
    const START: Self = Self {
        like_count: i32::MAX,
        created_at: END_OF_TIME,
        id: Uuid::max(),
    };
}

/// The public lists that contain a movie, most liked first. No index has this order, as likes are in another table than movies.
pub(crate) async fn of_movie(
    service: &Service,
    caller: Option<MemberId>,
    request: ListMovieListsRequest,
) -> Result<ListMovieListsResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let page = Page::new(("lists with movie", movie.0), request.limit)?;
    let after = page.after(&request.cursor, MoviePosition::START)?;
    let rows = query_lists!(
        "join list_movies as holding on holding.list_id = list.id
         where holding.movie_id = $2 and is_public and (like_count, created_at, list.id) < ($3, $4, $5)
         order by like_count desc, created_at desc, list.id desc limit $6",
        caller as Option<MemberId>,
        movie as MovieId,
        after.like_count,
        after.created_at,
        after.id,
        page.rows_to_read(),
    );
    let mut rows = rows.fetch_all(&service.db).await?;
    let next_cursor = page.truncate(&mut rows, |row| MoviePosition {
        like_count: row.like_count,
        created_at: row.created_at,
        id: row.id.0,
    });
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from list_movies join lists on lists.id = list_id where movie_id = $1 and is_public"#,
        movie as MovieId
    )
    .fetch_one(&service.db)
    .await?;
    Ok(ListMovieListsResponse {
        lists: rows.into_iter().map(List::from).collect(),
        next_cursor,
        total,
    })
}

/// The last list of a page of search results.
#[derive(Serialize, Deserialize)]
struct FoundPosition {
    rank: i32,
    like_count: i32,
    #[serde(with = "paging::timestamp")]
    created_at: OffsetDateTime,
    id: Uuid,
}

impl FoundPosition {
    const START: Self = Self {
        rank: i32::MAX,
        like_count: i32::MAX,
        created_at: END_OF_TIME,
        id: Uuid::max(),
    };
}

/// 2 if a key of the list equals the query, 1 if one begins with it, else 0; the statement below computes the same.
fn rank(row: &Row, query: &str) -> i32 {
    let of = |key: &str| match key.strip_prefix(query) {
        Some("") => 2,
        Some(_) => 1,
        None => 0,
    };
    of(&row.key).max(of(&row.initials))
}

/// The index of n-grams finds candidates; `strpos` then decides which of them contain the query.
pub(crate) async fn search(
    service: &Service,
    caller: Option<MemberId>,
    request: SearchListsRequest,
) -> Result<SearchListsResponse, Error> {
    if request.query.chars().count() > MAX_QUERY_CHARS {
        return Err(Error::invalid(
            "query",
            format!("a query has at most {MAX_QUERY_CHARS} characters"),
        ));
    }
    let query = search_key::search_key(&request.query);
    let page = Page::new(("lists found", &query), request.limit)?;
    let after = page.after(&request.cursor, FoundPosition::START)?;
    if query.is_empty() {
        return Ok(SearchListsResponse::default());
    }
    let rows = query_lists!(
        "cross join lateral (select case when $3 in (key, initials) then 2
                                         when starts_with(key, $3) or starts_with(initials, $3) then 1
                                         else 0 end as rank) as ranked
         where is_public and grams @> $4 and (strpos(key, $3) > 0 or strpos(initials, $3) > 0)
           and (rank, like_count, created_at, list.id) < ($5, $6, $7, $8)
         order by rank desc, like_count desc, created_at desc, list.id desc limit $9",
        caller as Option<MemberId>,
        None::<MovieId> as Option<MovieId>,
        query,
        &search_key::grams(&query),
        after.rank,
        after.like_count,
        after.created_at,
        after.id,
        page.rows_to_read(),
    );
    let mut rows = rows.fetch_all(&service.db).await?;
    let next_cursor = page.truncate(&mut rows, |row| FoundPosition {
        rank: rank(row, &query),
        like_count: row.like_count,
        created_at: row.created_at,
        id: row.id.0,
    });
    Ok(SearchListsResponse {
        lists: rows.into_iter().map(List::from).collect(),
        next_cursor,
    })
}
