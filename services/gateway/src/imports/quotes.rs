//! Quotes of CSV files that are never closed. The csv crate reads the rest of the file into one field then.

use super::encoding::line_breaks;

/// The line of the first quote that opens a field and is never closed.
pub(super) fn find_unclosed(csv: &[u8]) -> Option<usize> {
    let mut field = 0;
    loop {
        let mut end = field;
        if *csv.get(field)? == b'"' {
            let Some(close) = closing_quote(csv, field) else {
                return Some(1 + line_breaks(&csv[..field]));
            };
            end = close + 1;
        }
        field = end + csv[end..].iter().position(|byte| ends_field(*byte))? + 1;
    }
}

/// The quote that closes the one at `open`. A quote in a later line with text after it opens another field instead.
fn closing_quote(csv: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        at += csv[at..].iter().position(|byte| *byte == b'"')?;
        match csv.get(at + 1) {
            // Two quotes are one in the text.
            Some(b'"') => at += 2,
            Some(next) if !ends_field(*next) && line_breaks(&csv[open..at]) > 0 => return None,
            _ => return Some(at),
        }
    }
}

fn ends_field(byte: u8) -> bool {
    matches!(byte, b',' | b'\r' | b'\n')
}
