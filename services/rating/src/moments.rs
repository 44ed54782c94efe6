//! Moments as the contract has them: seconds since 1970 and, where a member takes them along and brings them back, the
//! millionths of a second beside them.

use time::{Duration, OffsetDateTime};

use crate::error::Error;

/// Whoever read the moment has another clock than this one.
const CLOCKS_DIFFER: Duration = Duration::minutes(1);

pub(crate) fn micros(moment: OffsetDateTime) -> i32 {
    i32::try_from(moment.microsecond()).expect("a second has a million of them")
}

/// When something was done, as a file says.
pub(crate) fn past(seconds: i64, micros: i32) -> Result<OffsetDateTime, Error> {
    let now = OffsetDateTime::now_utc();
    let is_part = (0..1_000_000).contains(&micros);
    let moment = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let moment = moment.and_then(|moment| moment.checked_add(Duration::microseconds(micros.into())));
    match moment {
        Some(moment) if is_part && seconds >= 0 && moment <= now + CLOCKS_DIFFER => Ok(moment.min(now)),
        _ => Err(Error::RatedAt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_back_with_its_fraction() {
        let moment = past(1_700_000_000, 123_456).expect("it is past");
        assert_eq!((moment.unix_timestamp(), micros(moment)), (1_700_000_000, 123_456));
    }

    #[test]
    fn nothing_was_done_before_1970_or_in_the_future() {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        for (seconds, micros) in [(-1, 0), (1, -1), (1, 1_000_000), (now + 3600, 0), (i64::MAX, 999_999)] {
            assert!(past(seconds, micros).is_err(), "{seconds} {micros}");
        }
        assert!(past(now + 5, 0).expect("a clock that is ahead") <= OffsetDateTime::now_utc());
    }
}
