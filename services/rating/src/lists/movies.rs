//! The movies of a list: coming, going, and the order they are in.

use chassis::cursor;
use matcha_protos::rating::v1::{
    AddListMovieRequest, AddListMovieResponse, GetListMoviesRequest, GetListMoviesResponse, OrderListMoviesRequest,
    OrderListMoviesResponse, RemoveListMovieRequest, RemoveListMovieResponse,
};
use messaging::postgres;
use sqlx::PgConnection;

use super::{LockedList, MOST_MOVIES, ensure_unique, lock_own, unknown_list};
use crate::{
    Service,
    error::Error,
    ids::{ListId, MemberId, MovieId},
    paging,
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
            let added = sqlx::query(
                "insert into list_movies (list_id, movie_id, position)
                 select $1, $2, coalesce(max(position), 0) + 1 from list_movies where list_id = $1
                 on conflict (list_id, movie_id) do nothing",
            )
            .bind(list)
            .bind(movie)
            .execute(&mut *tx)
            .await?;
            if added.rows_affected() == 0 {
                return Ok((locked.movie_count, locked.version));
            }
            if usize::try_from(locked.movie_count).is_ok_and(|count| count >= MOST_MOVIES) {
                return Err(Error::conflict(
                    "movie_ids",
                    format!("a list holds at most {MOST_MOVIES} movies"),
                ));
            }
            changed(tx, list, 1).await
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
            let removed = sqlx::query("delete from list_movies where list_id = $1 and movie_id = $2")
                .bind(list)
                .bind(movie)
                .execute(&mut *tx)
                .await?;
            if removed.rows_affected() == 0 {
                return Ok::<_, Error>((locked.movie_count, locked.version));
            }
            changed(tx, list, -1).await
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
            put_in_order(tx, list, &locked, seen, &wanted).await
        })
    })
    .await?;
    Ok(OrderListMoviesResponse { version })
}

async fn put_in_order(
    tx: &mut PgConnection,
    list: ListId,
    locked: &LockedList,
    seen: i64,
    wanted: &[MovieId],
) -> Result<i64, Error> {
    let now: Vec<MovieId> = sqlx::query_scalar("select movie_id from list_movies where list_id = $1 order by position")
        .bind(list)
        .fetch_all(&mut *tx)
        .await?;
    // The same request again, whose answer was lost.
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
    sqlx::query(
        "update list_movies set position = given.place::integer
         from unnest($2::uuid[]) with ordinality as given (movie_id, place)
         where list_id = $1 and list_movies.movie_id = given.movie_id",
    )
    .bind(list)
    .bind(wanted)
    .execute(&mut *tx)
    .await?;
    Ok(changed(tx, list, 0).await?.1)
}

/// Notes a change of the movies on the list, which is locked; answers how many there are and the new version.
async fn changed(tx: &mut PgConnection, list: ListId, difference: i32) -> Result<(i32, i64), Error> {
    let counted = sqlx::query_as(
        "update lists set movie_count = movie_count + $2, version = version + 1, changed_at = now()
         where id = $1 returning movie_count, version",
    )
    .bind(list)
    .bind(difference)
    .fetch_one(tx)
    .await?;
    Ok(counted)
}

/// Movies of a page: ids only, so there may be all of them.
fn limit(limit: i32) -> Result<i64, Error> {
    match usize::try_from(limit) {
        Ok(0) => Ok(20),
        Ok(1..=MOST_MOVIES) => Ok(limit.into()),
        _ => Err(paging::invalid_limit(MOST_MOVIES as i32, limit)),
    }
}

pub(crate) async fn get(
    service: &Service,
    viewer: Option<MemberId>,
    request: GetListMoviesRequest,
) -> Result<GetListMoviesResponse, Error> {
    let list = ListId::parse(&request.list_id)?;
    let limit = limit(request.limit)?;
    let page_of = ("movies of list", list.0);
    // The place of the last movie of the page before.
    let after: i32 = match request.cursor.as_str() {
        "" => 0,
        text => cursor::decode_for(&page_of, text)?,
    };
    // The version before the movies: a change between the two makes the version too old, and an order by it is refused.
    let seen: Option<(i32, i64)> =
        sqlx::query_as("select movie_count, version from lists where id = $1 and (is_public or member_id = $2)")
            .bind(list)
            .bind(viewer)
            .fetch_optional(&service.db)
            .await?;
    let (total, version) = seen.ok_or_else(|| unknown_list(list))?;
    let mut rows: Vec<(MovieId, i32)> = sqlx::query_as(
        "select movie_id, position from list_movies where list_id = $1 and position > $2 order by position limit $3",
    )
    .bind(list)
    .bind(after)
    .bind(limit + 1)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more);
    let next_cursor = next_cursor.map(|(_, position)| cursor::encode_for(&page_of, position));
    Ok(GetListMoviesResponse {
        movie_ids: rows.iter().map(|(movie, _)| movie.to_string()).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total: total.into(),
        version,
    })
}
