//! Deadlines. The edge sets one per request in a task-local variable; every gRPC call made in its scope gets at most the time
//! that is left, and passes it on as `grpc-timeout`.

use std::time::{Duration, Instant};

tokio::task_local! {
    static DEADLINE: Instant;
}

/// Runs the future with a deadline for the calls that it makes. An earlier deadline around it stays in force. The future itself is
/// not cancelled.
pub async fn within<F: Future>(limit: Duration, future: F) -> F::Output {
    let mine = Instant::now() + limit;
    let at = DEADLINE.try_with(|outer| mine.min(*outer)).unwrap_or(mine);
    DEADLINE.scope(at, future).await
}

/// The deadline of the current scope.
pub fn at() -> Option<Instant> {
    DEADLINE.try_with(|at| *at).ok()
}

/// Whether a deadline has passed; `None` never does.
pub fn is_over(at: Option<Instant>) -> bool {
    at.is_some_and(|at| at <= Instant::now())
}

/// The time until the deadline, at most `limit`; zero once it has passed.
pub fn left(limit: Duration) -> Duration {
    let left = DEADLINE.try_with(|at| at.saturating_duration_since(Instant::now()));
    left.map_or(limit, |left| left.min(limit))
}

/// The most time that is kept for the answer of a call that does not wait until its deadline.
const RESERVE: Duration = Duration::from_millis(100);

/// Waits for the future until shortly before the deadline, while there is still time to say so; `None` then. Without a deadline it
/// waits as long as it takes. Dropping the future must do no harm.
pub async fn in_time<F: Future>(future: F) -> Option<F::Output> {
    let Some(at) = at() else {
        return Some(future.await);
    };
    let left = at.saturating_duration_since(Instant::now());
    tokio::time::timeout(left - RESERVE.min(left / 8), future).await.ok()
}

/// Reads `grpc-timeout`: up to eight digits and a unit.
pub(crate) fn parse(value: &str) -> Option<Duration> {
    let (digits, unit) = value.split_at_checked(value.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(amount * 3600),
        "M" => Duration::from_secs(amount * 60),
        "S" => Duration::from_secs(amount),
        "m" => Duration::from_millis(amount),
        "u" => Duration::from_micros(amount),
        "n" => Duration::from_nanos(amount),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_inner_scope_cannot_get_more_than_is_left() {
        within(Duration::from_millis(100), async {
            within(Duration::from_secs(9), async {
                assert!(left(Duration::from_secs(5)) <= Duration::from_millis(100));
            })
            .await;
        })
        .await;
        assert_eq!(left(Duration::from_secs(5)), Duration::from_secs(5));
    }

    #[tokio::test]
    async fn work_that_takes_too_long_is_given_up_before_the_deadline() {
        within(Duration::from_millis(200), async {
            assert_eq!(in_time(std::future::ready(7)).await, Some(7));
            assert_eq!(in_time(std::future::pending::<()>()).await, None);
            assert!(!is_over(at()), "there is time for an answer");
        })
        .await;
        let slow = async { tokio::time::sleep(Duration::from_millis(20)).await };
        assert_eq!(in_time(slow).await, Some(()), "without a deadline");
    }

    #[test]
    fn timeouts_are_read_in_every_unit_and_nonsense_is_not() {
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse("2S"), Some(Duration::from_secs(2)));
        assert_eq!(parse("1500000u"), Some(Duration::from_millis(1500)));
        for nonsense in ["", "S", "1", "-1S", "999999999S", "1초"] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
