//! Asking for a training now, and following it.

use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::{TELL_EVERY, schedule::PATIENCE};
use crate::store::Store;

/// Asks the process that watches; with `follow` prints how far it is, and ends with it.
pub(super) async fn request(store: &Store, follow: bool) -> anyhow::Result<()> {
    let before = store.training().await.context("Redis does not answer")?;
    store.request_training().await.context("cannot ask for a training")?;
    if !follow {
        tracing::info!("asked for a training");
        return Ok(());
    }
    println!("asked for a training");
    let asked = Instant::now();
    let mut shown = String::new();
    loop {
        tokio::time::sleep(TELL_EVERY).await;
        let progress = store.training().await.context("Redis does not answer")?;
        if progress.started_at == before.started_at {
            ensure!(asked.elapsed() < PATIENCE, "nobody trains: does the trainer run?");
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
