//! What the lists have in common. They page by key (`where (time, id) < (last time, last id)`), so a page costs the same
//! however deep it is, and a rating that arrives meanwhile shifts nothing.

pub(crate) use chassis::cursor::{BEGINNING_OF_TIME, END_OF_TIME, timestamp as moment, truncate_page as cut};

use crate::error::Error;

/// Entries of a page, as the request wants it.
pub(crate) fn limit(limit: i32) -> Result<i64, Error> {
    match limit {
        0 => Ok(20),
        1..=50 => Ok(limit.into()),
        _ => Err(Error::Limit(limit)),
    }
}
