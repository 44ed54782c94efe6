//! Parsing a member's own data from the files of other sites, and of ours: bytes in, rows out, without calls to services.
//!
//! The format of a file is detected by its header, never by its name alone. A mistake in one row is a problem of that row; only
//! a file that cannot be read at all is an error. Nothing is rounded, guessed or dropped without a problem.

use time::OffsetDateTime;

use super::{
    archive,
    encoding::text,
    file::{FileError, MAX_ROWS, Parsed, file_name},
    json, table,
};

/// Parses a file of a known format. Dates after `now` are refused.
pub(crate) fn parse(name: &str, bytes: &[u8], now: OffsetDateTime) -> Result<Parsed, FileError> {
    let name = file_name(name);
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return archive::parse(&name, bytes, now);
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
    if parsed.rows.len() > MAX_ROWS {
        return Err(FileError::TooManyRows);
    }
    Ok(parsed)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
