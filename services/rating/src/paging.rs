//! What the lists have in common. They page by key (`where (time, id) < (last time, last id)`), so a page costs the same
//! however deep it is, and a rating that arrives meanwhile shifts nothing.

use time::{OffsetDateTime, macros::datetime};

use crate::error::Error;

/// Where a list from the newest starts: after everything.
pub(crate) const END_OF_TIME: OffsetDateTime = datetime!(9999-12-31 0:00 UTC);
/// Where a list from the oldest starts.
pub(crate) const BEGINNING_OF_TIME: OffsetDateTime = datetime!(1900-01-01 0:00 UTC);

/// Entries of a page, as the request wants it.
pub(crate) fn limit(limit: i32) -> Result<i64, Error> {
    match limit {
        0 => Ok(20),
        1..=50 => Ok(limit.into()),
        _ => Err(Error::Limit(limit)),
    }
}

/// Takes off the row that was read only to learn whether there is a next page; true: there is.
pub(crate) fn cut<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).expect("a limit is at most 50");
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}
