//! The long-running parts of a process, by name. The first to end stops the rest; the process then drains for a bounded
//! time and reports the failure, so that a half-dead process never lingers.

use std::time::Duration;

use anyhow::anyhow;
use tokio::task::JoinSet;

use crate::shutdown::Stop;

/// How long parts may take to finish after the stop. Longer than a server needs to leave the registry and drain
/// (`grpc::Server::serve`), shorter than the 15 seconds after which the supervisor kills.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(12);

pub struct Tasks {
    stop: Stop,
    drain_timeout: Duration,
    set: JoinSet<(&'static str, anyhow::Result<()>)>,
}

impl Tasks {
    pub fn new(stop: Stop) -> Self {
        Self {
            stop,
            drain_timeout: DRAIN_TIMEOUT,
            set: JoinSet::new(),
        }
    }

    #[must_use]
    pub fn with_drain_timeout(self, drain_timeout: Duration) -> Self {
        Self { drain_timeout, ..self }
    }

    /// Starts a part. It must run until the stop: one that ends earlier, even without an error, ends the process.
    pub fn spawn(&mut self, name: &'static str, part: impl Future<Output = anyhow::Result<()>> + Send + 'static) {
        self.set.spawn(async move { (name, part.await) });
    }

    /// Waits for the stop or the first failure, stops everything, drains, and returns the first failure. A drain that runs out
    /// is a failure too: the process cuts off what still runs, and its exit code has to say so.
    pub async fn join(mut self) -> anyhow::Result<()> {
        let mut failure = None;
        let first = tokio::select! {
            // In this order: a part that has ended because of the stop is no failure.
            biased;
            () = self.stop.stopped() => None,
            first = self.set.join_next() => first,
        };
        if let Some(ended) = first {
            failure = Some(describe(ended, true));
        }
        self.stop.stop();
        let drained = tokio::time::timeout(self.drain_timeout, async {
            while let Some(ended) = self.set.join_next().await {
                if matches!(&ended, Ok((_, Ok(())))) {
                    continue;
                }
                failure.get_or_insert_with(|| describe(ended, false));
            }
        });
        if drained.await.is_err() {
            let (left, limit) = (self.set.len(), self.drain_timeout);
            tracing::error!(left, ?limit, "the drain ran out");
            failure.get_or_insert_with(|| anyhow!("{left} parts were still running {limit:?} after the stop"));
        }
        match failure {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

type Ended = Result<(&'static str, anyhow::Result<()>), tokio::task::JoinError>;

fn describe(ended: Ended, early: bool) -> anyhow::Error {
    match ended {
        Ok((name, Err(error))) => error.context(format!("{name} failed")),
        Ok((name, Ok(()))) if early => anyhow!("{name} ended before the stop"),
        Ok((name, Ok(()))) => anyhow!("{name} ended"),
        Err(error) => anyhow!("a task panicked: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_failure_stops_the_rest_and_is_reported() {
        let stop = Stop::new();
        let mut tasks = Tasks::new(stop.clone());
        let other = stop.clone();
        tasks.spawn("patient", async move {
            other.stopped().await;
            Ok(())
        });
        tasks.spawn("broken", async { Err(anyhow!("no luck")) });
        let error = tasks.join().await.expect_err("a part failed");
        assert_eq!(format!("{error:#}"), "broken failed: no luck");
        assert!(stop.is_stopped());
    }

    #[tokio::test]
    async fn a_part_that_ends_before_the_stop_is_a_failure() {
        let mut tasks = Tasks::new(Stop::new());
        tasks.spawn("short", async { Ok(()) });
        assert!(tasks.join().await.is_err());
    }

    #[tokio::test]
    async fn a_drain_that_runs_out_is_a_failure() {
        let stop = Stop::new();
        let mut tasks = Tasks::new(stop.clone()).with_drain_timeout(Duration::from_millis(50));
        tasks.spawn("deaf", std::future::pending());
        stop.stop();
        let error = tasks.join().await.expect_err("a part was cut off");
        assert_eq!(error.to_string(), "1 parts were still running 50ms after the stop");
    }

    #[tokio::test]
    async fn a_stop_that_all_parts_follow_is_no_failure() {
        let stop = Stop::new();
        let mut tasks = Tasks::new(stop.clone());
        let token = stop.clone();
        tasks.spawn("patient", async move {
            token.stopped().await;
            Ok(())
        });
        stop.stop();
        assert!(tasks.join().await.is_ok());
    }
}
