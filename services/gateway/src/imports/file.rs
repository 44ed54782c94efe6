//! A parsed file: its rows, and the errors for which a whole file is refused.

use std::sync::Arc;

use matcha_protos::rating::v1::{ImportReason, ImportSource, ShelfState};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// The most bytes of an upload.
pub(crate) const MAX_BYTES: usize = 20 * 1024 * 1024;
/// The most rows of all files of an upload together. Two hundred full lists are 100,000 rows already.
pub(crate) const MAX_ROWS: usize = 150_000;

/// A file that was parsed.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) source: ImportSource,
    pub(crate) rows: Vec<Row>,
    /// Files and folders of an archive that are not read.
    pub(crate) skipped: Vec<String>,
}

/// One entry of the file. A line with two, such as a review with stars, is two rows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The name of the file, or of the file within an archive.
    pub(crate) file: Arc<str>,
    /// Counted from 1; in JSON, the position in the array.
    pub(crate) line: usize,
    pub(crate) movie: FileMovie,
    pub(crate) entry: Entry,
    pub(crate) dated_at: Option<OffsetDateTime>,
    /// Why the row cannot be imported.
    pub(crate) problem: Option<ImportReason>,
}

/// A movie as the file identifies it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct FileMovie {
    pub(crate) movie_id: Option<Uuid>,
    pub(crate) imdb_id: String,
    pub(crate) title: String,
    pub(crate) year: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Half steps, 1-10.
    Rating(i32),
    Shelf(ShelfState),
    Comment {
        text: String,
        spoiler: bool,
        /// When the first text was written; `dated_at` of the row belongs to the last.
        created_at: Option<OffsetDateTime>,
    },
    Watch {
        /// `None`: the file says that the movie was watched, but not when.
        watched_on: Option<Date>,
        rewatch: bool,
        tags: Vec<String>,
    },
    /// A list without its movies. Its title is in the field for a movie's title.
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
    /// The row could not be parsed up to its entry.
    Nothing,
}

/// Why a whole file is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FileError {
    #[error("the file is empty")]
    Empty,
    #[error("{file} is a file of the kind {kind}; upload a CSV, ZIP or JSON file")]
    WrongKind { file: String, kind: &'static str },
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
    #[error("{file} has a quote in line {line} that is never closed")]
    UnclosedQuote { file: String, line: usize },
    #[error("the file has more than {MAX_ROWS} rows")]
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
    /// A word for clients, which have their own texts.
    pub(crate) fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::WrongKind { .. } => "wrong_kind",
            Self::NotUtf8 { .. } => "not_utf8",
            Self::Utf16(_) => "utf16",
            Self::Unknown(_) => "unknown",
            Self::WatchedOrWished(_) => "watched_or_wished",
            Self::Misnamed(_) => "misnamed",
            Self::UnclosedQuote { .. } => "unclosed_quote",
            Self::TooManyRows => "too_many_rows",
            Self::Json { .. } => "json",
            Self::Archive => "archive",
            Self::Encrypted => "encrypted",
            Self::TooManyFiles => "too_many_files",
            Self::TooMuch => "too_much",
            Self::NothingInside => "nothing_inside",
        }
    }

    /// The kind of a file that is of none of the kinds that can be imported.
    pub(crate) fn kind(&self) -> Option<&'static str> {
        match self {
            Self::WrongKind { kind, .. } => Some(kind),
            _ => None,
        }
    }

    /// The file, and the line if it is known.
    pub(crate) fn at(&self) -> Option<String> {
        match self {
            Self::NotUtf8 { file, line } | Self::UnclosedQuote { file, line } | Self::Json { file, line } => {
                Some(format!("{file}:{line}"))
            }
            Self::WrongKind { file, .. }
            | Self::Utf16(file)
            | Self::Unknown(file)
            | Self::WatchedOrWished(file)
            | Self::Misnamed(file) => Some(file.clone()),
            _ => None,
        }
    }
}

/// The last part of a path without control characters, at most 200 characters long.
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
