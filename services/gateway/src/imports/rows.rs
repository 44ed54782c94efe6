//! The rows of an import.

use std::collections::HashMap;

use chassis::{client::request, identity::Caller};
use matcha_protos::{
    movie::v1::Movie,
    rating::v1::{self as proto, FixImportRowRequest, ListImportRowsRequest, ListImportRowsResponse},
};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use super::import::enum_word;
use crate::{
    features::{page::PageRequest, shelf::ShelfState},
    id::Id,
    stars,
    timestamp::Timestamp,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// How a row compares with what the member has.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowClass {
    New,
    Changed,
    Same,
    Unmatched,
    Skipped,
}

impl RowClass {
    fn to_proto(self) -> proto::ImportClass {
        match self {
            Self::New => proto::ImportClass::New,
            Self::Changed => proto::ImportClass::Changed,
            Self::Same => proto::ImportClass::Same,
            Self::Unmatched => proto::ImportClass::Unmatched,
            Self::Skipped => proto::ImportClass::Skipped,
        }
    }
}

/// A page of an import's rows.
#[derive(Serialize, ToSchema)]
#[schema(as = Rows)]
pub(crate) struct ImportRows {
    items: Vec<ImportRow>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// Services that did not answer; their part is null.
    degraded: Vec<&'static str>,
}

/// A row of the file, with what the member has now.
#[derive(Serialize, ToSchema)]
#[schema(as = Row)]
pub(crate) struct ImportRow {
    position: i32,
    file: String,
    line: i32,
    /// The movie's title in the file, or the title of a list.
    title: String,
    year: Option<i32>,
    /// rating, shelf, comment, watch, list or list_movie; null: the row could not be parsed.
    kind: Option<String>,
    stars: Option<f64>,
    shelf: Option<ShelfState>,
    /// At most the beginning of a long text.
    text: Option<String>,
    spoiler: bool,
    #[schema(value_type = Option<OffsetDateTime>)]
    dated_at: Option<Timestamp>,
    movie: Option<MatchedMovie>,
    /// new, changed, same, unmatched or skipped.
    class: Option<String>,
    reason: Option<String>,
    /// applied, kept, undone or left; null: not applied.
    outcome: Option<String>,
    my_stars: Option<f64>,
    my_shelf: Option<ShelfState>,
    /// With a watch; null: the file does not say when the movie was watched.
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
#[schema(as = Matched)]
struct MatchedMovie {
    #[schema(value_type = Uuid)]
    id: Id,
    /// Null, as the other fields: the movie service did not answer.
    title_ko: Option<String>,
    title_en: Option<String>,
    title_original: Option<String>,
    year: Option<i32>,
}

impl ImportRow {
    fn new(row: proto::ImportRow, movies: &HashMap<Uuid, Movie>) -> Self {
        let known = row.movie_id.parse().ok().and_then(|id: Uuid| movies.get(&id));
        let movie = (!row.movie_id.is_empty()).then(|| MatchedMovie {
            id: Id::from_proto(&row.movie_id),
            title_ko: known.map(|movie| movie.title_ko.clone()),
            title_en: known.map(|movie| movie.title_en.clone()),
            title_original: known.map(|movie| movie.title_original.clone()),
            year: known.map(|movie| movie.year),
        });
        Self {
            movie,
            kind: enum_word("IMPORT_KIND_", row.kind().as_str_name()),
            class: enum_word("IMPORT_CLASS_", row.class().as_str_name()),
            reason: enum_word("IMPORT_REASON_", row.reason().as_str_name()),
            outcome: enum_word("IMPORT_OUTCOME_", row.outcome().as_str_name()),
            shelf: ShelfState::from_proto(row.shelf()),
            my_shelf: ShelfState::from_proto(row.my_shelf()),
            position: row.position,
            line: row.line,
            year: Some(row.year).filter(|year| *year != 0),
            stars: Some(row.stars).filter(|stars| *stars != 0).map(stars::from_half_steps),
            my_stars: row.my_stars.map(stars::from_half_steps),
            spoiler: row.spoiler,
            dated_at: row.dated_at.map(Timestamp::from_seconds),
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

/// Asks rating for a page of rows, of one class or of all.
pub(super) async fn read(
    clients: &Clients,
    caller: &Caller,
    import: Uuid,
    class: Option<RowClass>,
    page: PageRequest,
) -> Result<ListImportRowsResponse, Status> {
    let message = ListImportRowsRequest {
        import_id: import.to_string(),
        class: class.map_or(0, |class| class.to_proto().into()),
        cursor: page.cursor,
        limit: page.limit,
    };
    let mut imports = clients.imports.clone();
    Ok(imports.list_import_rows(request(message, caller)).await?.into_inner())
}

/// Lists the rows of an import with their movies, in the order of the file.
pub(crate) async fn list(
    clients: &Clients,
    caller: &Caller,
    import: Uuid,
    class: Option<RowClass>,
    page: PageRequest,
) -> Result<ImportRows, Status> {
    let answer = read(clients, caller, import, class, page).await?;
    let degraded = Degraded::default();
    let movies = read_movies(clients, &answer.rows, &degraded).await;
    let rows = answer.rows.into_iter();
    Ok(ImportRows {
        items: rows.map(|row| ImportRow::new(row, &movies)).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        degraded: degraded.names(),
    })
}

/// Sets the movie that a row is about; `None`: no movie.
pub(crate) async fn set_movie(
    clients: &Clients,
    caller: &Caller,
    import: Uuid,
    position: i32,
    movie: Option<Uuid>,
) -> Result<ImportRow, Status> {
    let message = FixImportRowRequest {
        import_id: import.to_string(),
        position,
        movie_id: movie.map(|id| id.to_string()).unwrap_or_default(),
    };
    let mut imports = clients.imports.clone();
    let answer = imports.fix_import_row(request(message, caller)).await?;
    let row = answer.into_inner().row.unwrap_or_default();
    let movies = read_movies(clients, std::slice::from_ref(&row), &Degraded::default()).await;
    Ok(ImportRow::new(row, &movies))
}

/// Reads the movies of rows. If the movie service is down, the rows still have what the file says.
async fn read_movies(clients: &Clients, rows: &[proto::ImportRow], degraded: &Degraded) -> HashMap<Uuid, Movie> {
    let mut ids = batch_reads::ids(rows.iter().map(|row| &row.movie_id));
    ids.sort_unstable();
    ids.dedup();
    let movies = clients.movies.read(&ids).await;
    degraded.part("movie", movies).unwrap_or_default()
}
