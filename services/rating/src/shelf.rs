//! The shelf: putting a movie on it in one state, taking it off, and listing it.
//!
//! Shelf writes are rare compared with ratings, so each has its own transaction; `ratings` batches concurrent writes.

pub(crate) mod rated;

use std::collections::HashMap;

use matcha_protos::{
    events::v1::ShelfChanged,
    rating::v1::{
        ClearShelfRequest, ClearShelfResponse, ListShelfRequest, ListShelfResponse, PutShelfRequest, PutShelfResponse,
        ShelfEntry, ShelfState,
    },
};
use messaging::{events::Event, outbox, postgres};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Service,
    error::Error,
    ids::{MemberId, MovieId},
    paging::{self, END_OF_TIME, Page},
    timestamp::micros,
};

/// The state of a movie on a shelf; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(crate) enum State {
    Wish = 1,
    Watching = 2,
    NotInterested = 3,
}

impl State {
    /// `None` if the request does not say.
    pub(crate) fn parse(state: i32) -> Result<Option<Self>, Error> {
        match ShelfState::try_from(state) {
            Ok(ShelfState::Unspecified) => Ok(None),
            Ok(ShelfState::Wish) => Ok(Some(Self::Wish)),
            Ok(ShelfState::Watching) => Ok(Some(Self::Watching)),
            Ok(ShelfState::NotInterested) => Ok(Some(Self::NotInterested)),
            Err(_) => Err(invalid_state()),
        }
    }

    /// The contract's number; `None` is UNSPECIFIED.
    pub(crate) fn number(state: Option<Self>) -> i32 {
        let state = match state {
            None => ShelfState::Unspecified,
            Some(Self::Wish) => ShelfState::Wish,
            Some(Self::Watching) => ShelfState::Watching,
            Some(Self::NotInterested) => ShelfState::NotInterested,
        };
        state.into()
    }

    /// The word that events use.
    fn word(state: Option<Self>) -> &'static str {
        match state {
            None => "",
            Some(Self::Wish) => "wish",
            Some(Self::Watching) => "watching",
            Some(Self::NotInterested) => "not_interested",
        }
    }
}

pub(crate) fn invalid_state() -> Error {
    Error::invalid("state", "there is no such shelf state")
}

pub(crate) async fn put(
    service: &Service,
    member: MemberId,
    request: PutShelfRequest,
) -> Result<PutShelfResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let state = State::parse(request.state)?.ok_or_else(invalid_state)?;
    service.movies.ensure_movies_exist(&[movie]).await?;
    let version = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let changed_at = OffsetDateTime::now_utc();
            let version = sqlx::query_scalar!(
                "insert into shelf (member_id, movie_id, state, version, changed_at) values ($1, $2, $3, 1, $4)
                 on conflict (member_id, movie_id) do update
                 set state = excluded.state, version = shelf.version + 1, changed_at = excluded.changed_at
                 where shelf.state is distinct from excluded.state
                 returning version",
                member as MemberId,
                movie as MovieId,
                state as State,
                changed_at,
            )
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(version) = version {
                push(tx, member, movie, Some(state), version, changed_at).await?;
                return Ok::<_, Error>(version);
            }
            // The movie was in that state already: no new version, no event.
            let version = sqlx::query_scalar!(
                "select version from shelf where member_id = $1 and movie_id = $2",
                member as MemberId,
                movie as MovieId,
            );
            Ok(version.fetch_one(tx).await?)
        })
    })
    .await?;
    service.nudge.nudge();
    Ok(PutShelfResponse { version })
}

pub(crate) async fn clear(
    service: &Service,
    member: MemberId,
    request: ClearShelfRequest,
) -> Result<ClearShelfResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let changed_at = OffsetDateTime::now_utc();
            let version = sqlx::query_scalar!(
                "update shelf set state = null, version = version + 1, changed_at = $3
                 where member_id = $1 and movie_id = $2 and state is not null returning version",
                member as MemberId,
                movie as MovieId,
                changed_at,
            )
            .fetch_optional(&mut *tx)
            .await?;
            if let Some(version) = version {
                push(tx, member, movie, None, version, changed_at).await?;
            }
            Ok::<_, Error>(())
        })
    })
    .await?;
    service.nudge.nudge();
    Ok(ClearShelfResponse {})
}

/// The state that a movie gets on the shelf, and since when; `None` takes it off.
pub(crate) struct Place {
    pub(crate) movie: MovieId,
    pub(crate) state: Option<State>,
    pub(crate) changed_at: OffsetDateTime,
}

/// Writes the states of many distinct movies; returns the new versions of those that changed.
pub(crate) async fn put_all(
    tx: &mut PgConnection,
    member: MemberId,
    places: &[Place],
) -> Result<HashMap<MovieId, i64>, Error> {
    let movies: Vec<MovieId> = places.iter().map(|place| place.movie).collect();
    let states: Vec<Option<State>> = places.iter().map(|place| place.state).collect();
    let times: Vec<OffsetDateTime> = places.iter().map(|place| place.changed_at).collect();
    // A removal must not insert a row for a movie that was never on the shelf. Rows are locked in the order of the key, as `rated`
    // locks them.
    let moved = sqlx::query!(
        r#"insert into shelf (member_id, movie_id, state, version, changed_at)
           select $1, movie_id, place.state, 1, place.changed_at
           from unnest($2::uuid[], $3::smallint[], $4::timestamptz[]) as place (movie_id, state, changed_at)
           where place.state is not null
              or exists (select from shelf as old where old.member_id = $1 and old.movie_id = place.movie_id)
           order by movie_id
           on conflict (member_id, movie_id) do update
           set state = excluded.state, version = shelf.version + 1, changed_at = excluded.changed_at
           where shelf.state is distinct from excluded.state
           returning movie_id as "movie: MovieId", version"#,
        member as MemberId,
        &movies as &[MovieId],
        &states as &[Option<State>],
        &times,
    )
    .fetch_all(&mut *tx)
    .await?;
    let moved: HashMap<MovieId, i64> = moved.into_iter().map(|row| (row.movie, row.version)).collect();
    let events = places.iter().filter_map(|place| {
        let version = *moved.get(&place.movie)?;
        Some(event(member, place.movie, place.state, version, place.changed_at))
    });
    outbox::push_all(tx, &events.collect::<Vec<_>>()).await?;
    Ok(moved)
}

async fn push(
    tx: &mut PgConnection,
    member: MemberId,
    movie: MovieId,
    state: Option<State>,
    version: i64,
    changed_at: OffsetDateTime,
) -> Result<(), Error> {
    Ok(outbox::push(tx, &event(member, movie, state, version, changed_at)).await?)
}

fn event(member: MemberId, movie: MovieId, state: Option<State>, version: i64, changed_at: OffsetDateTime) -> Event {
    let changed = ShelfChanged {
        member_id: member.to_string(),
        movie_id: movie.to_string(),
        state: State::word(state).to_owned(),
        version,
        changed_at: changed_at.unix_timestamp(),
    };
    Event::new("shelf.changed", format!("{member}/{movie}"), version, &changed)
}

/// The last entry of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    #[serde(with = "paging::timestamp")]
    changed_at: OffsetDateTime,
    movie: Uuid,
}

impl Position {
    const START: Self = Self {
        changed_at: END_OF_TIME,
        movie: Uuid::max(),
    };
}

/// 'Not interested' is private: other members may list only wish and watching.
pub(crate) fn ensure_listable_by_others(state: i32) -> Result<(), Error> {
    match State::parse(state)? {
        Some(State::Wish | State::Watching) => Ok(()),
        Some(State::NotInterested) | None => Err(Error::invalid(
            "state",
            "of another member's shelf, only wish or watching can be listed",
        )),
    }
}

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    request: ListShelfRequest,
) -> Result<ListShelfResponse, Error> {
    let state = State::parse(request.state)?;
    let page = Page::new(("shelf", member.0, request.state), request.limit)?;
    let after = page.after(&request.cursor, Position::START)?;
    let mut rows = sqlx::query!(
        r#"select movie_id as "movie: MovieId", state as "state: State", changed_at from shelf
           where member_id = $1 and state is not null and ($2::smallint is null or state = $2)
             and (changed_at, movie_id) < ($3, $4)
           order by changed_at desc, movie_id desc limit $5"#,
        member as MemberId,
        state as Option<State>,
        after.changed_at,
        after.movie,
        page.rows_to_read(),
    )
    .fetch_all(&service.db)
    .await?;
    let next_cursor = page.truncate(&mut rows, |row| Position {
        changed_at: row.changed_at,
        movie: row.movie.0,
    });
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from shelf
           where member_id = $1 and state is not null and ($2::smallint is null or state = $2)"#,
        member as MemberId,
        state as Option<State>,
    )
    .fetch_one(&service.db)
    .await?;
    let entries = rows.into_iter().map(|row| ShelfEntry {
        movie_id: row.movie.to_string(),
        state: State::number(row.state),
        changed_at: row.changed_at.unix_timestamp(),
        changed_at_micros: micros(row.changed_at),
    });
    Ok(ListShelfResponse {
        entries: entries.collect(),
        next_cursor,
        total,
    })
}
