//! The rows of an import: taking them in, comparing them with what the member has, and saying which movie one means.

use chassis::{cursor, error::Classify as _};
use matcha_protos::rating::v1::{
    ImportClass, ImportCount, ImportKind, ImportReason, ImportRow, ListImportRowsRequest, ListImportRowsResponse,
};
use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime};

use super::{Count, LAST_POSITION, LONGEST_NAME, LONGEST_TITLE, find, plain, wrong_state};
use crate::{
    Service, comments,
    error::Error,
    ids::{ImportId, ListId, MemberId, MovieId},
    lists::{self, ListDraft},
    paging,
    ratings::Stars,
    shelf,
    timestamp::{micros, parse_past},
    watches::{self, InvalidDay},
};

/// Rows of one answer.
const MOST_LISTED: i32 = 200;

/// A row as it comes, checked.
pub(super) struct Given {
    position: i32,
    file: String,
    line: i32,
    title: String,
    year: i32,
    kind: ImportKind,
    stars: Option<i16>,
    shelf: Option<i16>,
    text: Option<String>,
    spoiler: bool,
    dated_at: Option<OffsetDateTime>,
    movie: Option<MovieId>,
    reason: Option<i16>,
    watched_on: Option<Date>,
    rewatch: bool,
    /// With commas between them, which none has in itself.
    tags: String,
    list: Option<ListId>,
    own_list: Option<ListId>,
    is_public: bool,
    created_at: Option<OffsetDateTime>,
    place: i32,
}

impl Given {
    pub(super) fn parse(member: MemberId, row: ImportRow) -> Result<Self, Error> {
        let wrong = |field| Error::invalid(field, format!("the row has no valid {field}"));
        let kind = ImportKind::try_from(row.kind).map_err(|_| wrong("kind"))?;
        let reason = ImportReason::try_from(row.reason).map_err(|_| wrong("reason"))?;
        if !(0..LAST_POSITION).contains(&row.position) {
            return Err(wrong("position"));
        }
        let mut given = Self {
            position: row.position,
            file: plain("file", row.file, LONGEST_NAME)?,
            line: row.line,
            title: plain("title", row.title, LONGEST_TITLE)?,
            year: row.year,
            kind,
            stars: None,
            shelf: None,
            text: None,
            spoiler: row.spoiler,
            dated_at: row.dated_at.map(|at| parse_past(at, row.dated_at_micros)).transpose()?,
            movie: None,
            reason: Some(reason as i16).filter(|reason| *reason != 0),
            watched_on: None,
            rewatch: row.rewatch,
            tags: String::new(),
            list: None,
            own_list: None,
            is_public: row.is_public,
            created_at: row
                .created_at
                .map(|at| parse_past(at, row.created_at_micros))
                .transpose()?,
            place: row.place,
        };
        if !row.list_id.is_empty() {
            let list = ListId::parse(&row.list_id)?;
            given.list = Some(list);
            given.own_list = Some(lists::id_for(member, list));
        }
        if !row.movie_id.is_empty() {
            given.movie = Some(MovieId::parse(&row.movie_id)?);
        }
        if given.reason.is_some() {
            return Ok(given);
        }
        match kind {
            ImportKind::Rating => given.stars = Some(i32::from(Stars::try_from(row.stars)?) as i16),
            ImportKind::Shelf => {
                let state = shelf::State::parse(row.shelf)?.ok_or_else(shelf::invalid_state)?;
                given.shelf = Some(state as i16);
            }
            ImportKind::Comment => match comments::fit(&row.text) {
                Ok(text) => given.text = Some(text),
                // Whose fault it is matters not: it is one row, told like any other mistake.
                Err(_) => given.reason = Some(ImportReason::Text as i16),
            },
            ImportKind::Watch => match (watches::parse_day(&row.watched_on), watches::tags(row.tags)) {
                (Ok(day), Ok(tags)) => (given.watched_on, given.tags) = (day, tags.join(",")),
                (Err(InvalidDay::Future), _) => given.reason = Some(ImportReason::Future as i16),
                (Err(InvalidDay::Unreadable), _) => given.reason = Some(ImportReason::Date as i16),
                (_, Err(_)) => given.reason = Some(ImportReason::Tags as i16),
            },
            ImportKind::List if given.list.is_some() => {
                match ListDraft::parse(&given.title, &row.text, row.is_public) {
                    Ok(draft) => (given.title, given.text) = (draft.title, Some(draft.text)),
                    Err(Error::HeldBack(_)) => given.reason = Some(ImportReason::HeldBack as i16),
                    Err(error) if error.field() == Some("title") => given.reason = Some(ImportReason::Title as i16),
                    Err(_) => given.reason = Some(ImportReason::Text as i16),
                }
            }
            ImportKind::ListMovie if given.list.is_some() => {}
            ImportKind::List | ImportKind::ListMovie | ImportKind::Unspecified => {
                given.reason = Some(ImportReason::Unreadable as i16);
            }
        }
        // A list is no movie, whatever its title.
        given.movie = given.movie.filter(|_| kind != ImportKind::List);
        Ok(given)
    }
}

/// A movie that is not known here (yet) leaves its row unmatched.
pub(super) async fn insert(tx: &mut PgConnection, import: ImportId, given: Vec<Given>) -> Result<(), Error> {
    macro_rules! column {
        ($field:ident) => {
            given.iter().map(|row| row.$field.clone()).collect::<Vec<_>>()
        };
    }
    let kinds: Vec<i16> = given.iter().map(|row| row.kind as i16).collect();
    sqlx::query(
        "insert into import_rows (import_id, position, file, line, title, year, kind, stars, shelf, text, spoiler,
                                  dated_at, movie_id, reason, watched_on, rewatch, tags, list_id, own_list_id, is_public,
                                  created_at, place)
         select $1, position, file, line, title, year, kind, stars, shelf, text, spoiler, dated_at, known.movie_id, reason,
                watched_on, rewatch, string_to_array(tags, ','), list_id, own_list_id, is_public, created_at, place
         from unnest($2::int[], $3::text[], $4::int[], $5::text[], $6::int[], $7::smallint[], $8::smallint[],
                     $9::smallint[], $10::text[], $11::boolean[], $12::timestamptz[], $13::uuid[], $14::smallint[],
                     $15::date[], $16::boolean[], $17::text[], $18::uuid[], $19::uuid[], $20::boolean[],
                     $21::timestamptz[], $22::int[])
              as given (position, file, line, title, year, kind, stars, shelf, text, spoiler, dated_at, movie_id, reason,
                        watched_on, rewatch, tags, list_id, own_list_id, is_public, created_at, place)
         left join known_movies as known using (movie_id)
         on conflict (import_id, position) do nothing",
    )
    .bind(import)
    .bind(column!(position))
    .bind(column!(file))
    .bind(column!(line))
    .bind(column!(title))
    .bind(column!(year))
    .bind(kinds)
    .bind(column!(stars))
    .bind(column!(shelf))
    .bind(column!(text))
    .bind(column!(spoiler))
    .bind(column!(dated_at))
    .bind(column!(movie))
    .bind(column!(reason))
    .bind(column!(watched_on))
    .bind(column!(rewatch))
    .bind(column!(tags))
    .bind(column!(list))
    .bind(column!(own_list))
    .bind(column!(is_public))
    .bind(column!(created_at))
    .bind(column!(place))
    .execute(tx)
    .await?;
    Ok(())
}

/// The movies of a list that cannot be taken, or is not in the file, say so too. When all rows are there.
pub(super) async fn skip_with_their_list(tx: &mut PgConnection, import: ImportId) -> Result<(), Error> {
    sqlx::query(
        "update import_rows as row set reason = $2
         where import_id = $1 and kind = 6 and reason is null
           and not exists (select from import_rows as list
                           where list.import_id = $1 and list.list_id = row.list_id and list.kind = 5
                             and list.reason is null)",
    )
    .bind(import)
    .bind(ImportReason::List as i16)
    .execute(tx)
    .await?;
    Ok(())
}

/// Of several rows about one movie the latest counts; without dates, the last of the file. For all movies, or for these.
///
/// Of lists, several rows with one id; of their movies, several within one list. Of watches, several rows about one day. And that
/// a movie was seen is said by each of its days already, except in a file of ours (source 5), where a row without a day is a
/// watch without one.
pub(super) async fn supersede(
    tx: &mut PgConnection,
    import: ImportId,
    movies: Option<&[MovieId]>,
) -> Result<(), Error> {
    // These rows are new and nobody has counted them yet: Postgres takes them for one, would rank all of them once for each of
    // them (17 s for 2,500), and is told to do it once.
    sqlx::query("set local enable_nestloop = off").execute(&mut *tx).await?;
    sqlx::query(
        "update import_rows as row set superseded = ranked.is_said
         from (select position,
                      row_number() over (partition by kind, movie_id, watched_on, list_id
                                         order by dated_at desc nulls last, position desc) > 1
                      or (kind = 4 and watched_on is null and import.source <> 5
                          and count(watched_on) over (partition by kind, movie_id) > 0) as is_said
               from import_rows
               join imports as import on import.id = import_id
               where import_id = $1 and reason is null and (movie_id is not null or kind = 5)
                 and ($2::uuid[] is null or movie_id = any($2))) as ranked
         where row.import_id = $1 and row.position = ranked.position and row.superseded <> ranked.is_said",
    )
    .bind(import)
    .bind(movies)
    .execute(&mut *tx)
    .await?;
    sqlx::query("set local enable_nestloop = on").execute(tx).await?;
    Ok(())
}

/// Answers which movie the row meant before.
pub(super) async fn fix(
    tx: &mut PgConnection,
    import: ImportId,
    position: i32,
    movie: Option<MovieId>,
) -> Result<Option<MovieId>, Error> {
    let row: Option<(Option<MovieId>, bool)> = sqlx::query_as(
        "select movie_id, reason is not null or kind = 5 from import_rows where import_id = $1 and position = $2",
    )
    .bind(import)
    .bind(position)
    .fetch_optional(&mut *tx)
    .await?;
    let (before, needs_none) = row.ok_or_else(unknown_row)?;
    if needs_none {
        // No movie makes a rating of it, and a list is none.
        return Err(wrong_state());
    }
    sqlx::query("update import_rows set movie_id = $3, superseded = false where import_id = $1 and position = $2")
        .bind(import)
        .bind(position)
        .bind(movie)
        .execute(tx)
        .await?;
    Ok(before)
}

/// Rows of the import `$1` beside what the member `$2` has; what follows says which. A long text is cut.
///
/// A list is the same when its draft are, and its movies in their order; of its movies only whether they are in it counts.
macro_rules! compared {
    ($which:literal) => {
        concat!(
            "select * from (
                 select row.position, row.file, row.line, row.title, row.year, row.kind, row.stars, row.shelf,
                        left(row.text, 500) as text, row.spoiler, row.dated_at, row.movie_id, row.outcome,
                        row.watched_on, row.rewatch, row.tags, row.list_id, row.own_list_id, row.is_public,
                        row.created_at, row.place, mine.id as my_list_id,
                        case row.kind when 6 then (select list.title from import_rows as list
                                                   where list.import_id = $1 and list.list_id = row.list_id
                                                     and list.kind = 5
                                                   order by list.position desc limit 1) end as list_title,
                        coalesce(row.reason, case when row.superseded then 12 else 0 end)::smallint as reason,
                        rating.stars as my_stars, on_shelf.state as my_shelf,
                        coalesce(row.class, case
                            when row.reason is not null then 5
                            when row.movie_id is null and row.kind <> 5 then 4
                            when row.superseded then 5
                            when row.kind = 1 then case when rating.stars is null then 1
                                                        when rating.stars = row.stars then 3 else 2 end
                            when row.kind = 2 then case when on_shelf.state is null then 1
                                                        when on_shelf.state = row.shelf then 3 else 2 end
                            when row.kind = 4 then case when watch.id is null then 1 else 3 end
                            when row.kind = 5 then case
                                when mine.id is null then 1
                                when (mine.title, mine.text, mine.is_public) = (row.title, row.text, row.is_public)
                                     and array(select held.movie_id from list_movies as held
                                               where held.list_id = mine.id order by held.position)
                                       = array(select held.movie_id from import_rows as held
                                               where held.import_id = $1 and held.list_id = row.list_id
                                                 and held.kind = 6 and held.movie_id is not null
                                                 and held.reason is null and not held.superseded
                                               order by held.place, held.position limit 500) then 3
                                else 2 end
                            when row.kind = 6 then case when exists (
                                select from list_movies as held
                                where held.list_id = mine.id and held.movie_id = row.movie_id) then 3 else 1 end
                            when comment.id is null then 1
                            when comment.text = row.text and comment.spoiler = row.spoiler then 3
                            else 2 end)::smallint as class,
                        case row.kind when 1 then rating.rated_at when 2 then on_shelf.changed_at
                                      when 5 then mine.changed_at
                                      else coalesce(comment.edited_at, comment.created_at) end as my_at,
                        comment.text as my_text, comment.spoiler as my_spoiler
                 from import_rows as row
                 join imports as import on import.id = row.import_id
                 left join ratings as rating
                      on row.kind = 1 and rating.member_id = $2 and rating.movie_id = row.movie_id
                 left join shelf as on_shelf
                      on row.kind = 2 and on_shelf.member_id = $2 and on_shelf.movie_id = row.movie_id
                 left join comments as comment
                      on row.kind = 3 and comment.member_id = $2 and comment.movie_id = row.movie_id
                 left join lateral (
                      select watch.id from watches as watch
                      where row.kind = 4 and watch.member_id = $2 and watch.movie_id = row.movie_id
                        -- That a movie was seen, any day says; in a file of ours no day is meant as such.
                        and (watch.watched_on is not distinct from row.watched_on
                             or row.watched_on is null and import.source <> 5)
                      limit 1) as watch on true
                 left join lateral (
                      select list.id, list.title, list.text, list.is_public, list.changed_at from lists as list
                      where row.kind in (5, 6) and list.member_id = $2 and list.id in (row.list_id, row.own_list_id)
                      order by list.id = row.list_id desc
                      limit 1) as mine on true
                 where row.import_id = $1) as compared ",
            $which
        )
    };
}
pub(super) use compared;

#[derive(sqlx::FromRow)]
struct Listed {
    position: i32,
    file: String,
    line: i32,
    title: String,
    year: i32,
    kind: i16,
    stars: Option<i16>,
    shelf: Option<i16>,
    text: Option<String>,
    spoiler: bool,
    dated_at: Option<OffsetDateTime>,
    movie_id: Option<MovieId>,
    reason: i16,
    class: i16,
    outcome: Option<i16>,
    my_stars: Option<i16>,
    my_shelf: Option<i16>,
    watched_on: Option<Date>,
    rewatch: bool,
    tags: Vec<String>,
    list_id: Option<ListId>,
    list_title: Option<String>,
    is_public: bool,
    created_at: Option<OffsetDateTime>,
    place: i32,
}

impl From<Listed> for ImportRow {
    fn from(row: Listed) -> Self {
        Self {
            position: row.position,
            file: row.file,
            line: row.line,
            title: row.title,
            year: row.year,
            kind: row.kind.into(),
            stars: row.stars.unwrap_or(0).into(),
            shelf: row.shelf.unwrap_or(0).into(),
            text: row.text.unwrap_or_default(),
            spoiler: row.spoiler,
            dated_at: row.dated_at.map(OffsetDateTime::unix_timestamp),
            movie_id: row.movie_id.map(|movie| movie.to_string()).unwrap_or_default(),
            reason: row.reason.into(),
            class: row.class.into(),
            outcome: row.outcome.unwrap_or(0).into(),
            my_stars: row.my_stars.map(Into::into),
            my_shelf: row.my_shelf.unwrap_or(0).into(),
            watched_on: watches::written(row.watched_on),
            rewatch: row.rewatch,
            tags: row.tags,
            list_id: row.list_id.map(|list| list.to_string()).unwrap_or_default(),
            list_title: row.list_title.unwrap_or_default(),
            is_public: row.is_public,
            created_at: row.created_at.map(OffsetDateTime::unix_timestamp),
            place: row.place,
            dated_at_micros: row.dated_at.map_or(0, micros),
            created_at_micros: row.created_at.map_or(0, micros),
        }
    }
}

fn unknown_row() -> Error {
    Error::not_found("position", "the import has no such row")
}

pub(super) async fn one(db: &PgPool, member: MemberId, import: ImportId, position: i32) -> Result<ImportRow, Error> {
    let row: Option<Listed> = sqlx::query_as(compared!("where position = $3"))
        .bind(import)
        .bind(member)
        .bind(position)
        .fetch_optional(db)
        .await?;
    row.map(ImportRow::from).ok_or_else(unknown_row)
}

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    request: ListImportRowsRequest,
) -> Result<ListImportRowsResponse, Error> {
    let import = ImportId::parse(&request.import_id)?;
    let limit = match request.limit {
        0 => 20,
        limit @ 1..=MOST_LISTED => limit,
        limit => return Err(paging::invalid_limit(MOST_LISTED, limit)),
    };
    let class = ImportClass::try_from(request.class).map_err(|_| Error::invalid("class", "there is no such class"))?;
    let list = ("import", import.0, request.class);
    let after: i32 = match request.cursor.as_str() {
        "" => -1,
        text => cursor::decode_for(&list, text)?,
    };
    find(service, member, import).await?;
    let mut rows: Vec<Listed> = sqlx::query_as(compared!(
        "where position > $3 and ($4 = 0 or class = $4) order by position limit $5"
    ))
    .bind(import)
    .bind(member)
    .bind(after)
    .bind(class as i16)
    .bind(i64::from(limit) + 1)
    .fetch_all(&service.db)
    .await?;
    let limit = usize::try_from(limit).expect("a limit is at most 200");
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more);
    let next_cursor = next_cursor.map(|row| cursor::encode_for(&list, &row.position));
    Ok(ListImportRowsResponse {
        rows: rows.into_iter().map(ImportRow::from).collect(),
        next_cursor: next_cursor.unwrap_or_default(),
    })
}

pub(super) async fn count(db: &PgPool, member: MemberId, import: ImportId) -> Result<Vec<ImportCount>, Error> {
    let counts: Vec<Count> = sqlx::query_as(concat!(
        "select kind, class, reason, coalesce(outcome, 0)::smallint as outcome, count(*) as rows from (",
        compared!(") as row group by 1, 2, 3, 4 order by 1, 2, 3, 4")
    ))
    .bind(import)
    .bind(member)
    .fetch_all(db)
    .await?;
    Ok(counts.into_iter().map(ImportCount::from).collect())
}
