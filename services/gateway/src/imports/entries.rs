//! Entries from the fields of a file.

use matcha_protos::rating::v1::ImportReason;

use super::{file::Entry, record::Record, values};

/// A watch from the column `day` and the columns for rewatch and tags. Without a day, the day is not known.
pub(super) fn watch(record: &Record<'_>, day: &str) -> Result<Entry, ImportReason> {
    Ok(Entry::Watch {
        watched_on: values::day(record.get(day), record.now)?,
        rewatch: matches!(record.get("rewatch").to_lowercase().as_str(), "yes" | "true"),
        tags: values::tags(record.get("tags").split(','))?,
    })
}

/// A watch of which nothing else is known.
pub(super) fn undated_watch() -> Entry {
    Entry::Watch {
        watched_on: None,
        rewatch: false,
        tags: Vec::new(),
    }
}

/// A rating of 0.5-5.0 stars.
pub(super) fn stars(text: &str) -> Result<Entry, ImportReason> {
    rating(text, values::half_steps)
}

/// A rating of 1-10 points.
pub(super) fn points(text: &str) -> Result<Entry, ImportReason> {
    rating(text, values::points)
}

fn rating(text: &str, parse: fn(&str) -> Option<i32>) -> Result<Entry, ImportReason> {
    match parse(text) {
        Some(half_steps) => Ok(Entry::Rating(half_steps)),
        None if text.is_empty() => Err(ImportReason::NoStars),
        None => Err(ImportReason::Stars),
    }
}

/// A comment from a review in HTML.
pub(super) fn review(html: &str) -> Entry {
    Entry::Comment {
        text: values::from_html(html),
        spoiler: false,
        created_at: None,
    }
}
