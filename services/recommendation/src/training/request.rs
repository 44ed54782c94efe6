//! Requesting a training, and following its progress.

use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::{PROGRESS_EVERY, schedule::QUIET_TIMEOUT};
use crate::store::Store;

/// Requests a training from the process that watches. With `follow`, prints the progress until the training ends.
pub(super) async fn request(store: &Store, follow: bool) -> anyhow::Result<()> {
    let before = store.training().await.context("Redis does not answer")?;
    store.request_training().await.context("cannot request a training")?;
    if !follow {
        tracing::info!("requested a training");
        return Ok(());
    }
    println!("requested a training");
    let requested = Instant::now();
    let mut shown = String::new();
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        let progress = store.training().await.context("Redis does not answer")?;
        if progress.started_at == before.started_at {
            ensure!(
                requested.elapsed() < QUIET_TIMEOUT,
                "no training has started: is the trainer running?"
            );
            continue;
        }
        let line = progress.to_string();
        if line != shown {
            println!("{line}");
            shown = line;
        }
        match progress.state.as_str() {
            "training" => {}
            "published" => return Ok(()),
            _ => anyhow::bail!("no new model: {}", progress.detail),
        }
    }
}
