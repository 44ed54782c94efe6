//! The stop signal: one token that every long-running part listens to.

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Clones share one state; once stopped, stopped for ever.
#[derive(Clone, Debug, Default)]
pub struct Stop(CancellationToken);

impl Stop {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn stop(&self) {
        self.0.cancel();
    }

    pub fn is_stopped(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Waits for the stop.
    pub async fn stopped(&self) {
        self.0.cancelled().await;
    }

    /// A stop that follows this one and can also come earlier.
    pub fn child(&self) -> Self {
        Self(self.0.child_token())
    }

    /// Runs the future until it ends or the stop comes; `None`: stopped.
    pub async fn until<F: Future>(&self, future: F) -> Option<F::Output> {
        self.0.run_until_cancelled(future).await
    }
}

/// Stops at the first SIGTERM or SIGINT. A second one ends the process at once, with the exit code that a shell gives a
/// process which the signal killed: 143 or 130.
pub fn on_signal() -> anyhow::Result<Stop> {
    let stop = Stop::new();
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?;
    let token = stop.clone();
    tokio::spawn(async move {
        let mut next_signal = async || {
            tokio::select! {
                _ = terminate.recv() => ("SIGTERM", SignalKind::terminate()),
                _ = interrupt.recv() => ("SIGINT", SignalKind::interrupt()),
            }
        };
        let (signal, _) = next_signal().await;
        tracing::info!(signal, "draining");
        token.stop();
        let (signal, kind) = next_signal().await;
        tracing::warn!(signal, "a second signal: ending without draining");
        #[expect(
            clippy::disallowed_methods,
            reason = "the second signal asks to end without draining"
        )]
        std::process::exit(128 + kind.as_raw_value());
    });
    Ok(stop)
}
