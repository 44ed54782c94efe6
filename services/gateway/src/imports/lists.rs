//! Lists of movies in our own export. A list is a row of its own, before the rows of its movies.

use std::{collections::HashMap, sync::Arc};

use matcha_protos::rating::v1::ImportReason;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    file::{Entry, FileError, Row},
    record::Record,
    row_builder::{ParsedRow, RowBuilder, rows_of_items, unreadable},
};

/// The rows of a line, which names a list and, unless the list is empty, a movie of it.
pub(super) fn line(record: &Record<'_>) -> Vec<ParsedRow> {
    let mut builder = RowBuilder::new(record.get("list_title"), "", record.get("changed_at"), record.now);
    let Ok(list) = Uuid::try_parse(record.get("list_id")) else {
        return vec![builder.row(Err(ImportReason::Unreadable))];
    };
    let created_at = builder.timestamp(record.get("created_at"), record.now);
    let entry = Entry::List {
        id: list,
        text: record.raw("list_text").to_owned(),
        is_public: record.get("public") == "true",
        created_at,
    };
    let mut rows = vec![builder.row(Ok(entry))];
    let names_a_movie = ["matcha_id", "imdb_id", "title"]
        .iter()
        .any(|column| !record.get(column).is_empty());
    if names_a_movie {
        // Lines without a number as their place keep their order.
        let place = record.get("place").parse().unwrap_or(0);
        rows.push(RowBuilder::of_matcha(record, "").row(Ok(Entry::ListMovie { list, place })));
    }
    rows
}

/// The places of the lists among the rows of a CSV file, where every line names its list again.
#[derive(Default)]
pub(super) struct ListRows(HashMap<Uuid, usize>);

impl ListRows {
    /// Adds a row; a list only once. Only one line of a list has its text, and an editor may have sorted the lines.
    pub(super) fn add(&mut self, rows: &mut Vec<Row>, row: Row) {
        let Entry::List { id, text, .. } = &row.entry else {
            rows.push(row);
            return;
        };
        let Some(&place) = self.0.get(id) else {
            self.0.insert(*id, rows.len());
            rows.push(row);
            return;
        };
        if let Some(Entry::List { text: known, .. }) = rows.get_mut(place).map(|row| &mut row.entry)
            && known.trim().is_empty()
        {
            known.clone_from(text);
        }
    }
}

#[derive(Deserialize)]
struct Exported {
    id: Uuid,
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    public: bool,
    #[serde(default)]
    created_at: String,
    #[serde(default)]
    changed_at: String,
    movies: Vec<Value>,
}

#[derive(Deserialize)]
struct ExportedMovie {
    matcha_id: String,
    #[serde(default)]
    imdb_id: String,
    title: String,
    year: i32,
}

/// The rows of a JSON array of lists. A list has its position in the array, and a movie its position in the list.
pub(super) fn items(file: &Arc<str>, items: Vec<Value>, now: OffsetDateTime) -> Result<Vec<Row>, FileError> {
    let mut all = Vec::new();
    for (place, item) in (1..).zip(items) {
        let Ok(list) = serde_json::from_value::<Exported>(item) else {
            all.push(unreadable().into_row(file, place));
            continue;
        };
        let mut builder = RowBuilder::new(&list.title, "", &list.changed_at, now);
        let created_at = builder.timestamp(&list.created_at, now);
        let entry = Entry::List {
            id: list.id,
            text: list.text,
            is_public: list.public,
            created_at,
        };
        all.push(builder.row(Ok(entry)).into_row(file, place));
        let mut movies = rows_of_items(file, list.movies, |item| movie(item, list.id, now))?;
        for row in &mut movies {
            if let Entry::ListMovie { place, .. } = &mut row.entry {
                *place = i32::try_from(row.line).unwrap_or(i32::MAX);
            }
        }
        all.append(&mut movies);
    }
    Ok(all)
}

fn movie(item: Value, list: Uuid, now: OffsetDateTime) -> Option<ParsedRow> {
    let exported: ExportedMovie = serde_json::from_value(item).ok()?;
    let builder = RowBuilder::new(&exported.title, &exported.year.to_string(), "", now);
    let builder = builder.with_ids(&exported.matcha_id, &exported.imdb_id);
    Some(builder.row(Ok(Entry::ListMovie { list, place: 0 })))
}
