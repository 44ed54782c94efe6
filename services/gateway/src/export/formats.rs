//! The items of an export as lines of CSV files and as JSON.

use matcha_protos::movie::v1::{CreditRole, Movie};
use serde_json::{Value, json};

use super::reader::{Entry, Item, Section};
use crate::{features::shelf::ShelfState, stars};

pub(super) const LETTERBOXD_HEADER: &str =
    "LetterboxdURI,tmdbID,imdbID,Title,Year,Directors,Rating,Rating10,WatchedDate,Rewatch,Tags,Review\r\n";

/// The name of a section's CSV file, and of its list in JSON.
pub(super) fn name(section: Section) -> &'static str {
    match section {
        Section::Ratings => "ratings",
        Section::Shelf => "shelf",
        Section::Comments => "comments",
        Section::Watches => "watches",
    }
}

/// The first line of a section's CSV file.
pub(super) fn csv_header(section: Section) -> &'static str {
    match section {
        Section::Ratings => "matcha_id,imdb_id,title,title_en,year,stars,rated_at\r\n",
        Section::Shelf => "matcha_id,imdb_id,title,title_en,year,state,changed_at\r\n",
        Section::Comments => "matcha_id,imdb_id,title,title_en,year,text,spoiler,written_at,created_at\r\n",
        Section::Watches => "matcha_id,imdb_id,title,title_en,year,watched_on,rewatch,tags\r\n",
    }
}

/// Quotes a CSV field that needs it. Unlike in an import's report, formulas are not defused: an export must import back to
/// the same text.
pub(super) fn csv_field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

fn stars_text(half_steps: i32) -> String {
    format!("{:.1}", stars::from_half_steps(half_steps))
}

fn shelf_word(state: ShelfState) -> &'static str {
    match state {
        ShelfState::Wish => "wish",
        ShelfState::Watching => "watching",
        ShelfState::NotInterested => "not_interested",
    }
}

/// A line of the CSV file of its section.
pub(super) fn csv_line(movie: &Movie, item: &Item) -> String {
    let at = item.at.to_rfc3339();
    let columns = match &item.entry {
        Entry::Stars(stars) => format!("{},{at}", stars_text(*stars)),
        Entry::Shelf(state) => format!("{},{at}", shelf_word(*state)),
        Entry::Comment {
            text,
            spoiler,
            created_at,
        } => format!("{},{spoiler},{at},{}", csv_field(text), created_at.to_rfc3339()),
        Entry::Watch(watch) => format!(
            "{},{},{}",
            watch.watched_on,
            watch.rewatch,
            csv_field(&watch.tags.join(","))
        ),
    };
    let (id, imdb_id, year) = (&movie.id, &movie.imdb_id, movie.year);
    let (title, title_en) = (csv_field(&movie.title_ko), csv_field(&movie.title_en));
    format!("{id},{imdb_id},{title},{title_en},{year},{columns}\r\n")
}

/// The columns WatchedDate, Rewatch and Tags of a line that is no watch.
const NO_WATCH: &str = ",,";

/// A line of `letterboxd.csv`; empty for a shelf state, which Letterboxd cannot import.
pub(super) fn letterboxd_line(movie: &Movie, item: &Item) -> String {
    let (rating, watch, review) = match &item.entry {
        Entry::Stars(stars) => (stars_text(*stars), NO_WATCH.to_owned(), String::new()),
        // Letterboxd parses reviews as HTML.
        Entry::Comment { text, .. } => {
            let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            (String::new(), NO_WATCH.to_owned(), csv_field(&text))
        }
        Entry::Watch(watch) => {
            let rewatch = if watch.rewatch { "true" } else { "" };
            let tags = csv_field(&watch.tags.join(", "));
            (
                String::new(),
                format!("{},{rewatch},{tags}", watch.watched_on),
                String::new(),
            )
        }
        Entry::Shelf(_) => return String::new(),
    };
    let credits = movie.credits.iter();
    let directors = credits.filter(|credit| credit.role() == CreditRole::Director);
    let directors = directors.filter_map(|credit| Some(credit.person.as_ref()?.name_en.clone()));
    let directors = csv_field(&directors.collect::<Vec<_>>().join(", "));
    let (imdb_id, title, year) = (&movie.imdb_id, csv_field(&movie.title_en), movie.year);
    format!(",,{imdb_id},{title},{year},{directors},{rating},,{watch},{review}\r\n")
}

/// An item of `matcha.json`.
pub(super) fn json_item(movie: &Movie, item: &Item) -> Value {
    let mut value = json!({
        "matcha_id": movie.id, "imdb_id": movie.imdb_id, "title": movie.title_ko, "title_en": movie.title_en,
        "year": movie.year,
    });
    let at = item.at.to_rfc3339();
    let mut set = |name: &str, given: Value| value[name] = given;
    match &item.entry {
        Entry::Stars(stars) => {
            set("stars", stars::from_half_steps(*stars).into());
            set("rated_at", at.into());
        }
        Entry::Shelf(state) => {
            set("state", shelf_word(*state).into());
            set("changed_at", at.into());
        }
        Entry::Comment {
            text,
            spoiler,
            created_at,
        } => {
            set("text", text.as_str().into());
            set("spoiler", (*spoiler).into());
            set("written_at", at.into());
            set("created_at", created_at.to_rfc3339().into());
        }
        Entry::Watch(watch) => {
            let day = Some(watch.watched_on.as_str()).filter(|day| !day.is_empty());
            set("watched_on", day.into());
            set("rewatch", watch.rewatch.into());
            set("tags", watch.tags.clone().into());
        }
    }
    value
}
