//! Uploading a file: parsing it, identifying its movies, and storing its rows as an import that can be previewed.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use axum::extract::Request;
use chassis::{client::request, identity::Caller};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use matcha_protos::{
    movie::v1::{MatchMoviesRequest, MovieClue},
    rating::v1::{
        self as proto, AddImportRowsRequest, BeginImportRequest, CompleteImportRequest, ImportKind, ImportSource,
    },
};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::{
    file::{self, Entry, FileError, FileMovie, Parsed, Row, file_name},
    import::{self, Import},
    parse,
};
use crate::{
    http::{
        extract,
        problem::{Kind, Problem},
    },
    upstream::{batches::MAX_BATCH, clients::Clients},
};

/// The path of the REST resource, for which the time limit of requests differs.
pub(crate) const PATH: &str = "/api/v1/me/imports";
/// The time limit from the first byte of a file to its preview.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);
/// The time limit for the body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Bounds the files in memory at the same time.
static FILES: Semaphore = Semaphore::const_new(8);
/// The most files of one member at the same time, so that slow uploads of one member leave room for others. A second one is common:
/// a file that was chosen by mistake is still on its way.
const MAX_FILES_OF_MEMBER: usize = 2;
/// The members whose files are being uploaded, with the number of their files.
static UPLOADING: Mutex<BTreeMap<Uuid, usize>> = Mutex::new(BTreeMap::new());
/// Bounds the files that are parsed at the same time, each of which keeps a core busy.
static PARSING: Semaphore = Semaphore::const_new(2);

/// The most rows of one call to rating.
const MAX_ROWS_OF_CALL: usize = 1000;
/// Once the rows of a call have this many bytes of text, it is sent.
const MAX_BYTES_OF_CALL: usize = 1024 * 1024;

/// Stores the file in the body of a request as an import of the caller.
pub(crate) async fn upload(
    clients: &Clients,
    caller: &Caller,
    name: &str,
    request: Request,
) -> Result<Import, Problem> {
    let member = caller.member()?;
    let too_many = || Problem::new(Kind::TooMany, "two of your files are on their way already").retry_after(5);
    let _place = PlaceOfMember::take(member).ok_or_else(too_many)?;
    let busy = |_| Problem::new(Kind::Unavailable, "too many files at once; try again").retry_after(5);
    let _permit = FILES.try_acquire().map_err(busy)?;
    let bytes = extract::body(request, file::MAX_BYTES, BODY_TIMEOUT).await?;
    let name = file_name(name);
    let parsed = parse_blocking(name.clone(), bytes).await?;
    let movies = identify_movies(clients, caller, &parsed).await?;
    let id = begin(clients, caller, name, parsed.source).await?;
    let import = async {
        add_rows(clients, caller, id, parsed.rows, &movies).await?;
        Ok(import::get(clients, caller, id).await?)
    };
    let mut import = import.await.map_err(replaced_meanwhile)?;
    import.skipped = parsed.skipped;
    Ok(import)
}

/// One of the places of a member, until it is dropped.
struct PlaceOfMember(Uuid);

impl PlaceOfMember {
    fn take(member: Uuid) -> Option<Self> {
        let mut uploading = UPLOADING.lock().unwrap_or_else(PoisonError::into_inner);
        let files = uploading.entry(member).or_default();
        if *files >= MAX_FILES_OF_MEMBER {
            return None;
        }
        *files += 1;
        Some(Self(member))
    }
}

impl Drop for PlaceOfMember {
    fn drop(&mut self) {
        let mut uploading = UPLOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(files) = uploading.get_mut(&self.0) {
            *files -= 1;
            if *files == 0 {
                uploading.remove(&self.0);
            }
        }
    }
}

/// NOT_FOUND during an upload means that a newer upload replaced this import: answer 409.
fn replaced_meanwhile(problem: Problem) -> Problem {
    match problem.kind {
        Kind::NotFound => Problem::new(
            Kind::Conflict,
            "another file was brought meanwhile, and this one gave way to it",
        ),
        _ => problem,
    }
}

/// Parses a file on a thread that may block.
async fn parse_blocking(name: String, bytes: bytes::Bytes) -> Result<Parsed, Problem> {
    let _permit = PARSING.acquire().await;
    let parse = move || parse::parse(&name, &bytes, OffsetDateTime::now_utc());
    let parsed = tokio::task::spawn_blocking(parse).await;
    let parsed = parsed.map_err(|_| Problem::new(Kind::Internal, "internal error"))?;
    parsed.map_err(|error| refused(&error))
}

fn refused(error: &FileError) -> Problem {
    let mut problem = Problem::invalid("file", error.to_string());
    for field in &mut problem.fields {
        (field.reason, field.kind, field.at) = (Some(error.reason()), error.kind(), error.at());
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

/// Sends the rows to rating, in calls of bounded size.
async fn add_rows(
    clients: &Clients,
    caller: &Caller,
    id: Uuid,
    parsed: Vec<Row>,
    movies: &HashMap<FileMovie, String>,
) -> Result<(), Problem> {
    let import_id = id.to_string();
    let mut rating = clients.imports.clone();
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for (position, row) in (0..).zip(parsed) {
        // The title of a list may equal a movie's.
        let movie = Some(&row.movie).filter(|_| !matches!(row.entry, Entry::List { .. }));
        let movie_id = movie.and_then(|movie| movies.get(movie)).cloned().unwrap_or_default();
        let row = to_proto(position, row, movie_id);
        bytes += row.text.len();
        rows.push(row);
        if rows.len() == MAX_ROWS_OF_CALL || bytes > MAX_BYTES_OF_CALL {
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

/// Identifies the movies of a file. Rows of the same movie share one reference in the request to the movie service.
async fn identify_movies(
    clients: &Clients,
    caller: &Caller,
    parsed: &Parsed,
) -> Result<HashMap<FileMovie, String>, Problem> {
    let is_list = |row: &&Row| matches!(row.entry, Entry::List { .. });
    let valid = parsed.rows.iter().filter(|row| row.problem.is_none() && !is_list(row));
    let movies: HashSet<&FileMovie> = valid.map(|row| &row.movie).collect();
    let movies: Vec<FileMovie> = movies.into_iter().cloned().collect();
    let batches: Vec<Vec<FileMovie>> = movies.chunks(MAX_BATCH).map(<[FileMovie]>::to_vec).collect();
    let identified = stream::iter(batches).map(|movies| async move {
        let clues = movies.iter().map(|movie| MovieClue {
            movie_id: movie.movie_id.map(|id| id.to_string()).unwrap_or_default(),
            imdb_id: movie.imdb_id.clone(),
            title: movie.title.clone(),
            year: movie.year.unwrap_or(0),
        });
        let clues = MatchMoviesRequest { clues: clues.collect() };
        let answer = clients.movie.clone().match_movies(request(clues, caller)).await?;
        let ids = answer.into_inner().movie_ids;
        Ok::<_, Problem>(movies.into_iter().zip(ids).collect::<Vec<_>>())
    });
    let identified: Vec<_> = identified.buffered(2).try_collect().await?;
    Ok(identified.into_iter().flatten().collect())
}

fn to_proto(position: i32, row: Row, movie_id: String) -> proto::ImportRow {
    let mut message = proto::ImportRow {
        position,
        file: row.file.to_string(),
        line: i32::try_from(row.line).unwrap_or(i32::MAX),
        title: row.movie.title,
        year: row.movie.year.unwrap_or(0),
        dated_at: row.dated_at.map(OffsetDateTime::unix_timestamp),
        dated_at_micros: micros(row.dated_at),
        movie_id,
        reason: row.problem.unwrap_or_default().into(),
        ..proto::ImportRow::default()
    };
    let kind = match row.entry {
        Entry::Rating(stars) => {
            message.stars = stars;
            ImportKind::Rating
        }
        Entry::Shelf(state) => {
            message.shelf = state.into();
            ImportKind::Shelf
        }
        Entry::Comment {
            text,
            spoiler,
            created_at,
        } => {
            (message.text, message.spoiler) = (text, spoiler);
            message.created_at = created_at.map(OffsetDateTime::unix_timestamp);
            message.created_at_micros = micros(created_at);
            ImportKind::Comment
        }
        Entry::Watch {
            watched_on,
            rewatch,
            tags,
        } => {
            message.watched_on = watched_on.map(|day| day.to_string()).unwrap_or_default();
            (message.rewatch, message.tags) = (rewatch, tags);
            ImportKind::Watch
        }
        Entry::List {
            id,
            text,
            is_public,
            created_at,
        } => {
            (message.list_id, message.text, message.is_public) = (id.to_string(), text, is_public);
            message.created_at = created_at.map(OffsetDateTime::unix_timestamp);
            message.created_at_micros = micros(created_at);
            ImportKind::List
        }
        Entry::ListMovie { list, place } => {
            (message.list_id, message.place) = (list.to_string(), place);
            ImportKind::ListMovie
        }
        Entry::Nothing => ImportKind::Unspecified,
    };
    message.kind = kind.into();
    message
}

/// The microseconds beside the seconds of a timestamp.
fn micros(timestamp: Option<OffsetDateTime>) -> i32 {
    timestamp.map_or(0, |at| i32::try_from(at.microsecond()).unwrap_or(0))
}
