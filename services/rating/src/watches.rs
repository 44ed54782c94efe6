//! Watches, the entries of a member's diary: logging, changing, deleting and listing them. `bulk_import` is the operator's.
//!
//! Watches raise no events, as no other service stores anything about them. A day is accepted as soon as it has begun in any time
//! zone, as the members' zones are not known.

pub(crate) mod bulk_import;
pub(crate) mod tag_list;

use chassis::{cursor, display_text::is_safe_display_text};
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
    paging::Page,
};

/// The year of the oldest surviving movie.
const FIRST_DAY: Date = date!(1888 - 01 - 01);
/// The offset of the time zone that is furthest ahead of UTC, in Kiribati.
const MAX_UTC_OFFSET: Duration = Duration::hours(14);
/// Per member: one movie a day for fifty years.
pub(crate) const MAX_WATCHES: i64 = 20_000;
const MAX_TAGS: usize = 10;
const MAX_TAG_CHARS: usize = 40;
/// The sort key of a watch without a day, as in the index.
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
    // The parser accepts years of other lengths.
    let day = day.filter(|day| text.len() == 10 && *day >= FIRST_DAY);
    let day = day.ok_or(InvalidDay::Unreadable)?;
    let last = (OffsetDateTime::now_utc() + MAX_UTC_OFFSET).date();
    if day > last {
        return Err(InvalidDay::Future);
    }
    Ok(Some(day))
}

/// A day as the contract has it.
pub(crate) fn format_day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

/// Reads one tag. A comma separates tags in export files, so no tag contains one.
fn parse_tag<'a>(field: &'static str, given: &'a str) -> Result<&'a str, Error> {
    let tag = given.trim();
    let is_one = tag.chars().count() <= MAX_TAG_CHARS && !tag.contains(',') && is_safe_display_text(tag);
    is_one.then_some(tag).ok_or_else(|| {
        let message = format!("a tag has 1 to {MAX_TAG_CHARS} characters, all visible and none of them a comma");
        Error::invalid(field, message)
    })
}

/// Reads tags and drops duplicates, which may differ in case.
pub(crate) fn parse_tags(given: Vec<String>) -> Result<Vec<String>, Error> {
    let mut tags: Vec<String> = Vec::new();
    for one in given {
        let tag = parse_tag("tags", &one)?;
        if tags.iter().all(|other| other.to_lowercase() != tag.to_lowercase()) {
            tags.push(tag.to_owned());
        }
    }
    ensure_at_most("tags", tags.len(), MAX_TAGS)?;
    Ok(tags)
}

/// A watch as it is stored.
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
            watched_on: format_day(row.watched_on),
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
            tags: parse_tags(watch.tags)?,
        })
    }
}

/// Serialises the writes to one diary, so that what was counted and compared stays true until the end of the transaction.
pub(crate) async fn lock(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('watches ' || $1::uuid::text, 0))",
        member as MemberId
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How many more watches the member may have. Call it after `lock`.
pub(crate) async fn remaining_quota(tx: &mut PgConnection, member: MemberId) -> Result<i64, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from watches where member_id = $1"#,
        member as MemberId
    )
    .fetch_one(tx)
    .await?;
    Ok((MAX_WATCHES - count).max(0))
}

pub(crate) async fn put(
    service: &Service,
    member: MemberId,
    request: PutWatchRequest,
) -> Result<PutWatchResponse, Error> {
    let watch = Row::try_from(request.watch.unwrap_or_default())?;
    service.movies.ensure_movies_exist(&[watch.movie_id]).await?;
    let stored = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            lock(tx, member).await?;
            match find_for_update(tx, watch.id).await? {
                None => insert(tx, member, &watch).await?,
                Some(before) if before.member_id != member => return Err(watch_id_taken(watch.id)),
                Some(before) => update(tx, &before, &watch).await?,
            }
            Ok(watch)
        })
    })
    .await?;
    Ok(PutWatchResponse {
        watch: Some(stored.into()),
    })
}

/// The stored watch that has the id already.
struct Before {
    member_id: MemberId,
    movie_id: MovieId,
    watched_on: Option<Date>,
}

async fn find_for_update(tx: &mut PgConnection, id: WatchId) -> Result<Option<Before>, Error> {
    let before = sqlx::query_as!(
        Before,
        r#"select member_id as "member_id: MemberId", movie_id as "movie_id: MovieId", watched_on from watches
           where id = $1 for update"#,
        id as WatchId
    );
    Ok(before.fetch_optional(tx).await?)
}

async fn insert(tx: &mut PgConnection, member: MemberId, watch: &Row) -> Result<(), Error> {
    // Only a file import makes watches without a day: other sites do not always export one.
    if watch.watched_on.is_none() {
        return Err(InvalidDay::Unreadable.into());
    }
    if remaining_quota(tx, member).await? == 0 {
        return Err(too_many_watches());
    }
    sqlx::query!(
        "insert into watches (id, member_id, movie_id, watched_on, rewatch, tags, version)
         values ($1, $2, $3, $4, $5, $6, 1)",
        watch.id as WatchId,
        member as MemberId,
        watch.movie_id as MovieId,
        watch.watched_on,
        watch.rewatch,
        &watch.tags,
    )
    .execute(tx)
    .await
    .map_err(|error| map_constraint(error, watch))?;
    Ok(())
}

/// A repeated request changes nothing and makes no new version.
async fn update(tx: &mut PgConnection, before: &Before, watch: &Row) -> Result<(), Error> {
    // A watch never moves to another movie, so this is another watch with the same id.
    if before.movie_id != watch.movie_id {
        return Err(watch_id_taken(watch.id));
    }
    // An imported watch may stay without a day; a day that is known cannot be taken away.
    if before.watched_on.is_some() && watch.watched_on.is_none() {
        return Err(InvalidDay::Unreadable.into());
    }
    sqlx::query!(
        "update watches set watched_on = $2, rewatch = $3, tags = $4, version = version + 1
         where id = $1 and (watched_on, rewatch, tags) is distinct from ($2, $3, $4)",
        watch.id as WatchId,
        watch.watched_on,
        watch.rewatch,
        &watch.tags,
    )
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
    Error::conflict(None, format!("a diary holds at most {MAX_WATCHES} watches"))
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
            remove(tx, member, &[id]).await
        })
    })
    .await?;
    Ok(DeleteWatchResponse {})
}

/// Inserts the watches of these rows of an import; returns the rows whose watch is new. Call it after `lock`.
pub(crate) async fn insert_imported(
    tx: &mut PgConnection,
    member: MemberId,
    import: ImportId,
    positions: &[i32],
) -> Result<Vec<(i32, WatchId)>, Error> {
    let ids: Vec<WatchId> = positions.iter().map(|_| WatchId(Uuid::now_v7())).collect();
    let inserted = sqlx::query_scalar!(
        r#"insert into watches (id, member_id, movie_id, watched_on, rewatch, tags, version)
           select given.id, $1, row.movie_id, row.watched_on, row.rewatch, row.tags, 1
           from unnest($3::int[], $4::uuid[]) as given (position, id)
           join import_rows as row on row.import_id = $2 and row.position = given.position
           on conflict (member_id, movie_id, coalesce(watched_on, date '0001-01-01')) do nothing
           returning id as "id: WatchId""#,
        member as MemberId,
        import as ImportId,
        positions,
        &ids as &[WatchId],
    )
    .fetch_all(tx)
    .await?;
    let given = positions.iter().copied().zip(ids);
    Ok(given.filter(|(_, id)| inserted.contains(id)).collect())
}

/// Deletes watches; those of other members stay, as if the ids were unknown.
pub(crate) async fn remove(tx: &mut PgConnection, member: MemberId, watches: &[WatchId]) -> Result<(), Error> {
    sqlx::query!(
        "delete from watches where member_id = $1 and id = any($2)",
        member as MemberId,
        watches as &[WatchId],
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The last watch of a page.
#[derive(Serialize, Deserialize)]
struct Position {
    /// Days since the year 1; 0 if the day is not known.
    day: i32,
    watch: Uuid,
}

impl Position {
    fn start() -> Self {
        Self {
            day: Self::day_number(Some(LAST_DAY)),
            watch: Uuid::max(),
        }
    }

    fn day_number(day: Option<Date>) -> i32 {
        day.map_or(0, |day| day.to_julian_day() - NO_DAY.to_julian_day())
    }

    /// Rejects days outside the range of a list, which Postgres might not even represent.
    fn day(&self) -> Result<Date, Error> {
        let julian = self.day.checked_add(NO_DAY.to_julian_day());
        let day = julian.and_then(|day| Date::from_julian_day(day).ok());
        day.filter(|day| (NO_DAY..=LAST_DAY).contains(day))
            .ok_or(cursor::Invalid.into())
    }
}

/// The day on which a list starts.
const LAST_DAY: Date = date!(9999 - 12 - 31);

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    request: ListWatchesRequest,
) -> Result<ListWatchesResponse, Error> {
    let movie = match request.movie_id.as_str() {
        "" => None,
        id => Some(MovieId::parse(id)?),
    };
    let tag = match request.tag.as_str() {
        "" => None,
        given => Some(parse_tag("tag", given)?),
    };
    // Tags are compared without case, so the cursor must not depend on it.
    let key = tag.map(str::to_lowercase);
    let page = Page::new(("watches", member.0, movie.map(|movie| movie.0), key), request.limit)?;
    let after = page.after(&request.cursor, Position::start())?;
    let mut rows = sqlx::query_as!(
        Row,
        r#"select id as "id: WatchId", movie_id as "movie_id: MovieId", watched_on, rewatch, tags from watches
           where member_id = $1 and ($2::uuid is null or movie_id = $2)
             and ($6::text is null or exists (select from unnest(tags) as tag where lower(tag) = lower($6)))
             and (coalesce(watched_on, date '0001-01-01'), id) < ($3, $4)
           order by coalesce(watched_on, date '0001-01-01') desc, id desc limit $5"#,
        member as MemberId,
        movie as Option<MovieId>,
        after.day()?,
        after.watch,
        page.rows_to_read(),
        tag,
    )
    .fetch_all(&service.db)
    .await?;
    let next_cursor = page.truncate(&mut rows, |row| Position {
        day: Position::day_number(row.watched_on),
        watch: row.id.0,
    });
    let total = sqlx::query_scalar!(
        r#"select count(*) as "count!" from watches
           where member_id = $1 and ($2::uuid is null or movie_id = $2)
             and ($3::text is null or exists (select from unnest(tags) as tag where lower(tag) = lower($3)))"#,
        member as MemberId,
        movie as Option<MovieId>,
        tag,
    )
    .fetch_one(&service.db)
    .await?;
    Ok(ListWatchesResponse {
        watches: rows.into_iter().map(proto::Watch::from).collect(),
        next_cursor,
        total,
    })
}

pub(crate) async fn count(
    service: &Service,
    member: MemberId,
    request: CountWatchesRequest,
) -> Result<CountWatchesResponse, Error> {
    let movies = MovieId::parse_all(&request.movie_ids)?;
    let counts = sqlx::query!(
        r#"select movie_id as "movie: MovieId", count(*) as "count!" from watches
           where member_id = $1 and movie_id = any($2) group by movie_id"#,
        member as MemberId,
        &movies as &[MovieId],
    )
    .fetch_all(&service.db)
    .await?;
    let counts = counts.into_iter().map(|row| WatchCount {
        movie_id: row.movie.to_string(),
        count: row.count,
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
    fn days_go_from_1888_to_the_last_day_begun_in_any_time_zone() {
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
        let there = (now + MAX_UTC_OFFSET).date();
        assert_eq!(parse_day(&there.to_string()).ok(), Some(Some(there)));
        let tomorrow = there.next_day().expect("the calendar goes on");
        assert_eq!(parse_day(&tomorrow.to_string()), Err(InvalidDay::Future));
    }

    #[test]
    fn tags_are_trimmed_and_deduplicated() {
        let of = |given: &[&str]| parse_tags(given.iter().map(ToString::to_string).collect());
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
        assert!(parse_tags(many[..10].to_vec()).is_ok());
        assert_eq!(parse_tags(many).err().and_then(|error| error.field()), Some("tags"));
    }

    #[test]
    fn cursors_with_impossible_days_are_rejected() {
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
