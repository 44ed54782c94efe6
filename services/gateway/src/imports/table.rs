//! CSV files: the format of a file, and its lines as records with named columns.

use std::{collections::HashMap, sync::Arc};

use csv::{ByteRecord, ReaderBuilder};
use matcha_protos::rating::v1::ImportReason;
use time::OffsetDateTime;

use super::{
    encoding::line_breaks,
    file::{Entry, FileError, FileMovie, MAX_ROWS, Parsed, Row},
    formats::{self, Format},
    lists::ListRows,
    quotes,
    record::Record,
    values,
};

/// Parses a CSV file. `fits` says whether a file of this name may have this format.
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
    let format = formats::detect(name, &header);
    // In a file of an unknown format, only a quote in its header can be why.
    if let Some(line) = quotes::find_unclosed(text.as_bytes())
        && (format.is_ok() || line == 1)
    {
        let file = name.to_owned();
        return Err(FileError::UnclosedQuote { file, line });
    }
    let format = format?;
    if !fits(format) {
        return Err(FileError::Misnamed(name.to_owned()));
    }
    let width = header.len();
    let columns: HashMap<String, usize> = header.into_iter().zip(0..).collect();

    let file: Arc<str> = name.into();
    let mut rows = Vec::new();
    let mut lists = ListRows::default();
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
            for row in format.rows(&record) {
                lists.add(&mut rows, row.into_row(&file, line));
            }
        } else {
            let movie = FileMovie {
                title: values::title(record.get(format.title_column())).unwrap_or_default(),
                ..FileMovie::default()
            };
            rows.push(Row {
                file: file.clone(),
                line,
                movie,
                entry: Entry::Nothing,
                dated_at: None,
                problem: Some(ImportReason::Columns),
            });
        }
        if rows.len() > MAX_ROWS {
            return Err(FileError::TooManyRows);
        }
    }
    Ok(Parsed {
        source: format.source(),
        rows,
        skipped: Vec::new(),
    })
}

/// Reads a record; false at the end. Reading from memory with any number of columns cannot fail otherwise.
fn read(reader: &mut csv::Reader<&[u8]>, record: &mut ByteRecord) -> bool {
    reader.read_byte_record(record).unwrap_or(false)
}

/// The fields as text. The file is UTF-8 and fields end at ASCII characters, so every field is UTF-8.
fn fields(record: &ByteRecord) -> Vec<&str> {
    let fields = record
        .iter()
        .map(|field| std::str::from_utf8(field).unwrap_or_default());
    fields.collect()
}

/// Line numbers by byte offset. The csv crate counts wrongly after a CRLF, which it takes for two line ends.
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

    /// The line of the first character at or after this offset that is no line break. Offsets must not decrease.
    fn at(&mut self, offset: usize) -> usize {
        let offset = offset.clamp(self.seen, self.bytes.len());
        let rest = &self.bytes[offset..];
        let breaks = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let end = offset + breaks;
        self.line += line_breaks(&self.bytes[self.seen..end]);
        self.seen = end;
        self.line
    }
}
