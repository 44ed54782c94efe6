//! When to train: a small process that looks at how much has changed and lets a child do it. The megabytes of a training go
//! back to the system with the child.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chassis::shutdown::Stop;

use crate::{
    config::TrainConfig,
    model::Info,
    snapshot,
    store::{CopyStatus, Store, now},
};

/// Ratings before a first model makes sense.
const ENOUGH: i64 = 200;
/// A training waits until nothing has changed for so long ...
const QUIET: Duration = Duration::from_secs(3);
/// ... but not longer than this: a site where somebody always rates is never quiet.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// With anything new, at least so often.
const AT_LEAST_EVERY: i64 = 600;
/// Whatever failed will most likely fail again, and a training costs minutes of both cores.
const AFTER_A_FAILURE: Duration = Duration::from_secs(60);

/// Decides when to train.
pub(super) async fn watch(config: &TrainConfig, store: &Store, stop: &Stop) -> anyhow::Result<()> {
    let folder = &config.models.model_dir;
    tracing::info!(folder = %folder.display(), "watching the ratings");
    let mut model = known_model(config);
    // Since when the counter has stood still, and since when there has been a reason to train.
    let (mut last_changes, mut still_since, mut wanted_since) = (-1, Instant::now(), None::<Instant>);
    // After a model that was refused the next would most likely be, too.
    let mut not_before = Instant::now();
    while stop.until(tokio::time::sleep(Duration::from_secs(1))).await.is_some() {
        let Ok(copy_status) = store.copy_status().await else {
            continue;
        };
        if copy_status.changes != last_changes {
            (last_changes, still_since) = (copy_status.changes, Instant::now());
        }
        if !copy_status.filled || copy_status.rated == 0 {
            wanted_since = None;
            continue;
        }
        let asked = store.take_training_request().await.unwrap_or(false);
        let reason = if asked {
            Some("somebody asked")
        } else {
            reason_to_train(&copy_status, model.as_ref())
        };
        // Somebody who went back to an older model does not want it replaced before they ask.
        let rests = Instant::now() < not_before || snapshot::is_pinned(folder);
        let Some(reason) = reason.filter(|_| asked || !rests) else {
            wanted_since = None;
            continue;
        };
        let since = *wanted_since.get_or_insert_with(Instant::now);
        // A running import would otherwise set off a training with every few hundred ratings.
        if !asked && still_since.elapsed() < QUIET && since.elapsed() < PATIENCE {
            continue;
        }
        tracing::info!(reason, ratings = copy_status.rated, "training in a process of its own");
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
                tracing::error!(error = %format!("{error:#}"), "the training failed; the last model stays");
                not_before = Instant::now() + AFTER_A_FAILURE;
            }
        }
        wanted_since = None;
    }
    Ok(())
}

/// What the current snapshot says of itself; `None` if there is none that can be read.
fn known_model(config: &TrainConfig) -> Option<Info> {
    let folder = &config.models.model_dir;
    let version = snapshot::current(folder)?;
    snapshot::load(folder, &version)
        .map(|snapshot| snapshot.model.info)
        .ok()
}

fn reason_to_train(copy_status: &CopyStatus, model: Option<&Info>) -> Option<&'static str> {
    let Some(model) = model else {
        return (copy_status.rated >= ENOUGH).then_some("there is no model yet");
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

/// The same command line without `--watch`; it dies with us.
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
    fn a_model_is_renewed_when_the_ratings_grow_by_more_than_five_percent_or_it_is_old() {
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
