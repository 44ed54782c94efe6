//! ZIP archives: Letterboxd's export and our own. The sizes that an archive declares are not trusted: bytes are counted while
//! they are unpacked.

use std::{
    collections::BTreeSet,
    io::{Cursor, Read as _},
    sync::Arc,
};

use matcha_protos::rating::v1::ImportSource;
use time::OffsetDateTime;
use zip::ZipArchive;

use super::{
    encoding::text,
    file::{Entry, FileError, MAX_ROWS, Parsed, Row, file_name},
    formats::Format::{self, *},
    table, wrong_kind,
};

/// The most files of an archive; an export with hundreds of lists has hundreds.
const MAX_FILES: usize = 5000;
/// The most unpacked bytes of all files that are read, together.
const MAX_UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
const COMMENTS: &str = "comments.csv";
/// The files that are read, in this order, with the formats that each may have. A reviews.csv without its review column would
/// parse as a diary and silently lose the reviews, so formats are fixed per file name. Letterboxd keeps deleted and orphaned
/// items and its lists in folders of their own, which are not read.
const FILES: [(&str, &[Format]); 9] = [
    ("ratings.csv", &[LetterboxdRatings, MatchaRatings, Imdb, WatchaPedia]),
    ("watchlist.csv", &[LetterboxdWatchlist]),
    ("reviews.csv", &[LetterboxdReviews]),
    ("watched.csv", &[LetterboxdWatched]),
    ("diary.csv", &[LetterboxdDiary]),
    ("shelf.csv", &[MatchaShelf]),
    (COMMENTS, &[MatchaComments]),
    ("watches.csv", &[MatchaWatches]),
    ("lists.csv", &[MatchaLists]),
];

/// The most names of files and folders that are not read.
const MAX_SKIPPED: usize = 50;
/// Our export has the same data in these files once more.
const MATCHA_COPIES: [&str; 2] = ["letterboxd.csv", "matcha.json"];

pub(super) fn parse(name: &str, bytes: &[u8], now: OffsetDateTime) -> Result<Parsed, FileError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| FileError::Archive)?;
    if archive.len() > MAX_FILES {
        return Err(FileError::TooManyFiles);
    }
    let names: Vec<String> = archive
        .file_names_raw()
        .map(|name| String::from_utf8_lossy(name).into_owned())
        .collect();
    if let Some(kind) = wrong_kind::detect_document(&names) {
        let file = name.to_owned();
        return Err(FileError::WrongKind { file, kind });
    }
    let folder = common_folder(&names);
    let mut left = MAX_UNPACKED_BYTES;
    let (mut source, mut rows, mut read) = (None, Vec::new(), Vec::new());
    for (file, formats) in FILES {
        let path = format!("{folder}{file}");
        let Some(place) = names.iter().position(|name| *name == path) else {
            continue;
        };
        let unpacked = unpack(&mut archive, place, &mut left)?;
        let text = text(file, &unpacked)?;
        if text.trim_start().is_empty() {
            // Letterboxd writes no header into the file of a member without reviews.
            read.push(file);
            continue;
        }
        let parsed = match table::parse(file, text, now, |format| formats.contains(&format)) {
            // Letterboxd's comments.csv holds replies to others' reviews, in a format that is not imported.
            Err(FileError::Unknown(_)) if file == COMMENTS && source != Some(ImportSource::Matcha) => continue,
            parsed => parsed?,
        };
        source = source.or(Some(parsed.source));
        rows.extend(parsed.rows);
        read.push(file);
        if rows.len() > MAX_ROWS {
            return Err(FileError::TooManyRows);
        }
    }
    let source = source.ok_or(FileError::NothingInside)?;
    if source == ImportSource::Letterboxd {
        leave_out_older_stars(&mut rows);
    }
    if source == ImportSource::Matcha {
        read.extend(MATCHA_COPIES);
    }
    let skipped = list_skipped(&names, &folder, &read);
    Ok(Parsed { source, rows, skipped })
}

/// The files that were not read, in alphabetical order; those in a folder as the folder.
fn list_skipped(names: &[String], folder: &str, read: &[&str]) -> Vec<String> {
    let names = names.iter().filter(|name| !is_of_macos(name));
    let inside = names.filter_map(|name| name.strip_prefix(folder));
    let skipped = inside.filter(|name| !name.is_empty() && !read.contains(name));
    let shown: BTreeSet<String> = skipped
        .map(|name| match name.split_once('/') {
            Some((folder, _)) => format!("{}/", file_name(folder)),
            None => file_name(name),
        })
        .collect();
    shown.into_iter().take(MAX_SKIPPED).collect()
}

/// A file that macOS adds to archives.
fn is_of_macos(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name.ends_with(".DS_Store")
}

fn unpack(archive: &mut ZipArchive<Cursor<&[u8]>>, place: usize, left: &mut u64) -> Result<Vec<u8>, FileError> {
    let file = archive.by_index(place).map_err(|error| match error {
        zip::result::ZipError::UnsupportedArchive(why) if why == zip::result::ZipError::PASSWORD_REQUIRED => {
            FileError::Encrypted
        }
        _ => FileError::Archive,
    })?;
    let mut unpacked = Vec::new();
    // Reads one byte more than allowed, to notice that there is more.
    let read = file.take(*left + 1).read_to_end(&mut unpacked);
    let read = read.map_err(|_| FileError::Archive)? as u64;
    *left = left.checked_sub(read).ok_or(FileError::TooMuch)?;
    Ok(unpacked)
}

/// The folder that all files are in, if there is one: an export that was unpacked and packed again has one.
fn common_folder(names: &[String]) -> String {
    let names = names.iter().filter(|name| !is_of_macos(name));
    let mut folders = names.map(|name| name.split_once('/'));
    let Some(Some((first, _))) = folders.next() else {
        return String::new();
    };
    if folders.all(|folder| folder.is_some_and(|(name, _)| name == first)) {
        format!("{first}/")
    } else {
        String::new()
    }
}

/// Drops the stars of diary entries and reviews, which were given at the time, if `ratings.csv` has the current ones.
fn leave_out_older_stars(rows: &mut Vec<Row>) {
    let ratings: Arc<str> = "ratings.csv".into();
    if rows.iter().any(|row| row.file == ratings) {
        rows.retain(|row| row.file == ratings || !matches!(row.entry, Entry::Rating(_)));
    }
}
