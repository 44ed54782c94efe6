//! Watches, the diary: logging the day a movie was seen, changing and deleting that, and reading it page by page. `imported`
//! brings those of a community, and `door` is the gRPC side.
//!
//! A watch says nothing that another service keeps, so there is no event. A day counts wherever it has begun: the members'
//! today is not ours.

pub(crate) mod bulk_import;
pub(crate) mod tag_list;

use chassis::{cursor, line::shows_what_it_says};
use matcha_protos::rating::v1::{
    self as proto, CountWatchesRequest, CountWatchesResponse, DeleteWatchRequest, DeleteWatchResponse,
    ListWatchesRequest, ListWatchesResponse, PutWatchRequest, PutWatchResponse, WatchCount,
};
use messaging::postgres::{self, broken_constraint};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::{
    Date, Duration, OffsetDateTime,
    macros::{date, format_description},
};
use uuid::Uuid;

use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{ImportId, MemberId, MovieId, WatchId},
    paging,
};

/// The year of the oldest film there is.
const FIRST_DAY: Date = date!(1888 - 01 - 01);
/// How far the calendar that is furthest ahead, in Kiribati, is ahead of UTC.
const FURTHEST_AHEAD: Duration = Duration::hours(14);
/// Of one member: a film a day for fifty years.
pub(crate) const MOST_WATCHES: i64 = 20_000;
const MOST_TAGS: usize = 10;
const LONGEST_TAG: usize = 40;
/// Where a watch without a day stands in the order, as the index has it.
const NO_DAY: Date = date!(0001 - 01 - 01);

/// Why a text is no day on which a movie can have been watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDay {
    #[error("the day is not written YYYY-MM-DD, or is before 1888-01-01")]
    Unreadable,
    #[error("the day has not begun in any time zone")]
    Future,
}

impl From<InvalidDay> for Error {
    fn from(invalid: InvalidDay) -> Self {
        Self::invalid("watched_on", invalid.to_string())
    }
}

/// Reads `watched_on` of a request; empty means that the day is not known.
pub(crate) fn parse_day(text: &str) -> Result<Option<Date>, InvalidDay> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    // Years of other lengths are years to the parser.
    let day = day.filter(|day| text.len() == 10 && *day >= FIRST_DAY);
    let day = day.ok_or(InvalidDay::Unreadable)?;
    let last = (OffsetDateTime::now_utc() + FURTHEST_AHEAD).date();
    if day > last {
        return Err(InvalidDay::Future);
    }
    Ok(Some(day))
}

/// A day as messages have it.
pub(crate) fn written(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// A tag as it is kept. A comma would be two tags in a file.
fn tag<'a>(field: &'static str, given: &'a str) -> Result<&'a str, Error> {
    let tag = given.trim();
    let is_one = tag.chars().count() <= LONGEST_TAG && !tag.contains(',') && shows_what_it_says(tag);
    is_one.then_some(tag).ok_or_else(|| {
        let message = format!("a tag has 1 to {LONGEST_TAG} characters, all visible and none of them a comma");
        Error::invalid(field, message)
    })
}

/// Tags as they are kept.
pub(crate) fn tags(given: Vec<String>) -> Result<Vec<String>, Error> {
    let mut tags: Vec<String> = Vec::new();
    for one in given {
        let tag = tag("tags", &one)?;
        if tags.iter().all(|other| other.to_lowercase() != tag.to_lowercase()) {
            tags.push(tag.to_owned());
        }
    }
    ensure_at_most("tags", tags.len(), MOST_TAGS)?;
    Ok(tags)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: WatchId,
    movie_id: MovieId,
    watched_on: Option<Date>,
    rewatch: bool,
    tags: Vec<String>,
}

impl From<Row> for proto::Watch {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.0.to_string(),
            movie_id: row.movie_id.to_string(),
            watched_on: written(row.watched_on),
            rewatch: row.rewatch,
            tags: row.tags,
        }
    }
}

impl TryFrom<proto::Watch> for Row {
    type Error = Error;

    fn try_from(watch: proto::Watch) -> Result<Self, Error> {
        Ok(Self {
            id: WatchId::parse(&watch.id)?,
            movie_id: MovieId::parse(&watch.movie_id)?,
            watched_on: parse_day(&watch.watched_on)?,
            rewatch: watch.rewatch,
            tags: tags(watch.tags)?,
        })
    }
}

/// One who writes in this diary at a time: what was counted and compared stays true until the end of the transaction.
pub(crate) async fn lock(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('watches ' || $1::text, 0))")
        .bind(member)
        .execute(tx)
        .await?;
    Ok(())
}

/// How many more watches the member may have. After `lock`.
pub(crate) async fn room(tx: &mut PgConnection, member: MemberId) -> Result<i64, Error> {
    let count: i64 = sqlx::query_scalar("select count(*) from watches where member_id = $1")
        .bind(member)
        .fetch_one(tx)
        .await?;
    Ok((MOST_WATCHES - count).max(0))
}

pub(crate) async fn put(
    service: &Service,
    member: MemberId,
    request: PutWatchRequest,
) -> Result<PutWatchResponse, Error> {
    let watch = Row::try_from(request.watch.unwrap_or_default())?;
    service.movies.ensure_movies_exist(&[watch.movie_id]).await?;
    let kept = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            lock(tx, member).await?;
            match owner(tx, watch.id).await? {
                None => log(tx, member, &watch).await?,
                Some(was) if was.member_id != member => return Err(watch_id_taken(watch.id)),
                Some(was) => change(tx, &was, &watch).await?,
            }
            Ok(watch)
        })
    })
    .await?;
    Ok(PutWatchResponse {
        watch: Some(kept.into()),
    })
}

/// Of the watch that has the id already.
#[derive(sqlx::FromRow)]
struct Before {
    member_id: MemberId,
    movie_id: MovieId,
    watched_on: Option<Date>,
}

async fn owner(tx: &mut PgConnection, id: WatchId) -> Result<Option<Before>, Error> {
    let before = sqlx::query_as("select member_id, movie_id, watched_on from watches where id = $1 for update");
    Ok(before.bind(id).fetch_optional(tx).await?)
}

async fn log(tx: &mut PgConnection, member: MemberId, watch: &Row) -> Result<(), Error> {
    if watch.watched_on.is_none() {
        return Err(InvalidDay::Unreadable.into());
    }
    if room(tx, member).await? == 0 {
        return Err(too_many_watches());
    }
    sqlx::query(
        "insert into watches (id, member_id, movie_id, watched_on, rewatch, tags, version)
         values ($1, $2, $3, $4, $5, $6, 1)",
    )
    .bind(watch.id)
    .bind(member)
    .bind(watch.movie_id)
    .bind(watch.watched_on)
    .bind(watch.rewatch)
    .bind(&watch.tags)
    .execute(tx)
    .await
    .map_err(|error| map_constraint(error, watch))?;
    Ok(())
}

/// The same again is no change, and no new version.
async fn change(tx: &mut PgConnection, was: &Before, watch: &Row) -> Result<(), Error> {
    if was.movie_id != watch.movie_id {
        return Err(watch_id_taken(watch.id));
    }
    if was.watched_on.is_some() && watch.watched_on.is_none() {
        return Err(InvalidDay::Unreadable.into());
    }
    sqlx::query(
        "update watches set watched_on = $2, rewatch = $3, tags = $4, version = version + 1
         where id = $1 and (watched_on, rewatch, tags) is distinct from ($2, $3, $4)",
    )
    .bind(watch.id)
    .bind(watch.watched_on)
    .bind(watch.rewatch)
    .bind(&watch.tags)
    .execute(tx)
    .await
    .map_err(|error| map_constraint(error, watch))?;
    Ok(())
}

fn map_constraint(error: sqlx::Error, watch: &Row) -> Error {
    match broken_constraint(&error) {
        Some("watches_by_movie") => Error::conflict("watched_on", "the diary has this movie on that day already"),
        // Two members generated one id at the same moment.
        Some("watches_pkey") => watch_id_taken(watch.id),
        _ => error.into(),
    }
}

fn watch_id_taken(id: WatchId) -> Error {
    Error::conflict("watch_id", format!("there is another watch {id}"))
}

/// A conflict, not RESOURCE_EXHAUSTED: trying again later does not help.
fn too_many_watches() -> Error {
    Error::conflict(None, format!("a diary holds at most {MOST_WATCHES} watches"))
}

pub(crate) async fn delete(
    service: &Service,
    member: MemberId,
    request: DeleteWatchRequest,
) -> Result<DeleteWatchResponse, Error> {
    let id = WatchId::parse(&request.watch_id)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            lock(tx, member).await?;
            // Somebody else's is left as if it were not there.
            sqlx::query("delete from watches where id = $1 and member_id = $2")
                .bind(id)
                .bind(member)
                .execute(tx)
                .await?;
            Ok::<_, Error>(())
        })
    })
    .await?;
    Ok(DeleteWatchResponse {})
}

/// Logs the watches of these rows of an import; answers which rows made one. After `lock`.
pub(crate) async fn take(
    tx: &mut PgConnection,
    member: MemberId,
    import: ImportId,
    positions: &[i32],
) -> Result<Vec<(i32, WatchId)>, Error> {
    let ids: Vec<WatchId> = positions.iter().map(|_| WatchId(Uuid::now_v7())).collect();
    let made: Vec<WatchId> = sqlx::query_scalar(
        "insert into watches (id, member_id, movie_id, watched_on, rewatch, tags, version)
         select drawn.id, $1, row.movie_id, row.watched_on, row.rewatch, row.tags, 1
         from unnest($3::int[], $4::uuid[]) as drawn (position, id)
         join import_rows as row on row.import_id = $2 and row.position = drawn.position
         on conflict (member_id, movie_id, coalesce(watched_on, date '0001-01-01')) do nothing
         returning id",
    )
    .bind(member)
    .bind(import)
    .bind(positions)
    .bind(&ids)
    .fetch_all(tx)
    .await?;
    let drawn = positions.iter().copied().zip(ids);
    Ok(drawn.filter(|(_, id)| made.contains(id)).collect())
}

/// Deletes what an import logged.
pub(crate) async fn remove(tx: &mut PgConnection, member: MemberId, watches: &[WatchId]) -> Result<(), Error> {
    sqlx::query("delete from watches where member_id = $1 and id = any($2)")
        .bind(member)
        .bind(watches)
        .execute(tx)
        .await?;
    Ok(())
}

/// The last watch of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    /// Days since the year 1; 0: not known.
    day: i32,
    watch: Uuid,
}

impl Position {
    fn day_number(day: Option<Date>) -> i32 {
        day.map_or(0, |day| day.to_julian_day() - NO_DAY.to_julian_day())
    }

    /// Only numbers of days that the database can keep.
    fn day(&self) -> Result<Date, Error> {
        let julian = self.day.checked_add(NO_DAY.to_julian_day());
        let day = julian.and_then(|day| Date::from_julian_day(day).ok());
        day.filter(|day| (NO_DAY..=LAST_DAY).contains(day))
            .ok_or(cursor::Invalid.into())
    }
}

/// Where a list starts: after everything.
const LAST_DAY: Date = date!(9999 - 12 - 31);

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    request: ListWatchesRequest,
) -> Result<ListWatchesResponse, Error> {
    let limit = paging::limit(request.limit)?;
    let movie = match request.movie_id.as_str() {
        "" => None,
        id => Some(MovieId::parse(id)?),
    };
    let tag = match request.tag.as_str() {
        "" => None,
        given => Some(tag("tag", given)?),
    };
    // In other capitals it is the same list.
    let list = (
        "watches",
        member.0,
        movie.map(|movie| movie.0),
        tag.map(str::to_lowercase),
    );
    let (before, watch) = if request.cursor.is_empty() {
        (LAST_DAY, Uuid::max())
    } else {
        let position: Position = cursor::decode_for(&list, &request.cursor)?;
        (position.day()?, position.watch)
    };
    let mut rows: Vec<Row> = sqlx::query_as(
        "select id, movie_id, watched_on, rewatch, tags from watches
         where member_id = $1 and ($2::uuid is null or movie_id = $2)
           and ($6::text is null or exists (select from unnest(tags) as tag where lower(tag) = lower($6)))
           and (coalesce(watched_on, date '0001-01-01'), id) < ($3, $4)
         order by coalesce(watched_on, date '0001-01-01') desc, id desc limit $5",
    )
    .bind(member)
    .bind(movie)
    .bind(before)
    .bind(watch)
    .bind(limit + 1)
    .bind(tag)
    .fetch_all(&service.db)
    .await?;
    let more = paging::cut(&mut rows, limit);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        let position = Position {
            day: Position::day_number(row.watched_on),
            watch: row.id.0,
        };
        cursor::encode_for(&list, &position)
    });
    let total: i64 = sqlx::query_scalar(
        "select count(*) from watches
         where member_id = $1 and ($2::uuid is null or movie_id = $2)
           and ($3::text is null or exists (select from unnest(tags) as tag where lower(tag) = lower($3)))",
    )
    .bind(member)
    .bind(movie)
    .bind(tag)
    .fetch_one(&service.db)
    .await?;
    Ok(ListWatchesResponse {
        watches: rows.into_iter().map(proto::Watch::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
        total,
    })
}

pub(crate) async fn count(
    service: &Service,
    member: MemberId,
    request: CountWatchesRequest,
) -> Result<CountWatchesResponse, Error> {
    let movies = MovieId::parse_all(&request.movie_ids)?;
    let counts: Vec<(MovieId, i64)> = sqlx::query_as(
        "select movie_id, count(*) from watches where member_id = $1 and movie_id = any($2) group by movie_id",
    )
    .bind(member)
    .bind(movies)
    .fetch_all(&service.db)
    .await?;
    let counts = counts.into_iter().map(|(movie, count)| WatchCount {
        movie_id: movie.to_string(),
        count,
    });
    Ok(CountWatchesResponse {
        counts: counts.collect(),
    })
}

#[cfg(test)]
mod tests {
    use chassis::error::Classify as _;

    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar_between_the_first_film_and_today() {
        assert_eq!(parse_day("").ok(), Some(None));
        assert_eq!(parse_day("1888-01-01").ok(), Some(Some(FIRST_DAY)));
        assert_eq!(parse_day("2024-02-29").ok(), Some(Some(date!(2024 - 02 - 29))));
        for text in [
            "1887-12-31",
            "2023-02-29",
            "2024-2-9",
            "20240209",
            "2024-02-09T00:00:00Z",
            "today",
            "+2024-02-09",
        ] {
            assert_eq!(parse_day(text), Err(InvalidDay::Unreadable), "{text}");
        }
        let now = OffsetDateTime::now_utc();
        let there = (now + FURTHEST_AHEAD).date();
        assert_eq!(parse_day(&there.to_string()).ok(), Some(Some(there)));
        let tomorrow = there.next_day().expect("the calendar goes on");
        assert_eq!(parse_day(&tomorrow.to_string()), Err(InvalidDay::Future));
    }

    #[test]
    fn tags_are_kept_once_each_without_the_space_around_them() {
        let of = |given: &[&str]| tags(given.iter().map(ToString::to_string).collect());
        assert_eq!(
            of(&[" 극장 ", "IMAX", "imax"]).ok(),
            Some(vec!["극장".to_owned(), "IMAX".to_owned()])
        );
        for wrong in ["", " ", "one, two", "a\nb", &"긴".repeat(41)] {
            assert_eq!(
                of(&[wrong]).err().and_then(|error| error.field()),
                Some("tags"),
                "{wrong}"
            );
        }
        let many: Vec<String> = (0..11).map(|n| n.to_string()).collect();
        assert!(tags(many[..10].to_vec()).is_ok());
        assert_eq!(tags(many).err().and_then(|error| error.field()), Some("tags"));
    }

    #[test]
    fn a_cursor_names_a_day_that_there_is() {
        let at = |day| Position {
            day,
            watch: Uuid::nil(),
        };
        assert_eq!(at(Position::day_number(None)).day().ok(), Some(NO_DAY));
        assert_eq!(at(Position::day_number(Some(FIRST_DAY))).day().ok(), Some(FIRST_DAY));
        for day in [-1, 10_000_000, i32::MAX, i32::MIN] {
            assert!(at(day).day().is_err(), "{day}");
        }
    }
}
