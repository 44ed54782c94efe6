//! Building rows from columns and JSON items, with the first problem of each row.

use std::sync::Arc;

use matcha_protos::rating::v1::ImportReason;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    file::{Entry, FileError, FileMovie, MAX_ROWS, Row},
    record::Record,
    values,
};

/// A row without its position in a file.
pub(super) struct ParsedRow {
    pub(super) movie: FileMovie,
    pub(super) entry: Entry,
    pub(super) dated_at: Option<OffsetDateTime>,
    pub(super) problem: Option<ImportReason>,
}

impl ParsedRow {
    pub(super) fn into_row(self, file: &Arc<str>, line: usize) -> Row {
        Row {
            file: file.clone(),
            line,
            movie: self.movie,
            entry: self.entry,
            dated_at: self.dated_at,
            problem: self.problem,
        }
    }
}

/// Parses the columns that rows have in common: movie and date. Keeps the first problem of them.
pub(super) struct RowBuilder {
    movie: FileMovie,
    dated_at: Option<OffsetDateTime>,
    problem: Option<ImportReason>,
}

impl RowBuilder {
    pub(super) fn new(title: &str, year: &str, date: &str, now: OffsetDateTime) -> Self {
        let mut problem = None;
        let movie = FileMovie {
            title: or_note(values::title(title), &mut problem),
            year: or_note(values::year(year), &mut problem),
            ..FileMovie::default()
        };
        let dated_at = or_note(values::timestamp(date, now), &mut problem);
        Self {
            movie,
            dated_at,
            problem,
        }
    }

    /// Adds the movie's ids; text that is no id is ignored.
    pub(super) fn with_ids(mut self, movie_id: &str, imdb_id: &str) -> Self {
        self.movie.movie_id = Uuid::try_parse(movie_id).ok();
        self.movie.imdb_id = values::imdb_id(imdb_id).unwrap_or_default();
        // If there is an id, title and year are not needed to identify the movie.
        let has_id = self.movie.movie_id.is_some() || !self.movie.imdb_id.is_empty();
        if has_id && matches!(self.problem, Some(ImportReason::Title | ImportReason::Year)) {
            self.problem = None;
        }
        self
    }

    /// Parses another timestamp of the row than the one that it is dated by.
    pub(super) fn timestamp(&mut self, text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        or_note(values::timestamp(text, now), &mut self.problem)
    }

    /// Adds a problem, unless there is one.
    pub(super) fn with_problem(mut self, reason: ImportReason) -> Self {
        self.problem.get_or_insert(reason);
        self
    }

    /// A row with this entry. If it could not be parsed, that is a problem of the row.
    pub(super) fn row(&self, entry: Result<Entry, ImportReason>) -> ParsedRow {
        let mut problem = self.problem;
        let entry = entry.unwrap_or_else(|reason| {
            problem.get_or_insert(reason);
            Entry::Nothing
        });
        ParsedRow {
            movie: self.movie.clone(),
            entry,
            dated_at: self.dated_at,
            problem,
        }
    }

    /// Reads the columns of our own export.
    pub(super) fn of_matcha(record: &Record<'_>, date: &str) -> Self {
        let builder = Self::new(record.get("title"), record.get("year"), record.get(date), record.now);
        builder.with_ids(record.get("matcha_id"), record.get("imdb_id"))
    }
}

/// The value, or its default and a note of the problem.
fn or_note<T: Default>(value: Result<T, ImportReason>, problem: &mut Option<ImportReason>) -> T {
    value.unwrap_or_else(|reason| {
        problem.get_or_insert(reason);
        T::default()
    })
}

/// Reads the items of a JSON array. An item's line is its position in the array, from 1.
pub(super) fn rows_of_items(
    file: &Arc<str>,
    items: Vec<Value>,
    read: impl Fn(Value) -> Option<ParsedRow>,
) -> Result<Vec<Row>, FileError> {
    if items.len() > MAX_ROWS {
        return Err(FileError::TooManyRows);
    }
    let rows = items.into_iter().map(|item| read(item).unwrap_or_else(unreadable));
    Ok((1..).zip(rows).map(|(line, row)| row.into_row(file, line)).collect())
}

/// The row of an item that could not be parsed at all.
pub(super) fn unreadable() -> ParsedRow {
    ParsedRow {
        movie: FileMovie::default(),
        entry: Entry::Nothing,
        dated_at: None,
        problem: Some(ImportReason::Unreadable),
    }
}
