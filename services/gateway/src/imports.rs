//! Reading a member's own data from the files of other sites, and of ours. Pure: bytes in, rows out, nothing asked of anybody.
//!
//! A file is told by its header, never by its name alone. What is wrong with one row is told with that row; only what makes
//! the whole file unreadable is an error. Nothing is rounded, guessed or dropped in silence.

mod archive;
mod formats;
mod json;
mod lists;
mod table;
mod values;

use std::sync::Arc;

use matcha_protos::rating::v1::{ImportReason, ImportSource, ShelfState};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Bytes of an upload.
pub(crate) const LARGEST: usize = 20 * 1024 * 1024;
/// Rows of all its files together.
/// Two hundred full lists are 100,000 rows already.
pub(crate) const MOST_ROWS: usize = 150_000;

/// A file that was understood.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) source: ImportSource,
    pub(crate) rows: Vec<Row>,
}

/// One thing that the file says. A line that says two, such as a review with stars, is two rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The file within an archive, or the file itself.
    pub(crate) file: Arc<str>,
    /// From 1; in JSON, the place in the array.
    pub(crate) line: usize,
    pub(crate) film: Film,
    pub(crate) entry: Entry,
    pub(crate) dated_at: Option<OffsetDateTime>,
    /// Why the row cannot be taken.
    pub(crate) problem: Option<ImportReason>,
}

/// What the file tells of a movie.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Film {
    pub(crate) movie_id: Option<Uuid>,
    pub(crate) imdb_id: String,
    pub(crate) title: String,
    pub(crate) year: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// 1-10.
    Rating(i32),
    Shelf(ShelfState),
    Comment {
        text: String,
        spoiler: bool,
        /// The first text of it; the row is dated by the last.
        created_at: Option<OffsetDateTime>,
    },
    Watch {
        /// None: the file says that the movie was seen, and not when.
        watched_on: Option<Date>,
        rewatch: bool,
        tags: Vec<String>,
    },
    /// A list by itself; its title is where that of a movie would be.
    List {
        id: Uuid,
        text: String,
        is_public: bool,
        created_at: Option<OffsetDateTime>,
    },
    /// A movie of a list.
    ListMovie {
        list: Uuid,
        place: i32,
    },
    /// It could not be read that far.
    Nothing,
}

/// Why a whole file is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the file is empty")]
    Empty,
    #[error("{file} is not UTF-8 text in line {line}; save it as UTF-8 and try again")]
    NotUtf8 { file: String, line: usize },
    #[error("{0} is saved as UTF-16; save it as UTF-8 (in a spreadsheet: CSV UTF-8) and try again")]
    Utf16(String),
    #[error("{0} is none of the files that can be imported; its first line is not one of theirs")]
    Unknown(String),
    #[error(
        "{0} could be what you have watched or what you want to watch: its name must be watched.csv or watchlist.csv"
    )]
    WatchedOrWished(String),
    #[error("{0} in the archive has the first line of another file, and would lose what that one does not have")]
    Misnamed(String),
    #[error("the file has more than {MOST_ROWS} rows")]
    TooManyRows,
    #[error("{file} is not the JSON that it should be, in line {line}")]
    Json { file: String, line: usize },
    #[error("the archive cannot be read; it may be damaged")]
    Archive,
    #[error("the archive is protected by a password")]
    Encrypted,
    #[error("the archive holds more files than any export does")]
    TooManyFiles,
    #[error("the archive unpacks to more than can be imported")]
    TooMuch,
    #[error("the archive holds no file that can be imported")]
    NothingInside,
}

impl FileError {
    /// For programs.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Utf16(_) => "utf16",
            Self::Unknown(_) => "unknown",
            Self::WatchedOrWished(_) => "watched_or_wished",
            Self::Misnamed(_) => "misnamed",
            Self::TooManyRows => "too_many_rows",
            Self::Json { .. } => "json",
            Self::Archive => "archive",
            Self::Encrypted => "encrypted",
            Self::TooManyFiles => "too_many_files",
            Self::TooMuch => "too_much",
            Self::NothingInside => "nothing_inside",
        }
    }

    /// The file, and the line where that is known.
    pub(crate) fn at(&self) -> Option<String> {
        match self {
            Self::NotUtf8 { file, line } | Self::Json { file, line } => Some(format!("{file}:{line}")),
            Self::Utf16(file) | Self::Unknown(file) | Self::WatchedOrWished(file) | Self::Misnamed(file) => {
                Some(file.clone())
            }
            _ => None,
        }
    }
}

/// Reads a file of one of the kinds in the product's table. `now` is what the future is measured by.
pub(crate) fn parse(name: &str, bytes: &[u8], now: OffsetDateTime) -> Result<Parsed, FileError> {
    let name = file_name(name);
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return archive::parse(bytes, now);
    }
    let text = text(&name, bytes)?;
    let parsed = parse_text(&name, text, now)?;
    within_limit(parsed)
}

fn parse_text(name: &str, text: &str, now: OffsetDateTime) -> Result<Parsed, FileError> {
    match text.trim_start().chars().next() {
        None => Err(FileError::Empty),
        Some('[' | '{') => json::parse(name, text, now),
        Some(_) => table::parse(name, text, now, |_| true),
    }
}

fn within_limit(parsed: Parsed) -> Result<Parsed, FileError> {
    if parsed.rows.len() > MOST_ROWS {
        return Err(FileError::TooManyRows);
    }
    Ok(parsed)
}

/// UTF-8 without its byte order mark.
fn text<'a>(file: &str, bytes: &'a [u8]) -> Result<&'a str, FileError> {
    if is_utf16(bytes) {
        return Err(FileError::Utf16(file.to_owned()));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| FileError::NotUtf8 {
        file: file.to_owned(),
        line: 1 + table::line_breaks(&bytes[..error.valid_up_to()]),
    })
}

/// With its byte order mark, or without: the headers that are known are ASCII, and so is the beginning of JSON; in UTF-16 every
/// other byte of it is zero, which text otherwise never is.
fn is_utf16(bytes: &[u8]) -> bool {
    const HEADER: usize = 64;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return true;
    }
    let (pairs, _) = bytes[..bytes.len().min(HEADER)].as_chunks::<2>();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let mostly = |count: usize| count * 4 > pairs.len() * 3;
    mostly(zeros(0)) != mostly(zeros(1))
}

/// The last part of a path, without what does not print, and not longer than names are.
pub(crate) fn file_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    let clean = clean.trim();
    if clean.is_empty() {
        "file".to_owned()
    } else {
        clean.to_owned()
    }
}

#[cfg(test)]
mod tests;
