//! `/api/v1/me/imports`: a file of the member's own, from the look at it to the undoing. Reading the file is `crate::imports`;
//! which movies it means, the movie service's; keeping and applying, the rating service's.

use std::{collections::HashMap, fmt::Write as _, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use chassis::{client::request, identity::Caller};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderValue, StatusCode, header};
use matcha_protos::{
    movie::v1::{self as movie, MatchMoviesRequest, MovieClue},
    rating::v1::{
        self as proto, AddImportRowsRequest, ApplyImportRequest, BeginImportRequest, CompleteImportRequest,
        FixImportRowRequest, GetImportRequest, ImportKind, ImportSource, ListImportRowsRequest, ListImportsRequest,
        UndoImportRequest,
    },
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{me::moment, shelf::ShelfState};
use crate::{
    http::{
        auth::SignedIn,
        extract::{self, Json, PathId, Query, RowInPath, cursor, limit},
        problem::{Kind, Problem},
    },
    imports::{self, Entry, FileError, Film, Parsed},
    stars,
    upstream::{
        batch_reads,
        clients::{Clients, MOST_IN_A_BATCH},
        degraded::Degraded,
    },
};

pub(crate) const UPLOAD: &str = "/api/v1/me/imports";
/// From the first byte of a file to its preview.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const ARRIVING: Duration = Duration::from_secs(30);

/// Files in memory at the same time, and files being read, which keeps a core busy.
static FILES: Semaphore = Semaphore::const_new(8);
static READING: Semaphore = Semaphore::const_new(2);

/// Rows of one call to rating, and about how many bytes of text they may have together.
const ROWS_AT_ONCE: usize = 1000;
const BYTES_AT_ONCE: usize = 1024 * 1024;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Upload {
    /// What the file is called; it tells Letterboxd's watched.csv from its watchlist.csv.
    #[param(example = "ratings.csv")]
    name: String,
}

/// A file, and how far it has come.
#[derive(Serialize, ToSchema)]
pub(super) struct Import {
    #[schema(value_type = Uuid)]
    id: String,
    /// letterboxd, imdb, trakt, watcha_pedia or matcha.
    source: String,
    file_name: String,
    /// loading, ready, applying, applied, undoing or undone.
    state: String,
    /// keep_mine, take_file or newest; null: not decided.
    policy: Option<String>,
    rows: i64,
    /// Of the applying or the undoing.
    done: i64,
    to_do: i64,
    /// Empty in lists, and while it is under way.
    counts: Vec<Count>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
}

/// How many rows have this in common.
#[derive(Serialize, ToSchema)]
struct Count {
    /// rating, shelf, comment, watch, list or list_movie.
    kind: Option<String>,
    /// new, changed, same, unmatched or skipped.
    class: Option<String>,
    reason: Option<String>,
    /// applied, kept, undone or left.
    outcome: Option<String>,
    rows: i64,
}

/// A word of the contract as it stands outside; what is unspecified there is null here.
fn word(prefix: &str, name: &'static str) -> Option<String> {
    let word = name.strip_prefix(prefix)?.to_lowercase();
    (word != "unspecified").then_some(word)
}

impl From<proto::Import> for Import {
    fn from(import: proto::Import) -> Self {
        let counts = import.counts.iter().map(|count| Count {
            kind: word("IMPORT_KIND_", count.kind().as_str_name()),
            class: word("IMPORT_CLASS_", count.class().as_str_name()),
            reason: word("IMPORT_REASON_", count.reason().as_str_name()),
            outcome: word("IMPORT_OUTCOME_", count.outcome().as_str_name()),
            rows: count.rows,
        });
        Self {
            counts: counts.collect(),
            source: word("IMPORT_SOURCE_", import.source().as_str_name()).unwrap_or_default(),
            state: word("IMPORT_STATE_", import.state().as_str_name()).unwrap_or_default(),
            policy: word("IMPORT_POLICY_", import.policy().as_str_name()),
            rows: import.row_count,
            done: import.done,
            to_do: import.to_do,
            created_at: moment(import.created_at),
            expires_at: moment(import.expires_at),
            id: import.id,
            file_name: import.file_name,
        }
    }
}

/// Reads a file and shows what it would change; nothing is applied. The body is the file: a CSV, JSON or ZIP of at most 20 MB.
/// A preview that was never applied gives way to the new one, and a file that is still being read too (409).
#[utoipa::path(post, path = "/api/v1/me/imports", tag = "imports", params(Upload), security(("bearer" = [])),
    request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = Import)))]
pub(super) async fn upload(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(upload): Query<Upload>,
    request: Request,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let busy = |_| Problem::new(Kind::Unavailable, "too many files at once; try again").retry_after(5);
    let _place = FILES.try_acquire().map_err(busy)?;
    let file = extract::body(request, imports::LARGEST, ARRIVING).await?;
    let name = imports::file_name(&upload.name);
    let parsed = read(name.clone(), file).await?;
    let movies = matching(&clients, &caller, &parsed).await?;
    let id = begin(&clients, &caller, name, parsed.source).await?;
    let import = async {
        load(&clients, &caller, id, parsed.rows, &movies).await?;
        find(&clients, &caller, id).await
    };
    let import = import.await.map_err(given_way)?;
    Ok((StatusCode::CREATED, Json(import)))
}

/// What has begun is only gone when it gave way to another file of the member's.
fn given_way(problem: Problem) -> Problem {
    match problem.kind {
        Kind::NotFound => Problem::new(
            Kind::Conflict,
            "another file was brought meanwhile, and this one gave way to it",
        ),
        _ => problem,
    }
}

/// Off the async threads.
async fn read(name: String, file: bytes::Bytes) -> Result<Parsed, Problem> {
    let _place = READING.acquire().await;
    let read = move || imports::parse(&name, &file, OffsetDateTime::now_utc());
    let parsed = tokio::task::spawn_blocking(read).await;
    let parsed = parsed.map_err(|_| Problem::new(Kind::Internal, "internal error"))?;
    parsed.map_err(|error| refused(&error))
}

fn refused(error: &FileError) -> Problem {
    let mut problem = Problem::invalid("file", error.to_string());
    for field in &mut problem.fields {
        (field.reason, field.at) = (Some(error.reason()), error.at());
    }
    problem
}

async fn begin(clients: &Clients, caller: &Caller, file_name: String, source: ImportSource) -> Result<Uuid, Problem> {
    let id = Uuid::now_v7();
    let message = BeginImportRequest {
        import_id: id.to_string(),
        source: source.into(),
        file_name,
    };
    clients.imports.clone().begin_import(request(message, caller)).await?;
    Ok(id)
}

/// Hands the rows to rating.
async fn load(
    clients: &Clients,
    caller: &Caller,
    id: Uuid,
    parsed: Vec<imports::Row>,
    movies: &HashMap<Film, String>,
) -> Result<(), Problem> {
    let import_id = id.to_string();
    let mut rating = clients.imports.clone();
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for (position, row) in (0..).zip(parsed) {
        // The title of a list may be a film's.
        let film = Some(&row.film).filter(|_| !matches!(row.entry, Entry::List { .. }));
        let movie_id = film.and_then(|film| movies.get(film)).cloned().unwrap_or_default();
        let row = inside(position, row, movie_id);
        bytes += row.text.len();
        rows.push(row);
        if rows.len() == ROWS_AT_ONCE || bytes > BYTES_AT_ONCE {
            let add = AddImportRowsRequest {
                import_id: import_id.clone(),
                rows: std::mem::take(&mut rows),
            };
            bytes = 0;
            rating.add_import_rows(request(add, caller)).await?;
        }
    }
    if !rows.is_empty() {
        let add = AddImportRowsRequest {
            import_id: import_id.clone(),
            rows,
        };
        rating.add_import_rows(request(add, caller)).await?;
    }
    rating
        .complete_import(request(CompleteImportRequest { import_id }, caller))
        .await?;
    Ok(())
}

/// Which movies the file's films are, each asked for once.
async fn matching(clients: &Clients, caller: &Caller, parsed: &Parsed) -> Result<HashMap<Film, String>, Problem> {
    let is_list = |row: &&imports::Row| matches!(row.entry, Entry::List { .. });
    let readable = parsed.rows.iter().filter(|row| row.problem.is_none() && !is_list(row));
    let films: std::collections::HashSet<&Film> = readable.map(|row| &row.film).collect();
    let films: Vec<Film> = films.into_iter().cloned().collect();
    let batches: Vec<Vec<Film>> = films.chunks(MOST_IN_A_BATCH).map(<[Film]>::to_vec).collect();
    let matched = stream::iter(batches).map(|films| async move {
        let clues = films.iter().map(|film| MovieClue {
            movie_id: film.movie_id.map(|id| id.to_string()).unwrap_or_default(),
            imdb_id: film.imdb_id.clone(),
            title: film.title.clone(),
            year: film.year.unwrap_or(0),
        });
        let clues = MatchMoviesRequest { clues: clues.collect() };
        let answer = clients.movie.clone().match_movies(request(clues, caller)).await?;
        let movies = answer.into_inner().movie_ids;
        Ok::<_, Problem>(films.into_iter().zip(movies).collect::<Vec<_>>())
    });
    let matched: Vec<_> = matched.buffered(2).try_collect().await?;
    Ok(matched.into_iter().flatten().collect())
}

fn inside(position: i32, row: imports::Row, movie_id: String) -> proto::ImportRow {
    let mut inside = proto::ImportRow {
        position,
        file: row.file.to_string(),
        line: i32::try_from(row.line).unwrap_or(i32::MAX),
        title: row.film.title,
        year: row.film.year.unwrap_or(0),
        dated_at: row.dated_at.map(OffsetDateTime::unix_timestamp),
        dated_at_micros: micros(row.dated_at),
        movie_id,
        reason: row.problem.unwrap_or_default().into(),
        ..proto::ImportRow::default()
    };
    let kind = match row.entry {
        Entry::Rating(stars) => {
            inside.stars = stars;
            ImportKind::Rating
        }
        Entry::Shelf(state) => {
            inside.shelf = state.into();
            ImportKind::Shelf
        }
        Entry::Comment {
            text,
            spoiler,
            created_at,
        } => {
            (inside.text, inside.spoiler) = (text, spoiler);
            inside.created_at = created_at.map(OffsetDateTime::unix_timestamp);
            inside.created_at_micros = micros(created_at);
            ImportKind::Comment
        }
        Entry::Watch {
            watched_on,
            rewatch,
            tags,
        } => {
            inside.watched_on = watched_on.map(|day| day.to_string()).unwrap_or_default();
            (inside.rewatch, inside.tags) = (rewatch, tags);
            ImportKind::Watch
        }
        Entry::List {
            id,
            text,
            is_public,
            created_at,
        } => {
            (inside.list_id, inside.text, inside.is_public) = (id.to_string(), text, is_public);
            inside.created_at = created_at.map(OffsetDateTime::unix_timestamp);
            inside.created_at_micros = micros(created_at);
            ImportKind::List
        }
        Entry::ListMovie { list, place } => {
            (inside.list_id, inside.place) = (list.to_string(), place);
            ImportKind::ListMovie
        }
        Entry::Nothing => ImportKind::Unspecified,
    };
    inside.kind = kind.into();
    inside
}

/// What is beside the seconds of a moment.
fn micros(moment: Option<OffsetDateTime>) -> i32 {
    moment.map_or(0, |at| i32::try_from(at.microsecond()).unwrap_or(0))
}

async fn find(clients: &Clients, caller: &Caller, id: Uuid) -> Result<Import, Problem> {
    let message = GetImportRequest {
        import_id: id.to_string(),
    };
    let answer = clients.imports.clone().get_import(request(message, caller)).await?;
    Ok(answer.into_inner().import.unwrap_or_default().into())
}

#[derive(Serialize, ToSchema)]
pub(super) struct Imports {
    items: Vec<Import>,
}

/// The imports of the last seven days, newest first.
#[utoipa::path(get, path = "/api/v1/me/imports", tag = "imports", security(("bearer" = [])),
    responses((status = 200, body = Imports)))]
pub(super) async fn list(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Json<Imports>, Problem> {
    let message = ListImportsRequest {};
    let answer = clients.imports.clone().list_imports(request(message, &caller)).await?;
    let imports = answer.into_inner().imports.into_iter();
    Ok(Json(Imports {
        items: imports.map(Import::from).collect(),
    }))
}

/// One import, with how many rows of each kind it has.
#[utoipa::path(get, path = "/api/v1/me/imports/{id}", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = Import)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<Import>, Problem> {
    Ok(Json(find(&clients, &caller, id).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RowsFilter {
    /// Usually all.
    #[param(inline)]
    class: Option<Class>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Class {
    New,
    Changed,
    Same,
    Unmatched,
    Skipped,
}

impl Class {
    fn inside(self) -> proto::ImportClass {
        match self {
            Self::New => proto::ImportClass::New,
            Self::Changed => proto::ImportClass::Changed,
            Self::Same => proto::ImportClass::Same,
            Self::Unmatched => proto::ImportClass::Unmatched,
            Self::Skipped => proto::ImportClass::Skipped,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct Rows {
    items: Vec<Row>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    degraded: Vec<&'static str>,
}

/// A row of the file beside what the member has now.
#[derive(Serialize, ToSchema)]
pub(super) struct Row {
    position: i32,
    file: String,
    line: i32,
    /// Of a list its own.
    title: String,
    year: Option<i32>,
    /// rating, shelf, comment, watch, list or list_movie; null: it could not be read.
    kind: Option<String>,
    stars: Option<f64>,
    shelf: Option<ShelfState>,
    /// The beginning of a long one.
    text: Option<String>,
    spoiler: bool,
    #[serde(with = "time::serde::rfc3339::option")]
    dated_at: Option<OffsetDateTime>,
    movie: Option<Matched>,
    /// new, changed, same, unmatched or skipped.
    class: Option<String>,
    reason: Option<String>,
    /// applied, kept, undone or left; null: nothing yet.
    outcome: Option<String>,
    my_stars: Option<f64>,
    my_shelf: Option<ShelfState>,
    /// With a watch; null: the file says that the movie was seen, and not when.
    #[schema(format = Date)]
    watched_on: Option<String>,
    rewatch: bool,
    tags: Vec<String>,
    /// With a list: whether everybody may see it.
    public: bool,
    /// With a movie of a list: the title of the list.
    list: Option<String>,
}

/// The movie that a row means.
#[derive(Serialize, ToSchema)]
struct Matched {
    #[schema(value_type = Uuid)]
    id: String,
    /// Null: the movie cannot be had at the moment.
    title_ko: Option<String>,
    title_en: Option<String>,
    title_original: Option<String>,
    year: Option<i32>,
}

impl Row {
    fn new(row: proto::ImportRow, movies: &HashMap<Uuid, movie::Movie>) -> Self {
        let known = row.movie_id.parse().ok().and_then(|id: Uuid| movies.get(&id));
        let movie = (!row.movie_id.is_empty()).then(|| Matched {
            id: row.movie_id.clone(),
            title_ko: known.map(|movie| movie.title_ko.clone()),
            title_en: known.map(|movie| movie.title_en.clone()),
            title_original: known.map(|movie| movie.title_original.clone()),
            year: known.map(|movie| movie.year),
        });
        Self {
            movie,
            kind: word("IMPORT_KIND_", row.kind().as_str_name()),
            class: word("IMPORT_CLASS_", row.class().as_str_name()),
            reason: word("IMPORT_REASON_", row.reason().as_str_name()),
            outcome: word("IMPORT_OUTCOME_", row.outcome().as_str_name()),
            shelf: ShelfState::from_inside(row.shelf()),
            my_shelf: ShelfState::from_inside(row.my_shelf()),
            position: row.position,
            line: row.line,
            year: Some(row.year).filter(|year| *year != 0),
            stars: Some(row.stars).filter(|stars| *stars != 0).map(stars::outside),
            my_stars: row.my_stars.map(stars::outside),
            spoiler: row.spoiler,
            dated_at: row.dated_at.map(moment),
            text: Some(row.text).filter(|text| !text.is_empty()),
            watched_on: Some(row.watched_on).filter(|day| !day.is_empty()),
            rewatch: row.rewatch,
            tags: row.tags,
            public: row.is_public,
            list: Some(row.list_title).filter(|title| !title.is_empty()),
            file: row.file,
            title: row.title,
        }
    }
}

/// Rows of an import in the order of its file.
#[utoipa::path(get, path = "/api/v1/me/imports/{id}/rows", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path), RowsFilter), responses((status = 200, body = Rows)))]
pub(super) async fn rows(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Query(filter): Query<RowsFilter>,
) -> Result<Json<Rows>, Problem> {
    let message = ListImportRowsRequest {
        import_id: id.to_string(),
        class: filter.class.map_or(0, |class| class.inside().into()),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients
        .imports
        .clone()
        .list_import_rows(request(message, &caller))
        .await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let movies = known(&clients, &answer.rows, &mut degraded).await;
    Ok(Json(Rows {
        items: answer.rows.into_iter().map(|row| Row::new(row, &movies)).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        degraded: degraded.into_names(),
    }))
}

/// The movies of a page of rows; without the movie service the rows still say what the file says.
async fn known(clients: &Clients, rows: &[proto::ImportRow], degraded: &mut Degraded) -> HashMap<Uuid, movie::Movie> {
    let mut ids = batch_reads::ids(rows.iter().map(|row| &row.movie_id));
    ids.sort_unstable();
    ids.dedup();
    let movies = clients.movies.read(&ids).await;
    degraded.part("movie", movies).unwrap_or_default()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Meant {
    /// Null: none after all.
    movie_id: Option<Uuid>,
}

/// Says which movie a row means; only until the import is applied.
#[utoipa::path(put, path = "/api/v1/me/imports/{id}/rows/{position}", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path), ("position" = i32, Path)), request_body = Meant, responses((status = 200, body = Row)))]
pub(super) async fn fix(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    RowInPath { id, position }: RowInPath,
    Json(meant): Json<Meant>,
) -> Result<Json<Row>, Problem> {
    let message = FixImportRowRequest {
        import_id: id.to_string(),
        position,
        movie_id: meant.movie_id.map(|id| id.to_string()).unwrap_or_default(),
    };
    let answer = clients
        .imports
        .clone()
        .fix_import_row(request(message, &caller))
        .await?;
    let row = answer.into_inner().row.unwrap_or_default();
    let movies = known(&clients, std::slice::from_ref(&row), &mut Degraded::default()).await;
    Ok(Json(Row::new(row, &movies)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    policy: Policy,
}

/// What happens where the member has something else than the file.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Policy {
    KeepMine,
    TakeFile,
    Newest,
}

/// Starts applying; `done` says how far it has come. The same decision again changes nothing.
#[utoipa::path(put, path = "/api/v1/me/imports/{id}/apply", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = Decision, responses((status = 202, body = Import)))]
pub(super) async fn apply(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(decision): Json<Decision>,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let policy = match decision.policy {
        Policy::KeepMine => proto::ImportPolicy::KeepMine,
        Policy::TakeFile => proto::ImportPolicy::TakeFile,
        Policy::Newest => proto::ImportPolicy::Newest,
    };
    let message = ApplyImportRequest {
        import_id: id.to_string(),
        policy: policy.into(),
    };
    let answer = clients.imports.clone().apply_import(request(message, &caller)).await?;
    let import = answer.into_inner().import.unwrap_or_default();
    Ok((StatusCode::ACCEPTED, Json(import.into())))
}

/// Starts putting back what the import replaced, except what was changed since.
#[utoipa::path(put, path = "/api/v1/me/imports/{id}/undo", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 202, body = Import)))]
pub(super) async fn undo(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<(StatusCode, Json<Import>), Problem> {
    let message = UndoImportRequest {
        import_id: id.to_string(),
    };
    let answer = clients.imports.clone().undo_import(request(message, &caller)).await?;
    let import = answer.into_inner().import.unwrap_or_default();
    Ok((StatusCode::ACCEPTED, Json(import.into())))
}

/// Every row and what became of it, as CSV.
#[utoipa::path(get, path = "/api/v1/me/imports/{id}/report", tag = "imports", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = String, content_type = "text/csv")))]
pub(super) async fn report(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    // The first page now: an import that is not there is an error, not an empty file.
    let first = report_page(&clients, &caller, id, String::new()).await?;
    let rest = stream::try_unfold(Some(first.next_cursor), move |cursor| {
        let (clients, caller) = (clients.clone(), caller.clone());
        async move {
            let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
                return Ok::<_, Problem>(None);
            };
            let page = report_page(&clients, &caller, id, cursor).await?;
            Ok(Some((lines(page.rows), Some(page.next_cursor))))
        }
    });
    // With a mark by which spreadsheets know UTF-8.
    let head = "\u{feff}file,line,title,year,kind,stars,watched_on,class,reason,outcome,matcha_id,list\r\n".to_owned();
    let body = stream::iter([Ok(head), Ok(lines(first.rows))]).chain(rest);
    Ok(download(
        Body::from_stream(body),
        "text/csv; charset=utf-8",
        "matcha-import-report.csv",
    ))
}

async fn report_page(
    clients: &Clients,
    caller: &Caller,
    id: Uuid,
    cursor: String,
) -> Result<proto::ListImportRowsResponse, Problem> {
    let message = ListImportRowsRequest {
        import_id: id.to_string(),
        class: 0,
        cursor,
        limit: 200,
    };
    let answer = clients
        .imports
        .clone()
        .list_import_rows(request(message, caller))
        .await?;
    Ok(answer.into_inner())
}

fn lines(rows: Vec<proto::ImportRow>) -> String {
    let mut lines = String::new();
    for row in rows {
        let year = if row.year == 0 {
            String::new()
        } else {
            row.year.to_string()
        };
        let stars = if row.stars == 0 {
            String::new()
        } else {
            format!("{:.1}", stars::outside(row.stars))
        };
        let (kind, class) = (row.kind().as_str_name(), row.class().as_str_name());
        let (reason, outcome) = (row.reason().as_str_name(), row.outcome().as_str_name());
        let _ = write!(
            lines,
            "{},{},{},{year},{},{stars},{},{},{},{},{},{}\r\n",
            field(&row.file),
            row.line,
            field(&row.title),
            word("IMPORT_KIND_", kind).unwrap_or_default(),
            row.watched_on,
            word("IMPORT_CLASS_", class).unwrap_or_default(),
            word("IMPORT_REASON_", reason).unwrap_or_default(),
            word("IMPORT_OUTCOME_", outcome).unwrap_or_default(),
            row.movie_id,
            field(&row.list_title),
        );
    }
    lines
}

/// A text as a field for people's spreadsheets: quoted, and never a formula, as it comes from a file that anybody wrote.
fn field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// An answer that the browser keeps as a file.
pub(super) fn download(body: Body, kind: &'static str, name: &str) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // Also keeps the edge from compressing what is packed already.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_in_the_report_is_one_field_and_no_formula() {
        assert_eq!(field("좋은 놈, 나쁜 놈"), "\"좋은 놈, 나쁜 놈\"");
        assert_eq!(field("The \"Thing\""), "\"The \"\"Thing\"\"\"");
        assert_eq!(field("=HYPERLINK(1)"), "\"'=HYPERLINK(1)\"");
    }

    #[test]
    fn words_outside_are_those_inside_without_their_prefix() {
        assert_eq!(
            word("IMPORT_POLICY_", "IMPORT_POLICY_KEEP_MINE").as_deref(),
            Some("keep_mine")
        );
        assert_eq!(word("IMPORT_POLICY_", "IMPORT_POLICY_UNSPECIFIED"), None);
    }
}
