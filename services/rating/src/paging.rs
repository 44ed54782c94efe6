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

/// How a moment stands in a cursor: microseconds, as the database keeps them. A number that is no moment which the database
/// could keep is refused here, before anything computes with it.
pub(crate) mod moment {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};
    use time::OffsetDateTime;

    use super::{BEGINNING_OF_TIME, END_OF_TIME};

    pub(crate) fn serialize<S: Serializer>(moment: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        ((moment.unix_timestamp_nanos() / 1000) as i64).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        let micros = i64::deserialize(deserializer)?;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
            .ok()
            .filter(|moment| (BEGINNING_OF_TIME..=END_OF_TIME).contains(moment))
            .ok_or_else(|| D::Error::custom("no moment"))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use time::{OffsetDateTime, macros::datetime};

    use super::*;

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    struct At(#[serde(with = "moment")] OffsetDateTime);

    #[test]
    fn a_moment_comes_back_to_the_microsecond_and_impossible_ones_are_refused() {
        let at = At(datetime!(2026-11-21 12:34:56.789_012 UTC));
        let json = serde_json::to_string(&at).expect("plain data");
        assert_eq!(serde_json::from_str::<At>(&json).expect("plain data"), at);
        for end in [BEGINNING_OF_TIME, END_OF_TIME] {
            let json = serde_json::to_string(&At(end)).expect("plain data");
            assert_eq!(serde_json::from_str::<At>(&json).expect("plain data"), At(end));
        }
        for wrong in [i64::MAX, i64::MIN, 253_402_300_799_999_999, -9_999_999_999_999_999] {
            assert!(serde_json::from_str::<At>(&wrong.to_string()).is_err(), "{wrong}");
        }
    }
}
