//! Lists of movies as our own export writes them. A list is a row of its own, before the rows of its movies.

use std::{collections::HashMap, sync::Arc};

use matcha_protos::rating::v1::ImportReason;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    Entry, FileError, Row,
    formats::{self, About, Said},
    json,
    table::Record,
};

/// A line names a list and, unless the list is empty, a movie of it.
pub(super) fn line(record: &Record<'_>) -> Vec<Said> {
    let mut about = About::new(record.get("list_title"), "", record.get("changed_at"), record.now);
    let Ok(list) = Uuid::try_parse(record.get("list_id")) else {
        return vec![about.says(Err(ImportReason::Unreadable))];
    };
    let created_at = about.moment(record.get("created_at"), record.now);
    let entry = Entry::List {
        id: list,
        text: record.raw("list_text").to_owned(),
        is_public: record.get("public") == "true",
        created_at,
    };
    let mut said = vec![about.says(Ok(entry))];
    let names_a_movie = ["matcha_id", "imdb_id", "title"]
        .iter()
        .any(|column| !record.get(column).is_empty());
    if names_a_movie {
        // Lines without a readable place stay where they are among each other.
        let place = record.get("place").parse().unwrap_or(0);
        said.push(formats::matcha(record, "").says(Ok(Entry::ListMovie { list, place })));
    }
    said
}

/// The lists of a file of lines, each of which names its list again.
#[derive(Default)]
pub(super) struct Known(HashMap<Uuid, usize>);

impl Known {
    /// A list is added once. Its text stands in one of its lines, whichever order they are in by now.
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

/// The rows of a JSON array of lists. A list has its place in the array, and a movie its own in the list.
pub(super) fn items(file: &Arc<str>, items: Vec<Value>, now: OffsetDateTime) -> Result<Vec<Row>, FileError> {
    let mut all = Vec::new();
    for (place, item) in (1..).zip(items) {
        let Ok(list) = serde_json::from_value::<Exported>(item) else {
            all.push(json::unreadable().into_row(file, place));
            continue;
        };
        let mut about = About::new(&list.title, "", &list.changed_at, now);
        let created_at = about.moment(&list.created_at, now);
        let entry = Entry::List {
            id: list.id,
            text: list.text,
            is_public: list.public,
            created_at,
        };
        all.push(about.says(Ok(entry)).into_row(file, place));
        let mut movies = json::rows(file, list.movies, |item| movie(item, list.id, now))?;
        for row in &mut movies {
            if let Entry::ListMovie { place, .. } = &mut row.entry {
                *place = i32::try_from(row.line).unwrap_or(i32::MAX);
            }
        }
        all.append(&mut movies);
    }
    Ok(all)
}

fn movie(item: Value, list: Uuid, now: OffsetDateTime) -> Option<Said> {
    let exported: ExportedMovie = serde_json::from_value(item).ok()?;
    let about = About::new(&exported.title, &exported.year.to_string(), "", now);
    let about = about.with_ids(&exported.matcha_id, &exported.imdb_id);
    Some(about.says(Ok(Entry::ListMovie { list, place: 0 })))
}
