//! The known CSV formats: their headers, and the rows of a line of each.

use matcha_protos::rating::v1::{ImportReason, ImportSource, ShelfState};

use super::{
    entries,
    file::{Entry, FileError},
    lists,
    record::Record,
    row_builder::{ParsedRow, RowBuilder},
    values,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    LetterboxdRatings,
    LetterboxdWatched,
    LetterboxdWatchlist,
    LetterboxdDiary,
    LetterboxdReviews,
    /// The format that Letterboxd imports; our export writes it too.
    LetterboxdImport,
    Imdb,
    WatchaPedia,
    MatchaRatings,
    MatchaShelf,
    MatchaComments,
    MatchaWatches,
    MatchaLists,
}

/// Columns by which a format is detected; the format with the most specific columns comes first. A file may have others too,
/// because sites add columns.
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

/// Detects the format of a file by its header, and by its name where two formats have the same header.
pub(super) fn detect(name: &str, header: &[String]) -> Result<Format, FileError> {
    let has = |column: &&str| header.iter().any(|given| given == column);
    let format = HEADERS.into_iter().find(|(_, columns)| columns.iter().all(has));
    let (format, _) = format.ok_or_else(|| FileError::Unknown(name.to_owned()))?;
    if format != Format::LetterboxdWatched {
        return Ok(format);
    }
    // The watchlist has the same columns, so the name decides.
    let lower = name.to_lowercase();
    match (lower.contains("watchlist"), lower.contains("watched")) {
        (true, false) => Ok(Format::LetterboxdWatchlist),
        (false, true) => Ok(Format::LetterboxdWatched),
        _ => Err(FileError::WatchedOrWished(name.to_owned())),
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

    /// The column with the title, which is shown even if the line has too few columns.
    pub(super) fn title_column(self) -> &'static str {
        if self.source() == ImportSource::Letterboxd && self != Self::LetterboxdImport {
            "name"
        } else {
            "title"
        }
    }

    /// The rows of a line.
    pub(super) fn rows(self, record: &Record<'_>) -> Vec<ParsedRow> {
        match self {
            Self::LetterboxdRatings => vec![letterboxd(record, "date").row(entries::stars(record.get("rating")))],
            // The date is the day on which the movie was marked as watched, which may be years after it was watched.
            Self::LetterboxdWatched => vec![letterboxd(record, "date").row(Ok(entries::undated_watch()))],
            Self::LetterboxdWatchlist => vec![letterboxd(record, "date").row(Ok(Entry::Shelf(ShelfState::Wish)))],
            Self::LetterboxdDiary => diary_entry(record, false),
            Self::LetterboxdReviews => diary_entry(record, true),
            Self::LetterboxdImport => letterboxd_import(record),
            Self::Imdb => vec![imdb(record)],
            Self::WatchaPedia => vec![watcha_pedia(record)],
            Self::MatchaRatings => {
                vec![RowBuilder::of_matcha(record, "rated_at").row(entries::stars(record.get("stars")))]
            }
            Self::MatchaShelf => {
                let state = values::shelf(record.get("state")).map(Entry::Shelf);
                vec![RowBuilder::of_matcha(record, "changed_at").row(state)]
            }
            Self::MatchaComments => {
                let mut builder = RowBuilder::of_matcha(record, "written_at");
                let comment = Entry::Comment {
                    text: record.raw("text").to_owned(),
                    spoiler: record.get("spoiler") == "true",
                    created_at: builder.timestamp(record.get("created_at"), record.now),
                };
                vec![builder.row(Ok(comment))]
            }
            Self::MatchaWatches => vec![RowBuilder::of_matcha(record, "").row(entries::watch(record, "watched_on"))],
            Self::MatchaLists => lists::line(record),
        }
    }
}

fn letterboxd(record: &Record<'_>, date: &str) -> RowBuilder {
    RowBuilder::new(record.get("name"), record.get("year"), record.get(date), record.now)
}

/// A line of the diary or of the reviews: stars, a text and a watch, each if the line has it.
fn diary_entry(record: &Record<'_>, with_review: bool) -> Vec<ParsedRow> {
    let builder = letterboxd(record, "date");
    let mut rows = Vec::new();
    if !record.get("rating").is_empty() {
        rows.push(builder.row(entries::stars(record.get("rating"))));
    }
    if with_review {
        rows.push(builder.row(Ok(entries::review(record.raw("review")))));
    }
    if !with_review || !record.get("watched date").is_empty() {
        rows.push(builder.row(entries::watch(record, "watched date")));
    }
    rows
}

fn letterboxd_import(record: &Record<'_>) -> Vec<ParsedRow> {
    let builder = RowBuilder::new(record.get("title"), record.get("year"), "", record.now);
    let builder = builder.with_ids("", record.get("imdbid"));
    let (half, ten) = (record.get("rating"), record.get("rating10"));
    let mut rows = Vec::new();
    if !half.is_empty() {
        rows.push(builder.row(entries::stars(half)));
    } else if !ten.is_empty() {
        rows.push(builder.row(entries::points(ten)));
    }
    if !record.get("review").is_empty() {
        rows.push(builder.row(Ok(entries::review(record.raw("review")))));
    }
    // A line that has only a movie means that the movie was watched.
    if rows.is_empty() || !record.get("watcheddate").is_empty() {
        rows.push(builder.row(entries::watch(record, "watcheddate")));
    }
    rows
}

fn imdb(record: &Record<'_>) -> ParsedRow {
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
    // The id identifies the movie; the title is tried if the id is not found.
    let builder = RowBuilder::new(
        record.get("title"),
        record.get("year"),
        record.get("date rated"),
        record.now,
    );
    let builder = builder.with_ids("", record.get("const"));
    let kind = record.get("title type").to_lowercase();
    let builder = if NO_MOVIES.contains(&kind.as_str()) {
        builder.with_problem(ImportReason::NotAMovie)
    } else {
        builder
    };
    builder.row(entries::points(record.get("your rating")))
}

fn watcha_pedia(record: &Record<'_>) -> ParsedRow {
    let builder = RowBuilder::new(record.get("title"), record.get("year"), "", record.now);
    let kind = record.get("type").to_lowercase();
    let builder = if matches!(kind.as_str(), "movie" | "movies" | "영화") {
        builder
    } else {
        builder.with_problem(ImportReason::NotAMovie)
    };
    builder.row(entries::stars(record.get("rating")))
}
