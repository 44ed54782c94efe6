//! A line of a CSV file, with its fields by the names of their columns.

use std::collections::HashMap;

use time::OffsetDateTime;

pub(super) struct Record<'a> {
    pub(super) columns: &'a HashMap<String, usize>,
    pub(super) fields: &'a [&'a str],
    pub(super) now: OffsetDateTime,
}

impl<'a> Record<'a> {
    /// The trimmed field; empty if the file does not have the column.
    pub(super) fn get(&self, column: &str) -> &'a str {
        self.raw(column).trim()
    }

    /// The field as it is; empty if the file does not have the column.
    pub(super) fn raw(&self, column: &str) -> &'a str {
        let place = self.columns.get(column);
        place.and_then(|&place| self.fields.get(place)).copied().unwrap_or("")
    }
}
