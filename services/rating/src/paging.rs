//! What the lists have in common. They page by key (`where (time, id) < (last time, last id)`), so a page costs the same
//! however deep it is, and a rating that arrives meanwhile shifts nothing.

pub(crate) use chassis::cursor::{BEGINNING_OF_TIME, END_OF_TIME, cut, moment};

use crate::error::Error;

const MOST: i32 = 50;

pub(crate) fn invalid_limit(most: i32, limit: i32) -> Error {
    Error::invalid("limit", format!("a page has 1 to {most} entries, not {limit}"))
}

/// Entries of a page, as the request wants it.
pub(crate) fn limit(limit: i32) -> Result<i64, Error> {
    match limit {
        0 => Ok(20),
        1..=MOST => Ok(limit.into()),
        _ => Err(invalid_limit(MOST, limit)),
    }
}

pub(crate) fn invalid_sort() -> Error {
    Error::invalid("sort", "there is no such sort")
}
