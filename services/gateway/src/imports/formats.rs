//! The known CSV files: their headers, and what a line of each says.

use std::sync::Arc;

use matcha_protos::rating::v1::{ImportReason, ImportSource, ShelfState};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Entry, FileError, Film, Row, lists, table::Record, values};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    LetterboxdRatings,
    LetterboxdWatched,
    LetterboxdWatchlist,
    LetterboxdDiary,
    LetterboxdReviews,
    /// What Letterboxd itself imports, and so what we export for it.
    LetterboxdImport,
    Imdb,
    WatchaPedia,
    MatchaRatings,
    MatchaShelf,
    MatchaComments,
    MatchaWatches,
    MatchaLists,
}

/// Columns that tell a file, the more telling ones first. Others may stand beside them, as sites add some now and then.
const HEADERS: [(Format, &[&str]); 12] = [
    (
        Format::MatchaRatings,
        &["matcha_id", "title", "year", "stars", "rated_at"],
    ),
    (
        Format::MatchaShelf,
        &["matcha_id", "title", "year", "state", "changed_at"],
    ),
    (
        Format::MatchaComments,
        &["matcha_id", "title", "year", "text", "spoiler"],
    ),
    (
        Format::MatchaLists,
        &["list_id", "list_title", "list_text", "public", "place", "matcha_id"],
    ),
    (Format::MatchaWatches, &["matcha_id", "title", "year", "watched_on"]),
    (
        Format::LetterboxdReviews,
        &["date", "name", "year", "letterboxd uri", "review"],
    ),
    (
        Format::LetterboxdDiary,
        &["date", "name", "year", "letterboxd uri", "watched date"],
    ),
    (
        Format::LetterboxdRatings,
        &["date", "name", "year", "letterboxd uri", "rating"],
    ),
    (Format::LetterboxdWatched, &["date", "name", "year", "letterboxd uri"]),
    (Format::LetterboxdImport, &["title", "year", "rating10", "watcheddate"]),
    (
        Format::Imdb,
        &["const", "your rating", "date rated", "title", "title type", "year"],
    ),
    (
        Format::WatchaPedia,
        &["type", "title", "year", "rating", "content_code"],
    ),
];

pub(super) fn detect(name: &str, header: &[String]) -> Result<Format, FileError> {
    let has = |column: &&str| header.iter().any(|given| given == column);
    let format = HEADERS.into_iter().find(|(_, columns)| columns.iter().all(has));
    let (format, _) = format.ok_or_else(|| FileError::Unknown(name.to_owned()))?;
    if format != Format::LetterboxdWatched {
        return Ok(format);
    }
    // Both have the same columns.
    let lower = name.to_lowercase();
    match (lower.contains("watchlist"), lower.contains("watched")) {
        (true, false) => Ok(Format::LetterboxdWatchlist),
        (false, true) => Ok(Format::LetterboxdWatched),
        _ => Err(FileError::WatchedOrWished(name.to_owned())),
    }
}

/// A row before it knows its place.
pub(super) struct Said {
    pub(super) film: Film,
    pub(super) entry: Entry,
    pub(super) dated_at: Option<OffsetDateTime>,
    pub(super) problem: Option<ImportReason>,
}

impl Said {
    pub(super) fn into_row(self, file: &Arc<str>, line: usize) -> Row {
        Row {
            file: file.clone(),
            line,
            film: self.film,
            entry: self.entry,
            dated_at: self.dated_at,
            problem: self.problem,
        }
    }
}

/// What several columns said, with the first of their problems.
pub(super) struct About {
    film: Film,
    dated_at: Option<OffsetDateTime>,
    problem: Option<ImportReason>,
}

impl About {
    pub(super) fn new(title: &str, year: &str, date: &str, now: OffsetDateTime) -> Self {
        let mut problem = None;
        let film = Film {
            title: or_note(values::title(title), &mut problem),
            year: or_note(values::year(year), &mut problem),
            ..Film::default()
        };
        let dated_at = or_note(values::moment(date, now), &mut problem);
        Self {
            film,
            dated_at,
            problem,
        }
    }

    pub(super) fn with_ids(mut self, movie_id: &str, imdb_id: &str) -> Self {
        self.film.movie_id = Uuid::try_parse(movie_id).ok();
        self.film.imdb_id = values::imdb_id(imdb_id).unwrap_or_default();
        // With an id the title is only for reading.
        let has_id = self.film.movie_id.is_some() || !self.film.imdb_id.is_empty();
        if has_id && matches!(self.problem, Some(ImportReason::Title | ImportReason::Year)) {
            self.problem = None;
        }
        self
    }

    /// Another moment than the one that the row is dated by.
    pub(super) fn moment(&mut self, text: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        or_note(values::moment(text, now), &mut self.problem)
    }

    pub(super) fn refuse(mut self, reason: ImportReason) -> Self {
        self.problem.get_or_insert(reason);
        self
    }

    pub(super) fn says(&self, entry: Result<Entry, ImportReason>) -> Said {
        let mut problem = self.problem;
        let entry = entry.unwrap_or_else(|reason| {
            problem.get_or_insert(reason);
            Entry::Nothing
        });
        Said {
            film: self.film.clone(),
            entry,
            dated_at: self.dated_at,
            problem,
        }
    }
}

/// A viewing as a line of a file has it; a day that is left out is not known.
fn watch(record: &Record<'_>, day: &str) -> Result<Entry, ImportReason> {
    Ok(Entry::Watch {
        watched_on: values::day(record.get(day), record.now)?,
        rewatch: matches!(record.get("rewatch").to_lowercase().as_str(), "yes" | "true"),
        tags: values::tags(record.get("tags").split(','))?,
    })
}

/// That a movie was seen, and no more.
fn seen() -> Entry {
    Entry::Watch {
        watched_on: None,
        rewatch: false,
        tags: Vec::new(),
    }
}

fn or_note<T: Default>(value: Result<T, ImportReason>, problem: &mut Option<ImportReason>) -> T {
    value.unwrap_or_else(|reason| {
        problem.get_or_insert(reason);
        T::default()
    })
}

/// A rating in half stars; an empty one is none.
fn stars(text: &str) -> Result<Entry, ImportReason> {
    scale(text, values::half_stars)
}

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

fn review(html: &str) -> Entry {
    Entry::Comment {
        text: values::from_html(html),
        spoiler: false,
        created_at: None,
    }
}

impl Format {
    pub(super) fn source(self) -> ImportSource {
        match self {
            Self::LetterboxdRatings
            | Self::LetterboxdWatched
            | Self::LetterboxdWatchlist
            | Self::LetterboxdDiary
            | Self::LetterboxdReviews
            | Self::LetterboxdImport => ImportSource::Letterboxd,
            Self::Imdb => ImportSource::Imdb,
            Self::WatchaPedia => ImportSource::WatchaPedia,
            Self::MatchaRatings
            | Self::MatchaShelf
            | Self::MatchaComments
            | Self::MatchaWatches
            | Self::MatchaLists => ImportSource::Matcha,
        }
    }

    /// Where a title may be found in a line that is otherwise broken.
    pub(super) fn title_column(self) -> &'static str {
        if self.source() == ImportSource::Letterboxd && self != Self::LetterboxdImport {
            "name"
        } else {
            "title"
        }
    }

    pub(super) fn rows(self, record: &Record<'_>) -> Vec<Said> {
        match self {
            Self::LetterboxdRatings => vec![letterboxd(record, "date").says(stars(record.get("rating")))],
            // Its date is the day it was marked, which is often years after it was seen.
            Self::LetterboxdWatched => vec![letterboxd(record, "date").says(Ok(seen()))],
            Self::LetterboxdWatchlist => vec![letterboxd(record, "date").says(Ok(Entry::Shelf(ShelfState::Wish)))],
            Self::LetterboxdDiary => viewing(record, false),
            Self::LetterboxdReviews => viewing(record, true),
            Self::LetterboxdImport => letterboxd_import(record),
            Self::Imdb => vec![imdb(record)],
            Self::WatchaPedia => vec![watcha_pedia(record)],
            Self::MatchaRatings => vec![matcha(record, "rated_at").says(stars(record.get("stars")))],
            Self::MatchaShelf => {
                let state = values::shelf(record.get("state")).map(Entry::Shelf);
                vec![matcha(record, "changed_at").says(state)]
            }
            Self::MatchaComments => {
                let mut about = matcha(record, "written_at");
                let comment = Entry::Comment {
                    text: record.raw("text").to_owned(),
                    spoiler: record.get("spoiler") == "true",
                    created_at: about.moment(record.get("created_at"), record.now),
                };
                vec![about.says(Ok(comment))]
            }
            Self::MatchaWatches => vec![matcha(record, "").says(watch(record, "watched_on"))],
            Self::MatchaLists => lists::line(record),
        }
    }
}

fn letterboxd(record: &Record<'_>, date: &str) -> About {
    About::new(record.get("name"), record.get("year"), record.get(date), record.now)
}

/// A line of the diary or of the reviews: perhaps stars, perhaps a text, perhaps the day of a viewing.
fn viewing(record: &Record<'_>, with_review: bool) -> Vec<Said> {
    let about = letterboxd(record, "date");
    let mut said = Vec::new();
    if !record.get("rating").is_empty() {
        said.push(about.says(stars(record.get("rating"))));
    }
    if with_review {
        said.push(about.says(Ok(review(record.raw("review")))));
    }
    if !with_review || !record.get("watched date").is_empty() {
        said.push(about.says(watch(record, "watched date")));
    }
    said
}

fn letterboxd_import(record: &Record<'_>) -> Vec<Said> {
    let about = About::new(record.get("title"), record.get("year"), "", record.now);
    let about = about.with_ids("", record.get("imdbid"));
    let (half, ten) = (record.get("rating"), record.get("rating10"));
    let mut said = Vec::new();
    if !half.is_empty() {
        said.push(about.says(stars(half)));
    } else if !ten.is_empty() {
        said.push(about.says(points(ten)));
    }
    if !record.get("review").is_empty() {
        said.push(about.says(Ok(review(record.raw("review")))));
    }
    // A line with nothing but its movie says that it was seen.
    if said.is_empty() || !record.get("watcheddate").is_empty() {
        said.push(about.says(watch(record, "watcheddate")));
    }
    said
}

fn imdb(record: &Record<'_>) -> Said {
    const NO_MOVIES: [&str; 8] = [
        "tv series",
        "tv mini series",
        "tv mini-series",
        "tv episode",
        "video game",
        "podcast series",
        "podcast episode",
        "music video",
    ];
    // The original title is no better a clue: the id decides, and what it does not find is found by the shown title.
    let about = About::new(
        record.get("title"),
        record.get("year"),
        record.get("date rated"),
        record.now,
    );
    let about = about.with_ids("", record.get("const"));
    let kind = record.get("title type").to_lowercase();
    let about = if NO_MOVIES.contains(&kind.as_str()) {
        about.refuse(ImportReason::NotAMovie)
    } else {
        about
    };
    about.says(points(record.get("your rating")))
}

fn watcha_pedia(record: &Record<'_>) -> Said {
    let about = About::new(record.get("title"), record.get("year"), "", record.now);
    let kind = record.get("type").to_lowercase();
    let about = if matches!(kind.as_str(), "movie" | "movies" | "영화") {
        about
    } else {
        about.refuse(ImportReason::NotAMovie)
    };
    about.says(stars(record.get("rating")))
}

pub(super) fn matcha(record: &Record<'_>, date: &str) -> About {
    let about = About::new(record.get("title"), record.get("year"), record.get(date), record.now);
    about.with_ids(record.get("matcha_id"), record.get("imdb_id"))
}
