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
pub(super) fn seen() -> Entry {
    Entry::Watch {
        watched_on: None,
        rewatch: false,
        tags: Vec::new(),
    }
}

/// A rating of 0.5-5.0 stars.
pub(super) fn stars(text: &str) -> Result<Entry, ImportReason> {
    scale(text, values::half_stars)
}

/// A rating of 1-10 points.
pub(super) fn points(text: &str) -> Result<Entry, ImportReason> {
    scale(text, values::points)
}

fn scale(text: &str, read: fn(&str) -> Option<i32>) -> Result<Entry, ImportReason> {
    match read(text) {
        Some(stars) => Ok(Entry::Rating(stars)),
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
