//! Decides when to train. The training runs in a child process, so that its memory returns to the system when it ends.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chassis::shutdown::Stop;

use crate::{
    config::TrainConfig,
    model::Info,
    snapshot,
    store::{CopyStatus, Store, now},
};

/// Ratings that a first model needs.
const MIN_RATINGS: i64 = 200;
/// A training waits until no rating has changed for this time, so that an import is complete.
const QUIET: Duration = Duration::from_secs(3);
/// The longest wait for such a quiet time; on a busy site ratings change all the time.
pub(super) const QUIET_TIMEOUT: Duration = Duration::from_secs(60);
/// Seconds after which any change is a reason to train.
const AT_LEAST_EVERY: i64 = 600;
/// The pause after a failed training, which would probably fail again and takes minutes of CPU time.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(60);

/// Trains whenever enough has changed or a training is requested, until the stop.
pub(super) async fn watch(config: &TrainConfig, store: &Store, stop: &Stop) -> anyhow::Result<()> {
    let folder = &config.models.model_dir;
    tracing::info!(folder = %folder.display(), "watching the ratings");
    let mut model = known_model(config);
    // When the counter last changed, and since when there has been a reason to train.
    let (mut last_changes, mut unchanged_since, mut wanted_since) = (-1, Instant::now(), None::<Instant>);
    // After a refused model, the next one would probably be refused too, so the next training waits.
    let mut not_before = Instant::now();
    while stop.until(tokio::time::sleep(Duration::from_secs(1))).await.is_some() {
        let Ok(copy_status) = store.copy_status().await else {
            continue;
        };
        if copy_status.changes != last_changes {
            (last_changes, unchanged_since) = (copy_status.changes, Instant::now());
        }
        if !copy_status.filled || copy_status.rated == 0 {
            wanted_since = None;
            continue;
        }
        let requested = store.take_training_request().await.unwrap_or(false);
        let reason = if requested {
            Some("a training was requested")
        } else {
            reason_to_train(&copy_status, model.as_ref())
        };
        // A pinned model is replaced only on request.
        let is_paused = Instant::now() < not_before || snapshot::is_pinned(folder);
        let Some(reason) = reason.filter(|_| requested || !is_paused) else {
            wanted_since = None;
            continue;
        };
        let since = *wanted_since.get_or_insert_with(Instant::now);
        // Otherwise a running import would start a training every few hundred ratings.
        if !requested && unchanged_since.elapsed() < QUIET && since.elapsed() < QUIET_TIMEOUT {
            continue;
        }
        tracing::info!(reason, ratings = copy_status.rated, "training in a child process");
        match train_in_child(stop).await {
            Ok(()) => {
                let new = known_model(config);
                let version = |model: &Option<Info>| model.as_ref().map(|info| info.version.clone());
                if version(&new) == version(&model) {
                    not_before = Instant::now() + Duration::from_secs(AT_LEAST_EVERY.unsigned_abs());
                }
                model = new;
            }
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "the training failed; the last model stays in use");
                not_before = Instant::now() + PAUSE_AFTER_FAILURE;
            }
        }
        wanted_since = None;
    }
    Ok(())
}

/// The metadata of the current snapshot; `None` if there is none or it cannot be read.
fn known_model(config: &TrainConfig) -> Option<Info> {
    let folder = &config.models.model_dir;
    let version = snapshot::current(folder)?;
    snapshot::load(folder, &version)
        .map(|snapshot| snapshot.model.info)
        .ok()
}

fn reason_to_train(copy_status: &CopyStatus, model: Option<&Info>) -> Option<&'static str> {
    let Some(model) = model else {
        return (copy_status.rated >= MIN_RATINGS).then_some("there is no model yet");
    };
    if copy_status.changes == model.changes {
        return None;
    }
    let (rated, known) = (copy_status.rated as f64, model.ratings as f64);
    if rated > known * 1.05 || rated < known * 0.8 {
        return Some("the number of ratings has changed by more than 5 %");
    }
    (now() - model.trained_at >= AT_LEAST_EVERY).then_some("ratings have changed since the last training")
}

/// Runs this program with the same arguments except `--watch`. The child is killed if this process ends first.
async fn train_in_child(stop: &Stop) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--watch");
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .kill_on_drop(true)
        .spawn()
        .context("cannot start a child")?;
    match stop.until(child.wait()).await {
        None => Ok(()),
        Some(status) => {
            let status = status?;
            ensure!(status.success(), "the child ended with {status}");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy_status(rated: i64, changes: i64) -> CopyStatus {
        CopyStatus {
            rated,
            changes,
            filled: true,
            ..CopyStatus::default()
        }
    }

    #[test]
    fn a_first_model_needs_enough_ratings() {
        assert_eq!(reason_to_train(&copy_status(199, 199), None), None);
        assert!(reason_to_train(&copy_status(200, 200), None).is_some());
    }

    #[test]
    fn a_model_is_renewed_after_growth_of_five_percent_or_when_it_is_old() {
        let fresh = Info {
            ratings: 1000,
            changes: 1000,
            trained_at: now(),
            ..Info::default()
        };
        assert_eq!(reason_to_train(&copy_status(1000, 1000), Some(&fresh)), None);
        assert_eq!(reason_to_train(&copy_status(1040, 1040), Some(&fresh)), None);
        assert!(reason_to_train(&copy_status(1060, 1060), Some(&fresh)).is_some());
        let old = Info {
            trained_at: now() - AT_LEAST_EVERY,
            ..fresh
        };
        assert!(reason_to_train(&copy_status(1001, 1001), Some(&old)).is_some());
        assert_eq!(reason_to_train(&copy_status(1000, 1000), Some(&old)), None);
    }
}
