//! JSON files: Trakt's ratings, and our own export in one piece.

use std::sync::Arc;

use matcha_protos::rating::v1::{ImportReason, ImportSource};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    entries::points,
    file::{Entry, FileError, Parsed},
    lists,
    row_builder::{ParsedRow, RowBuilder, rows_of_items},
    values,
};

pub(super) fn parse(name: &str, text: &str, now: OffsetDateTime) -> Result<Parsed, FileError> {
    let value: Value = serde_json::from_str(text).map_err(|error| FileError::Json {
        file: name.to_owned(),
        line: error.line(),
    })?;
    let unknown = || FileError::Unknown(name.to_owned());
    let file: Arc<str> = name.into();
    match value {
        Value::Array(items) => {
            let is_trakt = items
                .iter()
                .any(|item| item.get("rating").is_some() && item.get("type").is_some());
            if !is_trakt {
                return Err(unknown());
            }
            let rows = rows_of_items(&file, items, |item| trakt(item, now))?;
            let source = ImportSource::Trakt;
            Ok(Parsed {
                source,
                rows,
                skipped: Vec::new(),
            })
        }
        Value::Object(mut lists) if lists.get("format").and_then(Value::as_str) == Some("matcha") => {
            let mut rows = Vec::new();
            for list in ["ratings", "shelf", "comments"] {
                let Some(Value::Array(items)) = lists.remove(list) else {
                    return Err(unknown());
                };
                rows.extend(rows_of_items(&file, items, |item| matcha(item, now))?);
            }
            // Exports from before there were watches have none.
            if let Some(watches) = lists.remove("watches") {
                let Value::Array(items) = watches else {
                    return Err(unknown());
                };
                rows.extend(rows_of_items(&file, items, |item| watch(item, now))?);
            }
            // Exports from before there were lists have none.
            if let Some(items_of_lists) = lists.remove("lists") {
                let Value::Array(items) = items_of_lists else {
                    return Err(unknown());
                };
                rows.extend(lists::items(&file, items, now)?);
            }
            let source = ImportSource::Matcha;
            Ok(Parsed {
                source,
                rows,
                skipped: Vec::new(),
            })
        }
        _ => Err(unknown()),
    }
}

#[derive(Deserialize)]
struct Trakt {
    #[serde(default)]
    rated_at: String,
    rating: serde_json::Number,
    r#type: String,
    movie: Option<TraktMovie>,
}

#[derive(Deserialize)]
struct TraktMovie {
    title: Option<String>,
    year: Option<i32>,
    #[serde(default)]
    ids: TraktIds,
}

#[derive(Default, Deserialize)]
struct TraktIds {
    imdb: Option<String>,
}

fn trakt(item: Value, now: OffsetDateTime) -> Option<ParsedRow> {
    let rated: Trakt = serde_json::from_value(item).ok()?;
    let Some(movie) = rated.movie.filter(|_| rated.r#type == "movie") else {
        let builder = RowBuilder::new("-", "", "", now).with_problem(ImportReason::NotAMovie);
        return Some(builder.row(Ok(Entry::Nothing)));
    };
    let year = movie.year.map(|year| year.to_string()).unwrap_or_default();
    let builder = RowBuilder::new(&movie.title.unwrap_or_default(), &year, &rated.rated_at, now);
    let builder = builder.with_ids("", &movie.ids.imdb.unwrap_or_default());
    Some(builder.row(points(&rated.rating.to_string())))
}

/// A rating, shelf state or comment of our export; its fields tell which.
#[derive(Deserialize)]
struct Exported {
    matcha_id: String,
    #[serde(default)]
    imdb_id: String,
    title: String,
    year: i32,
    stars: Option<serde_json::Number>,
    rated_at: Option<String>,
    state: Option<String>,
    changed_at: Option<String>,
    text: Option<String>,
    #[serde(default)]
    spoiler: bool,
    written_at: Option<String>,
    /// Exports from before comments kept this time have none.
    created_at: Option<String>,
}

fn matcha(item: Value, now: OffsetDateTime) -> Option<ParsedRow> {
    let exported: Exported = serde_json::from_value(item).ok()?;
    let date = exported.rated_at.or(exported.changed_at).or(exported.written_at);
    let builder = RowBuilder::new(
        &exported.title,
        &exported.year.to_string(),
        &date.unwrap_or_default(),
        now,
    );
    let mut builder = builder.with_ids(&exported.matcha_id, &exported.imdb_id);
    let created_at = builder.timestamp(&exported.created_at.unwrap_or_default(), now);
    let entry = match (exported.stars, exported.state, exported.text) {
        (Some(stars), None, None) => values::half_steps(&stars.to_string())
            .map(Entry::Rating)
            .ok_or(ImportReason::Stars),
        (None, Some(state), None) => values::shelf(&state).map(Entry::Shelf),
        (None, None, Some(text)) => Ok(Entry::Comment {
            text,
            spoiler: exported.spoiler,
            created_at,
        }),
        _ => return None,
    };
    Some(builder.row(entry))
}

#[derive(Deserialize)]
struct ExportedWatch {
    matcha_id: String,
    #[serde(default)]
    imdb_id: String,
    title: String,
    year: i32,
    watched_on: Option<String>,
    #[serde(default)]
    rewatch: bool,
    #[serde(default)]
    tags: Vec<String>,
}

fn watch(item: Value, now: OffsetDateTime) -> Option<ParsedRow> {
    let exported: ExportedWatch = serde_json::from_value(item).ok()?;
    let builder = RowBuilder::new(&exported.title, &exported.year.to_string(), "", now);
    let builder = builder.with_ids(&exported.matcha_id, &exported.imdb_id);
    let day = values::day(&exported.watched_on.unwrap_or_default(), now);
    let tags = values::tags(exported.tags.iter().map(String::as_str));
    Some(builder.row(day.and_then(|watched_on| {
        Ok(Entry::Watch {
            watched_on,
            rewatch: exported.rewatch,
            tags: tags?,
        })
    })))
}
