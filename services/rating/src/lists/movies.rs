//! The movies of a list: adding, removing, ordering, reading.

use matcha_protos::rating::v1::{
    AddListMovieRequest, AddListMovieResponse, GetListMoviesRequest, GetListMoviesResponse, OrderListMoviesRequest,
    OrderListMoviesResponse, RemoveListMovieRequest, RemoveListMovieResponse,
};
use messaging::postgres;
use sqlx::PgConnection;

use super::{LockedList, MAX_MOVIES, ensure_unique, lock_own, unknown_list};
use crate::{
    Service,
    error::Error,
    ids::{ListId, MemberId, MovieId},
    paging::Page,
};

pub(crate) async fn add(
    service: &Service,
    member: MemberId,
    request: AddListMovieRequest,
) -> Result<AddListMovieResponse, Error> {
    let (list, movie) = (ListId::parse(&request.list_id)?, MovieId::parse(&request.movie_id)?);
    service.movies.ensure_movies_exist(&[movie]).await?;
    let (movie_count, version) = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let locked = lock_own(tx, member, list).await?;
            let added = sqlx::query!(
                "insert into list_movies (list_id, movie_id, position)
                 select $1, $2, coalesce(max(position), 0) + 1 from list_movies where list_id = $1
                 on conflict (list_id, movie_id) do nothing",
                list as ListId,
                movie as MovieId,
            )
            .execute(&mut *tx)
            .await?;
            if added.rows_affected() == 0 {
                return Ok((locked.movie_count, locked.version));
            }
            // Checked after the insert, so that a repeated request succeeds at the limit. The error rolls the insert back.
            if usize::try_from(locked.movie_count).is_ok_and(|count| count >= MAX_MOVIES) {
                return Err(Error::conflict(
                    "movie_ids",
                    format!("a list holds at most {MAX_MOVIES} movies"),
                ));
            }
            record_change(tx, list, 1).await
        })
    })
    .await?;
    Ok(AddListMovieResponse {
        movie_count: movie_count.into(),
        version,
    })
}

pub(crate) async fn remove(
    service: &Service,
    member: MemberId,
    request: RemoveListMovieRequest,
) -> Result<RemoveListMovieResponse, Error> {
    let (list, movie) = (ListId::parse(&request.list_id)?, MovieId::parse(&request.movie_id)?);
    let (movie_count, version) = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let locked = lock_own(tx, member, list).await?;
            let removed = sqlx::query!(
                "delete from list_movies where list_id = $1 and movie_id = $2",
                list as ListId,
                movie as MovieId,
            )
            .execute(&mut *tx)
            .await?;
            if removed.rows_affected() == 0 {
                return Ok::<_, Error>((locked.movie_count, locked.version));
            }
            record_change(tx, list, -1).await
        })
    })
    .await?;
    Ok(RemoveListMovieResponse {
        movie_count: movie_count.into(),
        version,
    })
}

pub(crate) async fn order(
    service: &Service,
    member: MemberId,
    request: OrderListMoviesRequest,
) -> Result<OrderListMoviesResponse, Error> {
    let list = ListId::parse(&request.list_id)?;
    let wanted = MovieId::parse_all(&request.movie_ids)?;
    ensure_unique(&wanted)?;
    let seen = request.version;
    let version = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let locked = lock_own(tx, member, list).await?;
            write_order(tx, list, &locked, seen, &wanted).await
        })
    })
    .await?;
    Ok(OrderListMoviesResponse { version })
}

async fn write_order(
    tx: &mut PgConnection,
    list: ListId,
    locked: &LockedList,
    seen: i64,
    wanted: &[MovieId],
) -> Result<i64, Error> {
    let now = sqlx::query_scalar!(
        r#"select movie_id as "movie: MovieId" from list_movies where list_id = $1 order by position"#,
        list as ListId
    )
    .fetch_all(&mut *tx)
    .await?;
    // A repeated request finds the order written.
    if now == wanted {
        return Ok(locked.version);
    }
    if locked.version != seen {
        return Err(Error::conflict(
            "version",
            "the list has changed since that version; read it again",
        ));
    }
    let sorted = |movies: &[MovieId]| {
        let mut movies = movies.to_vec();
        movies.sort_unstable();
        movies
    };
    if sorted(&now) != sorted(wanted) {
        return Err(Error::invalid(
            "movie_ids",
            "an order names every movie of the list once",
        ));
    }
    sqlx::query!(
        "update list_movies set position = given.place::integer
         from unnest($2::uuid[]) with ordinality as given (movie_id, place)
         where list_id = $1 and list_movies.movie_id = given.movie_id",
        list as ListId,
        wanted as &[MovieId],
    )
    .execute(&mut *tx)
    .await?;
    Ok(record_change(tx, list, 0).await?.1)
}

/// Updates the locked list after a change of its movies; returns its movie count and new version.
async fn record_change(tx: &mut PgConnection, list: ListId, difference: i32) -> Result<(i32, i64), Error> {
    let updated = sqlx::query!(
        "update lists set movie_count = movie_count + $2, version = version + 1, changed_at = now()
         where id = $1 returning movie_count, version",
        list as ListId,
        difference,
    )
    .fetch_one(tx)
    .await?;
    Ok((updated.movie_count, updated.version))
}

pub(crate) async fn get(
    service: &Service,
    caller: Option<MemberId>,
    request: GetListMoviesRequest,
) -> Result<GetListMoviesResponse, Error> {
    let list = ListId::parse(&request.list_id)?;
    // The response has only ids, so a page may hold the whole list.
    let page = Page::with_max_limit(MAX_MOVIES as i32, ("movies of list", list.0), request.limit)?;
    let after: i32 = page.after(&request.cursor, 0)?;
    // Read before the movies: after a change between the two reads the version is too old, and an order by it is refused.
    let seen = sqlx::query!(
        "select movie_count, version from lists where id = $1 and (is_public or member_id = $2)",
        list as ListId,
        caller as Option<MemberId>,
    )
    .fetch_optional(&service.db)
    .await?;
    let seen = seen.ok_or_else(unknown_list)?;
    let mut rows = sqlx::query!(
        r#"select movie_id as "movie: MovieId", position from list_movies
           where list_id = $1 and position > $2 order by position limit $3"#,
        list as ListId,
        after,
        page.rows_to_read(),
    )
    .fetch_all(&service.db)
    .await?;
    let next_cursor = page.truncate(&mut rows, |row| row.position);
    Ok(GetListMoviesResponse {
        movie_ids: rows.iter().map(|row| row.movie.to_string()).collect(),
        next_cursor,
        total: seen.movie_count.into(),
        version: seen.version,
    })
}
