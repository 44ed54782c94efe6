//! ZIP archives: Letterboxd's export and our own. The sizes that an archive declares are not trusted: bytes are counted while
//! they are unpacked.

use std::{
    io::{Cursor, Read as _},
    sync::Arc,
};

use matcha_protos::rating::v1::ImportSource;
use time::OffsetDateTime;
use zip::ZipArchive;

use super::{
    encoding::text,
    file::{Entry, FileError, MAX_ROWS, Parsed, Row},
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
/// items in folders of their own, which are not read.
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
    let (mut source, mut rows) = (None, Vec::new());
    for (file, formats) in FILES {
        let path = format!("{folder}{file}");
        let Some(place) = names.iter().position(|name| *name == path) else {
            continue;
        };
        let unpacked = unpack(&mut archive, place, &mut left)?;
        let text = text(file, &unpacked)?;
        if text.trim_start().is_empty() {
            // Letterboxd writes no header into the file of a member without reviews.
            continue;
        }
        let parsed = match table::parse(file, text, now, |format| formats.contains(&format)) {
            // Letterboxd's comments.csv holds replies to others' reviews, in a format that is not imported.
            Err(FileError::Unknown(_)) if file == COMMENTS && source != Some(ImportSource::Matcha) => continue,
            parsed => parsed?,
        };
        source = source.or(Some(parsed.source));
        rows.extend(parsed.rows);
        if rows.len() > MAX_ROWS {
            return Err(FileError::TooManyRows);
        }
    }
    let source = source.ok_or(FileError::NothingInside)?;
    if source == ImportSource::Letterboxd {
        leave_out_older_stars(&mut rows);
    }
    Ok(Parsed { source, rows })
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
    let is_rubbish = |name: &&String| !name.starts_with("__MACOSX/") && !name.ends_with(".DS_Store");
    let mut folders = names.iter().filter(is_rubbish).map(|name| name.split_once('/'));
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
