//! `matcha-recommendation train`: reads every rating from Redis, measures on the last ratings of each member, trains on all,
//! and publishes a snapshot. With `--watch` a small process that decides when, and lets a child do it: the megabytes of a
//! training go back to the system with the child.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chassis::shutdown::Stop;

use crate::{
    catalogue::facts_of,
    config::{LearningConfig, TrainConfig},
    model::{
        Info, Model,
        dataset::{Dataset, Rating},
        evaluate,
        features::Facts,
        neighbours::Neighbours,
        snapshot,
        train::{Options, Trained, train},
    },
    store::{Standing, Store, now},
};

/// Ratings before a first model makes sense.
const ENOUGH: i64 = 200;
/// A training waits until nothing has changed for so long ...
const QUIET: Duration = Duration::from_secs(3);
/// ... but not longer than this: a site where somebody always rates is never quiet.
const PATIENCE: Duration = Duration::from_secs(60);
/// With anything new, at least so often.
const AT_LEAST_EVERY: i64 = 600;
/// What is left out to measure: the last fifth of each member's ratings.
const HELD_OUT: f64 = 0.2;

/// Runs the subcommand.
pub async fn run(config: TrainConfig, stop: Stop) -> anyhow::Result<()> {
    let store = Store::new(&config.redis.redis_url, &config.redis.redis_prefix)?;
    if config.request {
        store.request_training().await.context("cannot ask for a training")?;
        tracing::info!("asked for a training");
        return Ok(());
    }
    if config.watch {
        return watch(&config, &store, &stop).await;
    }
    train_once(&config, &store).await
}

/// Reads, measures, trains, publishes.
async fn train_once(config: &TrainConfig, store: &Store) -> anyhow::Result<()> {
    // The counter is read first: what arrives while reading counts as new afterwards.
    let standing = store.standing().await.context("Redis does not answer")?;
    ensure!(
        standing.filled,
        "the copy in Redis is not complete yet; serve rebuilds it"
    );
    let (data, facts) = read(store).await?;
    ensure!(!data.is_empty(), "there are no ratings to train on");
    tracing::info!(
        ratings = data.len(),
        members = data.members.len(),
        movies = data.movies.len(),
        "training"
    );
    let learning = config.learning.clone();
    let folder = config.models.model_dir.clone();
    tokio::task::spawn_blocking(move || {
        let mut model = with_threads(learning.threads, || measured_model(&data, &facts, &learning))?;
        model.info.changes = standing.changes;
        let path = snapshot::publish(&folder, &model).context("cannot write the snapshot")?;
        let info = &model.info;
        tracing::info!(model.version = info.version, model.rmse = info.held_out_rmse,
            model.rmse_average = info.held_out_rmse_average, factors = info.factors, iterations = info.iterations,
            seconds = info.training_seconds, file = %path.display(), "published a model");
        if info.held_out_rmse > info.held_out_rmse_average {
            tracing::warn!("on held-out ratings this model is worse than the plain average");
        }
        Ok(())
    })
    .await
    .context("the training panicked")?
}

/// Everything there is, from Redis.
async fn read(store: &Store) -> anyhow::Result<(Dataset, Vec<Facts>)> {
    let movies = store.movies().await?;
    let mut ratings = Vec::new();
    let members = store.members().await?;
    for batch in members.chunks(500) {
        for (member, profile) in batch.iter().zip(store.profiles(batch).await?) {
            ratings.extend(profile.ratings.iter().map(|rated| Rating {
                member: *member,
                movie: rated.movie,
                stars: f32::from(rated.stars) / 2.0,
                rated_at: rated.rated_at,
            }));
        }
    }
    let data = Dataset::new(ratings, movies.iter().map(|(id, _)| *id));
    let facts = data
        .movies
        .iter()
        .map(|id| {
            let at = movies.binary_search_by_key(id, |(id, _)| *id);
            at.map(|at| facts_of(&movies[at].1)).unwrap_or_default()
        })
        .collect();
    Ok((data, facts))
}

/// How many factors the data can feed. On 50,000 ratings 8 are better than 16 (time hold-out .6896 and .6921).
pub fn options_for(ratings: usize, learning: &LearningConfig) -> Options {
    let usual = match ratings {
        ..300_000 => 8,
        300_000..5_000_000 => 16,
        _ => 32,
    };
    Options {
        factors: learning.factors.unwrap_or(usual).clamp(1, 128),
        iterations: learning.iterations,
        seed: learning.seed,
    }
}

/// Runs on a pool of that many threads; 0: one per core.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("cannot start the threads")?;
    Ok(pool.install(work))
}

/// Measures on a hold-out, then trains on everything.
fn measured_model(data: &Dataset, facts: &[Facts], learning: &LearningConfig) -> Model {
    let options = options_for(data.len(), learning);
    let (kept, held) = data.split_by_time(HELD_OUT);
    let (mut rmse, mut rmse_average, mut thresholds) = (0.0, 0.0, None);
    if !held.is_empty() {
        let trial = Model::new(&train(&kept, facts, options), kept.movies.clone(), Info::default());
        let outcomes = evaluate::outcomes(&trial, &kept, &held);
        (rmse, rmse_average) = (evaluate::rmse(&outcomes), evaluate::average_rmse(&kept, &held));
        thresholds = evaluate::thresholds(&outcomes);
    }
    let began = Instant::now();
    let trained: Trained = train(data, facts, options);
    let neighbours = Neighbours::learn(data);
    let at = time::OffsetDateTime::now_utc();
    let info = Info {
        version: format!("{}", at.unix_timestamp_nanos() / 1_000_000),
        trained_at: at.unix_timestamp(),
        ratings: data.len() as i64,
        members: data.members.len() as i64,
        movies: data.movies.len() as i64,
        factors: options.factors,
        iterations: trained.iterations,
        seed: options.seed,
        held_out_rmse: rmse,
        held_out_rmse_average: rmse_average,
        training_seconds: began.elapsed().as_secs_f64(),
        changes: 0,
    };
    let mut model = Model::new(&trained, data.movies.clone(), info);
    model.neighbours = neighbours;
    if let Some(thresholds) = thresholds {
        model.thresholds = thresholds;
    }
    model
}

/// Decides when to train.
async fn watch(config: &TrainConfig, store: &Store, stop: &Stop) -> anyhow::Result<()> {
    let folder = &config.models.model_dir;
    tracing::info!(folder = %folder.display(), "watching the ratings");
    let mut model = known_model(config);
    // Since when the counter has stood still, and since when there has been a reason to train.
    let (mut last_changes, mut still_since, mut wanted_since) = (-1, Instant::now(), None::<Instant>);
    while stop.until(tokio::time::sleep(Duration::from_secs(1))).await.is_some() {
        let Ok(standing) = store.standing().await else {
            continue;
        };
        if standing.changes != last_changes {
            (last_changes, still_since) = (standing.changes, Instant::now());
        }
        if !standing.filled || standing.rated == 0 {
            wanted_since = None;
            continue;
        }
        let asked = store.take_training_request().await.unwrap_or(false);
        let reason = if asked {
            Some("somebody asked")
        } else {
            reason_to_train(&standing, model.as_ref())
        };
        let Some(reason) = reason else {
            wanted_since = None;
            continue;
        };
        let since = *wanted_since.get_or_insert_with(Instant::now);
        // A running import would otherwise set off a training with every few hundred ratings.
        if !asked && still_since.elapsed() < QUIET && since.elapsed() < PATIENCE {
            continue;
        }
        tracing::info!(reason, ratings = standing.rated, "training in a process of its own");
        match train_in_child(stop).await {
            Ok(()) => model = known_model(config),
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "the training failed; the last model stays");
                stop.until(tokio::time::sleep(Duration::from_secs(10))).await;
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
    snapshot::load(folder, &version).map(|model| model.info).ok()
}

fn reason_to_train(standing: &Standing, model: Option<&Info>) -> Option<&'static str> {
    let Some(model) = model else {
        return (standing.rated >= ENOUGH).then_some("there is no model yet");
    };
    if standing.changes == model.changes && standing.rated == model.ratings {
        return None;
    }
    let (rated, known) = (standing.rated as f64, model.ratings as f64);
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

    fn standing(rated: i64, changes: i64) -> Standing {
        Standing {
            rated,
            changes,
            filled: true,
            ..Standing::default()
        }
    }

    #[test]
    fn a_first_model_needs_enough_ratings() {
        assert_eq!(reason_to_train(&standing(199, 199), None), None);
        assert!(reason_to_train(&standing(200, 200), None).is_some());
    }

    #[test]
    fn a_model_is_renewed_when_the_ratings_grow_by_more_than_five_percent_or_it_is_old() {
        let fresh = Info {
            ratings: 1000,
            changes: 1000,
            trained_at: now(),
            ..Info::default()
        };
        assert_eq!(reason_to_train(&standing(1000, 1000), Some(&fresh)), None);
        assert_eq!(reason_to_train(&standing(1040, 1040), Some(&fresh)), None);
        assert!(reason_to_train(&standing(1060, 1060), Some(&fresh)).is_some());
        let old = Info {
            trained_at: now() - AT_LEAST_EVERY,
            ..fresh
        };
        assert!(reason_to_train(&standing(1001, 1001), Some(&old)).is_some());
        assert_eq!(reason_to_train(&standing(1000, 1000), Some(&old)), None);
    }
}
