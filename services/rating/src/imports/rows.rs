//! The rows of an import: storing them, comparing them with what the member has, and matching a row with a movie.

use chassis::error::Classify as _;
use matcha_protos::rating::v1::{
    ImportClass, ImportCount, ImportKind, ImportReason, ImportRow, ListImportRowsRequest, ListImportRowsResponse,
};
use sqlx::{PgConnection, PgPool};
use time::{Date, OffsetDateTime};

use super::{MAX_IMPORT_ROWS, MAX_NAME_CHARS, MAX_TITLE_CHARS, parse_line, wrong_state};
use crate::{
    Service, comments,
    error::Error,
    ids::{ImportId, ListId, MemberId, MovieId},
    lists::{self, ListDraft},
    paging::Page,
    ratings::Stars,
    shelf,
    timestamp::{micros, parse_past},
    watches::{self, InvalidDay},
};

/// Rows of one page.
const MAX_LISTED: i32 = 200;

/// What a row is about; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(super) enum Kind {
    Unreadable = 0,
    Rating = 1,
    Shelf = 2,
    Comment = 3,
    Watch = 4,
    /// A list without its movies.
    List = 5,
    ListMovie = 6,
}

impl From<ImportKind> for Kind {
    fn from(kind: ImportKind) -> Self {
        match kind {
            ImportKind::Unspecified => Self::Unreadable,
            ImportKind::Rating => Self::Rating,
            ImportKind::Shelf => Self::Shelf,
            ImportKind::Comment => Self::Comment,
            ImportKind::Watch => Self::Watch,
            ImportKind::List => Self::List,
            ImportKind::ListMovie => Self::ListMovie,
        }
    }
}

/// How a row compares with what the member has; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(super) enum Class {
    New = 1,
    Changed = 2,
    Same = 3,
    Unmatched = 4,
    Skipped = 5,
}

/// The result of applying or undoing a row; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(super) enum Outcome {
    Applied = 1,
    Kept = 2,
    Undone = 3,
    Left = 4,
}

/// A row of the request, validated. `reason` says why it cannot be applied.
pub(super) struct ParsedRow {
    position: i32,
    file: String,
    line: i32,
    title: String,
    year: i32,
    kind: Kind,
    stars: Option<Stars>,
    shelf: Option<shelf::State>,
    text: Option<String>,
    spoiler: bool,
    dated_at: Option<OffsetDateTime>,
    movie: Option<MovieId>,
    reason: Option<ImportReason>,
    watched_on: Option<Date>,
    rewatch: bool,
    /// Separated by commas, which no tag contains.
    tags: String,
    list: Option<ListId>,
    own_list: Option<ListId>,
    is_public: bool,
    created_at: Option<OffsetDateTime>,
    place: i32,
}

impl ParsedRow {
    pub(super) fn parse(member: MemberId, row: ImportRow) -> Result<Self, Error> {
        let invalid = |field| Error::invalid(field, format!("the row has no valid {field}"));
        let kind = ImportKind::try_from(row.kind).map_err(|_| invalid("kind"))?.into();
        let reason = ImportReason::try_from(row.reason).map_err(|_| invalid("reason"))?;
        if !(0..MAX_IMPORT_ROWS).contains(&row.position) {
            return Err(invalid("position"));
        }
        let mut parsed = Self {
            position: row.position,
            file: parse_line("file", row.file, MAX_NAME_CHARS)?,
            line: row.line,
            title: parse_line("title", row.title, MAX_TITLE_CHARS)?,
            year: row.year,
            kind,
            stars: None,
            shelf: None,
            text: None,
            spoiler: row.spoiler,
            dated_at: row.dated_at.map(|at| parse_past(at, row.dated_at_micros)).transpose()?,
            movie: None,
            reason: Some(reason).filter(|reason| *reason != ImportReason::Unspecified),
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
            parsed.list = Some(list);
            parsed.own_list = Some(lists::id_for(member, list));
        }
        // A list is not matched with a movie, whatever its title.
        if !row.movie_id.is_empty() {
            parsed.movie = Some(MovieId::parse(&row.movie_id)?).filter(|_| kind != Kind::List);
        }
        if parsed.reason.is_none() {
            let content = Content {
                stars: row.stars,
                shelf: row.shelf,
                text: row.text,
                watched_on: row.watched_on,
                tags: row.tags,
            };
            parsed.parse_content(content)?;
        }
        Ok(parsed)
    }

    /// Reads the fields of the row's kind. An invalid text, day, tag or title is a problem of this row, not of the request.
    fn parse_content(&mut self, given: Content) -> Result<(), Error> {
        match self.kind {
            Kind::Rating => self.stars = Some(Stars::try_from(given.stars)?),
            Kind::Shelf => {
                self.shelf = Some(shelf::State::parse(given.shelf)?.ok_or_else(shelf::invalid_state)?);
            }
            Kind::Comment => match comments::parse_text(&given.text) {
                Ok(text) => self.text = Some(text),
                Err(_) => self.reason = Some(ImportReason::Text),
            },
            Kind::Watch => match (watches::parse_day(&given.watched_on), watches::parse_tags(given.tags)) {
                (Ok(day), Ok(tags)) => (self.watched_on, self.tags) = (day, tags.join(",")),
                (Err(InvalidDay::Future), _) => self.reason = Some(ImportReason::Future),
                (Err(InvalidDay::Unreadable), _) => self.reason = Some(ImportReason::Date),
                (_, Err(_)) => self.reason = Some(ImportReason::Tags),
            },
            Kind::List if self.list.is_some() => match ListDraft::parse(&self.title, &given.text, self.is_public) {
                Ok(draft) => (self.title, self.text) = (draft.title, Some(draft.text)),
                Err(Error::HeldBack(_)) => self.reason = Some(ImportReason::HeldBack),
                Err(error) if error.field() == Some("title") => self.reason = Some(ImportReason::Title),
                Err(_) => self.reason = Some(ImportReason::Text),
            },
            Kind::ListMovie if self.list.is_some() => {}
            Kind::List | Kind::ListMovie | Kind::Unreadable => self.reason = Some(ImportReason::Unreadable),
        }
        Ok(())
    }
}

/// The fields of a row of which each kind has its own.
struct Content {
    stars: i32,
    shelf: i32,
    text: String,
    watched_on: String,
    tags: Vec<String>,
}

/// Inserts rows; those of a repeated request are there already. A movie that is not known here (yet) leaves its row unmatched.
pub(super) async fn insert(tx: &mut PgConnection, import: ImportId, rows: &[ParsedRow]) -> Result<(), Error> {
    macro_rules! column {
        ($field:ident) => {
            &rows.iter().map(|row| row.$field.clone()).collect::<Vec<_>>()
        };
    }
    let reasons: Vec<Option<i16>> = rows.iter().map(|row| row.reason.map(|reason| reason as i16)).collect();
    sqlx::query!(
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
        import as ImportId,
        column!(position),
        column!(file),
        column!(line),
        column!(title),
        column!(year),
        column!(kind) as &[Kind],
        column!(stars) as &[Option<Stars>],
        column!(shelf) as &[Option<shelf::State>],
        column!(text) as &[Option<String>],
        column!(spoiler),
        column!(dated_at) as &[Option<OffsetDateTime>],
        column!(movie) as &[Option<MovieId>],
        &reasons as &[Option<i16>],
        column!(watched_on) as &[Option<Date>],
        column!(rewatch),
        column!(tags),
        column!(list) as &[Option<ListId>],
        column!(own_list) as &[Option<ListId>],
        column!(is_public),
        column!(created_at) as &[Option<OffsetDateTime>],
        column!(place),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Skips the movies of a list that is skipped itself or is not in the file. Call it when all rows are there.
pub(super) async fn skip_without_list(tx: &mut PgConnection, import: ImportId) -> Result<(), Error> {
    sqlx::query!(
        "update import_rows as row set reason = $2
         where import_id = $1 and kind = 6 and reason is null
           and not exists (select from import_rows as list
                           where list.import_id = $1 and list.list_id = row.list_id and list.kind = 5
                             and list.reason is null)",
        import as ImportId,
        ImportReason::List as i16,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Marks rows that another row of the file supersedes: of several rows about one movie the latest counts, without dates the
/// last of the file. It does so for all movies or for the given ones.
///
/// Rows of lists compete with rows of the same list id, movies of lists within their list, watches on the same day. A watch
/// without a day is superseded by any day of the movie, as it only says that the movie was seen; but not in matcha's own export
/// (source 5), where it is a watch of its own.
pub(super) async fn supersede(
    tx: &mut PgConnection,
    import: ImportId,
    movies: Option<&[MovieId]>,
) -> Result<(), Error> {
    // The rows were just inserted and have no planner statistics: Postgres estimates one row and plans a nested loop, which took
    // 17 s for 2,500 rows.
    sqlx::query!("set local enable_nestloop = off")
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "update import_rows as row set superseded = ranked.is_superseded
         from (select position,
                      row_number() over (partition by kind, movie_id, watched_on, list_id
                                         order by dated_at desc nulls last, position desc) > 1
                      or (kind = 4 and watched_on is null and import.source <> 5
                          and count(watched_on) over (partition by kind, movie_id) > 0) as is_superseded
               from import_rows
               join imports as import on import.id = import_id
               where import_id = $1 and reason is null and (movie_id is not null or kind = 5)
                 and ($2::uuid[] is null or movie_id = any($2))) as ranked
         where row.import_id = $1 and row.position = ranked.position and row.superseded <> ranked.is_superseded",
        import as ImportId,
        movies as Option<&[MovieId]>,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("set local enable_nestloop = on").execute(tx).await?;
    Ok(())
}

/// Matches a row with a movie, or with none; returns the movie that it was matched with before.
pub(super) async fn fix(
    tx: &mut PgConnection,
    import: ImportId,
    position: i32,
    movie: Option<MovieId>,
) -> Result<Option<MovieId>, Error> {
    let row = sqlx::query!(
        r#"select movie_id as "movie: MovieId", reason is not null or kind = 5 as "is_not_matchable!" from import_rows
           where import_id = $1 and position = $2"#,
        import as ImportId,
        position,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or_else(unknown_row)?;
    if row.is_not_matchable {
        return Err(wrong_state());
    }
    sqlx::query!(
        "update import_rows set movie_id = $3, superseded = false where import_id = $1 and position = $2",
        import as ImportId,
        position,
        movie as Option<MovieId>,
    )
    .execute(tx)
    .await?;
    Ok(row.movie)
}

fn unknown_row() -> Error {
    Error::not_found("position", "the import has no such row")
}

/// A query for `$columns` of the rows of the import `$1` compared with what the member `$2` has; `$which` selects rows. Texts are
/// truncated.
///
/// A list is the same if its title, text, visibility, and movies in their order are; a movie of a list is the same if the list
/// has it. The compiler cannot see a field that is missing in these comparisons: one that is added to lists or comments must be
/// added to them, or a row that differs in it alone is taken for the same.
macro_rules! query_compared {
    ($row:ident, $columns:literal, $which:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            $row,
            "select "
                + $columns
                + r#" from (
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
                        -- A row without a day is satisfied by any day, except in matcha's own export.
                        and (watch.watched_on is not distinct from row.watched_on
                             or row.watched_on is null and import.source <> 5)
                      limit 1) as watch on true
                 left join lateral (
                      select list.id, list.title, list.text, list.is_public, list.changed_at from lists as list
                      where row.kind in (5, 6) and list.member_id = $2 and list.id in (row.list_id, row.own_list_id)
                      order by list.id = row.list_id desc
                      limit 1) as mine on true
                 where row.import_id = $1) as compared "#
                + $which,
            $($argument),+
        )
    };
}
pub(super) use query_compared;

/// A compared row, as the contract has it.
struct Listed {
    position: i32,
    file: String,
    line: i32,
    title: String,
    year: i32,
    kind: Kind,
    stars: Option<i16>,
    shelf: Option<i16>,
    text: Option<String>,
    spoiler: bool,
    dated_at: Option<OffsetDateTime>,
    movie_id: Option<MovieId>,
    reason: i16,
    class: Class,
    outcome: Option<Outcome>,
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
            kind: row.kind as i32,
            stars: row.stars.unwrap_or(0).into(),
            shelf: row.shelf.unwrap_or(0).into(),
            text: row.text.unwrap_or_default(),
            spoiler: row.spoiler,
            dated_at: row.dated_at.map(OffsetDateTime::unix_timestamp),
            movie_id: row.movie_id.map(|movie| movie.to_string()).unwrap_or_default(),
            reason: row.reason.into(),
            class: row.class as i32,
            outcome: row.outcome.map_or(0, |outcome| outcome as i32),
            my_stars: row.my_stars.map(Into::into),
            my_shelf: row.my_shelf.unwrap_or(0).into(),
            watched_on: watches::format_day(row.watched_on),
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

/// Reads listed rows; `$which` selects them.
macro_rules! query_listed {
    ($which:literal, $($argument:expr),+ $(,)?) => {
        query_compared!(
            Listed,
            r#"position as "position!", file as "file!", line as "line!", title as "title!", year as "year!",
               kind as "kind!: Kind", stars as "stars?", shelf as "shelf?", text as "text?", spoiler as "spoiler!",
               dated_at as "dated_at?", movie_id as "movie_id?: MovieId", reason as "reason!", class as "class!: Class",
               outcome as "outcome?: Outcome", my_stars as "my_stars?", my_shelf as "my_shelf?",
               watched_on as "watched_on?", rewatch as "rewatch!", tags as "tags!", list_id as "list_id?: ListId",
               list_title as "list_title?", is_public as "is_public!", created_at as "created_at?", place as "place!""#,
            $which,
            $($argument),+
        )
    };
}

pub(super) async fn find(db: &PgPool, member: MemberId, import: ImportId, position: i32) -> Result<ImportRow, Error> {
    let row = query_listed!("where position = $3", import as ImportId, member as MemberId, position,);
    let row = row.fetch_optional(db).await?;
    row.map(ImportRow::from).ok_or_else(unknown_row)
}

pub(crate) async fn list(
    service: &Service,
    member: MemberId,
    request: ListImportRowsRequest,
) -> Result<ListImportRowsResponse, Error> {
    let import = ImportId::parse(&request.import_id)?;
    let page = Page::with_max_limit(MAX_LISTED, ("import", import.0, request.class), request.limit)?;
    let class = ImportClass::try_from(request.class).map_err(|_| Error::invalid("class", "there is no such class"))?;
    let after: i32 = page.after(&request.cursor, -1)?;
    // NOT_FOUND for another member's import, whose rows the query below would show.
    super::find(service, member, import).await?;
    let rows = query_listed!(
        "where position > $3 and ($4::smallint = 0 or class = $4) order by position limit $5",
        import as ImportId,
        member as MemberId,
        after,
        class as i16,
        page.rows_to_read(),
    );
    let mut rows = rows.fetch_all(&service.db).await?;
    let next_cursor = page.truncate(&mut rows, |row| row.position);
    Ok(ListImportRowsResponse {
        rows: rows.into_iter().map(ImportRow::from).collect(),
        next_cursor,
    })
}

/// The number of rows that have kind, class, reason and outcome in common.
struct Group {
    kind: Kind,
    class: Class,
    reason: i16,
    outcome: i16,
    rows: i64,
}

impl From<Group> for ImportCount {
    fn from(group: Group) -> Self {
        Self {
            kind: group.kind as i32,
            class: group.class as i32,
            reason: group.reason.into(),
            outcome: group.outcome.into(),
            rows: group.rows,
        }
    }
}

pub(super) async fn count(db: &PgPool, member: MemberId, import: ImportId) -> Result<Vec<ImportCount>, Error> {
    let groups = query_compared!(
        Group,
        r#"kind as "kind!: Kind", class as "class!: Class", reason as "reason!",
           coalesce(outcome, 0)::smallint as "outcome!", count(*) as "rows!""#,
        "group by 1, 2, 3, 4 order by 1, 2, 3, 4",
        import as ImportId,
        member as MemberId,
    );
    let groups = groups.fetch_all(db).await?;
    Ok(groups.into_iter().map(ImportCount::from).collect())
}
