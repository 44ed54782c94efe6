//! `matcha-recommendation train`: reads every rating from Redis, measures on the last ratings of each member, trains on all,
//! and publishes a snapshot. With `--watch` a small process that decides when, and lets a child do it: the megabytes of a
//! training go back to the system with the child.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chassis::shutdown::Stop;
use tokio::sync::watch;

use crate::{
    catalogue::facts_of,
    config::{LearningConfig, Models, TrainConfig},
    gate::{self, Refused},
    lists::{
        self, Lists,
        evaluate::{Ranker, popularity},
        interactions::{Interactions, shelf_weight},
        quality::Quality,
    },
    model::{
        AgainstLive, Info, Model,
        dataset::{Builder, Dataset, Rating},
        evaluate,
        features::Facts,
        train::{Options, train},
    },
    progress::Progress,
    snapshot::{self, Snapshot},
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
/// Whatever failed will most likely fail again, and a training costs minutes of both cores.
const AFTER_A_FAILURE: Duration = Duration::from_secs(60);
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Runs the subcommand.
pub async fn run(config: TrainConfig, stop: Stop) -> anyhow::Result<()> {
    let store = Store::new(&config.redis.redis_url, &config.redis.redis_prefix)?;
    if config.request {
        return request(&store, config.follow).await;
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
    let (report, reports) = watch::channel(Progress::begun());
    let telling = tokio::spawn(tell(store.clone(), reports));
    let outcome = train_and_publish(config, store, standing.changes, report.clone()).await;
    report.send_modify(|progress| match &outcome {
        Ok(Ok(version)) => progress.end("published", version),
        Ok(Err(refused)) => progress.end("refused", &refused.to_string()),
        Err(error) => progress.end("failed", &format!("{error:#}")),
    });
    drop(report);
    telling.await.context("the reports panicked")?;
    if let Err(refused) = outcome? {
        metrics::counter!("model_refused_total").increment(1);
        tracing::error!(%refused, "the new model is not published; the live one stays");
    }
    Ok(())
}

/// Writes the progress to Redis as it changes, for the status page and `make train`. Nothing depends on it.
async fn tell(store: Store, mut reports: watch::Receiver<Progress>) {
    loop {
        let progress = reports.borrow_and_update().clone();
        if let Err(error) = store.report_training(&progress).await {
            tracing::debug!(error = %chassis::error::chain(&error), "the progress of the training cannot be told");
        }
        if reports.changed().await.is_err() {
            return;
        }
        // Rounds of a small community take milliseconds.
        tokio::time::sleep(TELL_EVERY).await;
    }
}

/// The version that was published, or why none was.
async fn train_and_publish(
    config: &TrainConfig,
    store: &Store,
    changes: i64,
    report: watch::Sender<Progress>,
) -> anyhow::Result<Result<String, Refused>> {
    let material = read(store).await?;
    ensure!(!material.data.is_empty(), "there are no ratings to train on");
    tracing::info!(
        ratings = material.data.len(),
        members = material.data.members.len(),
        movies = material.data.movies.len(),
        "training"
    );
    let learning = config.learning.clone();
    let folder = config.models.model_dir.clone();
    tokio::task::spawn_blocking(move || {
        // What cannot be read is no start; the training is then a cold one.
        let live = snapshot::current(&folder).and_then(|version| snapshot::load(&folder, &version).ok());
        let tell = |stage: &str, round: usize, rounds: usize| {
            report.send_modify(|progress| progress.step(stage, round, rounds));
        };
        let mut new = with_threads(learning.threads, || {
            measured_snapshot(&material, &learning, live.as_ref(), &tell)
        })?;
        new.model.info.changes = changes;
        if let Some(live) = &live
            && let Err(refused) = gate::admit(&new.model.info, &live.model.info)
        {
            return Ok(Err(refused));
        }
        let path = snapshot::publish(&folder, &new).context("cannot write the snapshot")?;
        let info = &new.model.info;
        tracing::info!(model.version = info.version, model.rmse = info.held_out_rmse,
            model.rmse_average = info.held_out_rmse_average, model.recall = info.lists.recall_at_20,
            factors = info.factors, iterations = info.iterations,
            seconds = info.training_seconds, file = %path.display(), "published a model");
        if info.held_out_rmse > info.held_out_rmse_average {
            tracing::warn!("on held-out ratings this model is worse than the plain average");
        }
        Ok(Ok(info.version.clone()))
    })
    .await
    .context("the training panicked")?
}

/// What a training learns from.
pub struct Material {
    pub data: Dataset,
    /// Of the movies in the order of their numbers.
    pub facts: Vec<Facts>,
    /// What is wished for or being watched: member and movie by number, and its weight.
    pub shelves: Vec<(u32, u32, f32)>,
}

/// Everything there is, from Redis.
async fn read(store: &Store) -> anyhow::Result<Material> {
    let movies = store.movies().await?;
    let members = store.members().await?;
    let mut builder = Builder::default();
    movies.iter().for_each(|(id, _)| builder.know(*id));
    let mut shelves = Vec::new();
    for batch in members.chunks(500) {
        for (member, profile) in batch.iter().zip(store.profiles(batch).await?) {
            for rated in &profile.ratings {
                builder.push(Rating {
                    member: *member,
                    movie: rated.movie,
                    stars: f32::from(rated.stars) / 2.0,
                    rated_at: rated.rated_at,
                });
            }
            let weighed = profile.shelf.iter();
            shelves.extend(weighed.filter_map(|entry| Some((*member, entry.movie, shelf_weight(entry.state)?))));
        }
    }
    let data = builder.finish();
    let facts = data
        .movies
        .iter()
        .map(|id| {
            let at = movies.binary_search_by_key(id, |(id, _)| *id);
            at.map(|at| facts_of(&movies[at].1)).unwrap_or_default()
        })
        .collect();
    let shelves = shelves.into_iter().filter_map(|(member, movie, weight)| {
        let member = data.members.binary_search(&member).ok()?;
        let movie = data.movies.binary_search(&movie).ok()?;
        Some((member as u32, movie as u32, weight))
    });
    let shelves = shelves.collect();
    Ok(Material { data, facts, shelves })
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

/// What a training on the earlier ratings says of the later ones.
#[derive(Default)]
struct Measured {
    rmse: f64,
    rmse_average: f64,
    thresholds: Option<[f64; 2]>,
    against_live: Option<AgainstLive>,
    lists: Quality,
}

/// Leaves the last ratings of each member out, trains and predicts them. What it needed is gone when it returns.
fn measure(
    data: &Dataset,
    facts: &[Facts],
    options: Options,
    learning: &LearningConfig,
    live: Option<&Snapshot>,
    tell: &(dyn Fn(&str, usize, usize) + Sync),
) -> Measured {
    let (kept, held) = data.split_by_time(HELD_OUT);
    if held.is_empty() {
        return Measured::default();
    }
    let trained = train(&kept, facts, options, None, &mut |round, rounds| {
        tell("measuring stars", round, rounds)
    });
    let model = Model::new(&trained, kept.movies.clone(), Info::default());
    let outcomes = evaluate::outcomes(&model, &kept, &held);
    // A wish for what was rated later would give the answer away.
    let acts = Interactions::new(&kept, Vec::new());
    let lists = lists(&acts, facts, &model, learning, None, &mut |round, rounds| {
        tell("measuring lists", round, rounds);
    });
    let ranker = Ranker {
        model: &model,
        lists: &lists,
        data: &kept,
        acts: &acts,
        popular: &popularity(&model, &acts),
    };
    Measured {
        rmse: evaluate::rmse(&outcomes),
        rmse_average: evaluate::average_rmse(&kept, &held),
        thresholds: evaluate::thresholds(&outcomes),
        against_live: live.map(|live| evaluate::against_live(&live.model, &kept, &held, &outcomes)),
        lists: crate::lists::evaluate::quality(ranker, &held, facts),
    }
}

/// Measures on a hold-out, then trains on everything. A live model is where the second training starts; the first must not,
/// as the live model has seen what is held out.
fn measured_snapshot(
    material: &Material,
    learning: &LearningConfig,
    live: Option<&Snapshot>,
    tell: &(dyn Fn(&str, usize, usize) + Sync),
) -> Snapshot {
    let Material { data, facts, shelves } = material;
    let options = options_for(data.len(), learning);
    let measured = measure(data, facts, options, learning, live, tell);
    let began = Instant::now();
    let warm = live.map(|live| &live.model);
    let trained = train(data, facts, options, warm, &mut |round, rounds| {
        tell("stars", round, rounds)
    });
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
        held_out_rmse: measured.rmse,
        held_out_rmse_average: measured.rmse_average,
        training_seconds: 0.0,
        against_live: measured.against_live,
        lists: measured.lists,
        changes: 0,
    };
    let mut model = Model::new(&trained, data.movies.clone(), info);
    drop(trained);
    if let Some(thresholds) = measured.thresholds {
        model.thresholds = thresholds;
    }
    let acts = Interactions::new(data, shelves.clone());
    let lists = lists(&acts, facts, &model, learning, live, &mut |round, rounds| {
        tell("lists", round, rounds);
    });
    model.info.training_seconds = began.elapsed().as_secs_f64();
    Snapshot { model, lists }
}

/// The list models for the movies of a star model.
pub fn lists(
    acts: &Interactions,
    facts: &[Facts],
    model: &Model,
    learning: &LearningConfig,
    live: Option<&Snapshot>,
    progress: &mut dyn FnMut(usize, usize),
) -> Lists {
    let mut options = lists::Options::default();
    options.als.factors = learning.list_factors.clamp(1, 256);
    options.als.seed = learning.seed;
    // Vectors of another length are no start.
    let live = live.filter(|live| live.lists.als.factors == options.als.factors);
    if live.is_some() {
        options.als.iterations = options.als.iterations.div_ceil(3);
    }
    let known = |movie: usize| {
        let live = live?;
        let number = live.model.number(model.ids()[movie])?;
        Some(live.lists.als.vector(number).to_vec())
    };
    Lists::train(acts, facts, model.vocabulary(), options, known, progress)
}

/// Asks the process that watches; with `follow` prints how far it is, and ends with it.
async fn request(store: &Store, follow: bool) -> anyhow::Result<()> {
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

/// The subcommand `models`.
pub fn models(command: &Models) -> anyhow::Result<()> {
    match command {
        Models::List { models } => {
            let folder = &models.model_dir;
            let live = snapshot::current(folder);
            for version in snapshot::versions(folder).unwrap_or_default() {
                let mark = if live.as_deref() == Some(version.as_str()) {
                    "*"
                } else {
                    " "
                };
                match snapshot::load(folder, &version) {
                    Ok(snapshot) => {
                        let info = snapshot.model.info;
                        println!(
                            "{mark} {version}  {} ratings  RMSE {:.4} (average {:.4})  recall@20 {:.4}  coverage {:.2}",
                            info.ratings,
                            info.held_out_rmse,
                            info.held_out_rmse_average,
                            info.lists.recall_at_20,
                            info.lists.coverage
                        );
                    }
                    Err(error) => println!("{mark} {version}  {error}"),
                }
            }
        }
        Models::Use { version, models } => {
            let folder = &models.model_dir;
            snapshot::load(folder, version).with_context(|| format!("version {version} cannot be used"))?;
            snapshot::pin(folder).context("cannot stop further trainings")?;
            snapshot::point_to(folder, version).context("cannot write the pointer")?;
            println!("{version} is the live model, and stays it until a training is asked for (make train)");
        }
    }
    Ok(())
}

/// Decides when to train.
async fn watch(config: &TrainConfig, store: &Store, stop: &Stop) -> anyhow::Result<()> {
    let folder = &config.models.model_dir;
    tracing::info!(folder = %folder.display(), "watching the ratings");
    let mut model = known_model(config);
    // Since when the counter has stood still, and since when there has been a reason to train.
    let (mut last_changes, mut still_since, mut wanted_since) = (-1, Instant::now(), None::<Instant>);
    // After a model that was refused the next would most likely be, too.
    let mut not_before = Instant::now();
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
        tracing::info!(reason, ratings = standing.rated, "training in a process of its own");
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

fn reason_to_train(standing: &Standing, model: Option<&Info>) -> Option<&'static str> {
    let Some(model) = model else {
        return (standing.rated >= ENOUGH).then_some("there is no model yet");
    };
    if standing.changes == model.changes {
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
