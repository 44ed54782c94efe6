//! CSV files: which of the known ones it is, and its lines as records with named columns.

use std::{collections::HashMap, sync::Arc};

use csv::{ByteRecord, ReaderBuilder};
use matcha_protos::rating::v1::ImportReason;
use time::OffsetDateTime;

use super::{
    Entry, FileError, Film, MOST_ROWS, Parsed, Row,
    formats::{self, Format},
    lists::Known,
};

/// One line, by the names of its columns.
pub(super) struct Record<'a> {
    columns: &'a HashMap<String, usize>,
    fields: &'a [&'a str],
    pub(super) now: OffsetDateTime,
}

impl<'a> Record<'a> {
    /// Trimmed; a column that the file has not is empty.
    pub(super) fn get(&self, column: &str) -> &'a str {
        self.raw(column).trim()
    }

    pub(super) fn raw(&self, column: &str) -> &'a str {
        let place = self.columns.get(column);
        place.and_then(|&place| self.fields.get(place)).copied().unwrap_or("")
    }
}

/// `fits` says whether a file of this name may be of this kind.
pub(super) fn parse(
    name: &str,
    text: &str,
    now: OffsetDateTime,
    fits: impl Fn(Format) -> bool,
) -> Result<Parsed, FileError> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut lines = Lines::new(text.as_bytes());
    let mut record = ByteRecord::new();
    if !read(&mut reader, &mut record) {
        return Err(FileError::Empty);
    }
    let header: Vec<String> = fields(&record).iter().map(|name| name.trim().to_lowercase()).collect();
    let format = formats::detect(name, &header)?;
    if !fits(format) {
        return Err(FileError::Misnamed(name.to_owned()));
    }
    let width = header.len();
    let columns: HashMap<String, usize> = header.into_iter().zip(0..).collect();

    let file: Arc<str> = name.into();
    let mut rows = Vec::new();
    let mut known = Known::default();
    while read(&mut reader, &mut record) {
        let at = record.position().map_or(0, csv::Position::byte);
        let line = lines.at(usize::try_from(at).unwrap_or(usize::MAX));
        let fields = fields(&record);
        let record = Record {
            columns: &columns,
            fields: &fields,
            now,
        };
        if fields.len() == width {
            let said = format.rows(&record).into_iter();
            for row in said.map(|said| said.into_row(&file, line)) {
                known.add(&mut rows, row);
            }
        } else {
            let film = Film {
                title: super::values::title(record.get(format.title_column())).unwrap_or_default(),
                ..Film::default()
            };
            rows.push(Row {
                file: file.clone(),
                line,
                film,
                entry: Entry::Nothing,
                dated_at: None,
                problem: Some(ImportReason::Columns),
            });
        }
        if rows.len() > MOST_ROWS {
            return Err(FileError::TooManyRows);
        }
    }
    Ok(Parsed {
        source: format.source(),
        rows,
    })
}

/// False at the end. Reading from memory, of any number of columns, cannot fail otherwise.
fn read(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> bool {
    reader.read_byte_record(record).unwrap_or(false)
}

/// The whole file is UTF-8 and fields end at ASCII characters, so every field is.
fn fields(record: &ByteRecord) -> Vec<&str> {
    let fields = record
        .iter()
        .map(|field| std::str::from_utf8(field).unwrap_or_default());
    fields.collect()
}

/// Lines by the place of their bytes. The reader's own count is one short after a CRLF, which it takes for two ends.
struct Lines<'a> {
    bytes: &'a [u8],
    seen: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            seen: 0,
            line: 1,
        }
    }

    /// Of the first character from there on that is no line break. Places must not go back.
    fn at(&mut self, place: usize) -> usize {
        let place = place.clamp(self.seen, self.bytes.len());
        let rest = &self.bytes[place..];
        let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let end = place + breaks;
        self.line += line_breaks(&self.bytes[self.seen..end]);
        self.seen = end;
        self.line
    }
}

/// LF, CRLF, and the lone CR of old machines.
pub(super) fn line_breaks(bytes: &[u8]) -> usize {
    let lone = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    (0..bytes.len()).filter(|&at| bytes[at] == b'\n' || lone(at)).count()
}
