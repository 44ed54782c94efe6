//! Timestamps as the contract has them: Unix seconds, and a field of microseconds beside them where a member exports and
//! imports the value.

use time::{Duration, OffsetDateTime};

use crate::error::Error;

/// The exporting machine's clock may be ahead of this one.
const CLOCK_TOLERANCE: Duration = Duration::minutes(1);

/// The microseconds beyond the full second.
pub(crate) fn micros(time: OffsetDateTime) -> i32 {
    i32::try_from(time.microsecond()).expect("a second has a million microseconds")
}

/// Reads the timestamp of something that a member did before.
pub(crate) fn parse_past(seconds: i64, micros: i32) -> Result<OffsetDateTime, Error> {
    let now = OffsetDateTime::now_utc();
    let is_fraction = (0..1_000_000).contains(&micros);
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let time = time.and_then(|time| time.checked_add(Duration::microseconds(micros.into())));
    match time {
        Some(time) if is_fraction && seconds >= 0 && time <= now + CLOCK_TOLERANCE => Ok(time.min(now)),
        _ => Err(invalid_rated_at()),
    }
}

pub(crate) fn invalid_rated_at() -> Error {
    Error::invalid("rated_at", "the time is before 1970 or in the future")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_keeps_its_microseconds() {
        let time = parse_past(1_700_000_000, 123_456).expect("it is past");
        assert_eq!((time.unix_timestamp(), micros(time)), (1_700_000_000, 123_456));
    }

    #[test]
    fn times_before_1970_or_in_the_future_are_rejected() {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        for (seconds, micros) in [(-1, 0), (1, -1), (1, 1_000_000), (now + 3600, 0), (i64::MAX, 999_999)] {
            assert!(parse_past(seconds, micros).is_err(), "{seconds} {micros}");
        }
        assert!(parse_past(now + 5, 0).expect("within the tolerance") <= OffsetDateTime::now_utc());
    }
}
