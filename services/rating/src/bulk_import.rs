//! Validation that the operator's bulk imports of comments and lists share.

use std::collections::HashSet;

use time::OffsetDateTime;

use crate::{
    error::{Error, ensure_at_most},
    ids::MemberId,
};

const MAX_LIKES: usize = 1_000;

/// Reads the time at which something was written or made.
pub(crate) fn parse_created_at(seconds: i64) -> Result<OffsetDateTime, Error> {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let time = time.filter(|time| seconds > 0 && *time <= OffsetDateTime::now_utc());
    time.ok_or_else(invalid_created_at)
}

pub(crate) fn invalid_created_at() -> Error {
    Error::invalid(
        "created_at",
        "the time is before 1970, in the future, or before what it belongs to",
    )
}

/// The distinct members of `liked_by`; `own_like` is the error if the author is among them.
pub(crate) fn liked_by(ids: &[String], author: MemberId, own_like: fn() -> Error) -> Result<Vec<MemberId>, Error> {
    ensure_at_most("liked_by", ids.len(), MAX_LIKES)?;
    let members = ids.iter().map(|id| MemberId::parse(id));
    let members = members.collect::<Result<HashSet<_>, _>>()?;
    if members.contains(&author) {
        return Err(own_like());
    }
    Ok(members.into_iter().collect())
}

/// A count as its column stores it.
pub(crate) fn count<T>(of: &[T]) -> i32 {
    i32::try_from(of.len()).expect("each repeated field of an import is bounded")
}
