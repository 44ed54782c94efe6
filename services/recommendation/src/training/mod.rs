//! `matcha-recommendation train`: reads every rating from Redis (training_data.rs), measures on the last ratings of each member,
//! trains on all, and publishes a snapshot. With `--watch` it decides when (schedule.rs); with `--request` it asks the one that
//! watches (request.rs).

mod request;
mod schedule;
mod training_data;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chassis::shutdown::Stop;
use tokio::sync::watch;

use self::training_data::TrainingData;
use crate::{
    config::{LearningConfig, TrainConfig},
    gate::{self, Refused},
    lists::{
        self, Lists,
        evaluate::{Ranker, popularity},
        interactions::Interactions,
        quality::Quality,
    },
    model::{
        AgainstLive, Info, Model,
        dataset::Dataset,
        evaluate,
        features::Facts,
        train::{Options, train},
    },
    progress::Progress,
    snapshot::{self, Snapshot},
    store::Store,
};

/// What is left out to measure: the last fifth of each member's ratings.
const HELD_OUT: f64 = 0.2;
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Runs the subcommand.
pub async fn run(config: TrainConfig, stop: Stop) -> anyhow::Result<()> {
    let store = Store::new(&config.redis.redis_url, &config.redis.redis_prefix)?;
    if config.request {
        return request::request(&store, config.follow).await;
    }
    if config.watch {
        return schedule::watch(&config, &store, &stop).await;
    }
    train_once(&config, &store).await
}

/// Reads, measures, trains, publishes.
async fn train_once(config: &TrainConfig, store: &Store) -> anyhow::Result<()> {
    // The counter is read first: what arrives while reading counts as new afterwards.
    let copy_status = store.copy_status().await.context("Redis does not answer")?;
    ensure!(
        copy_status.filled,
        "the copy in Redis is not complete yet; serve rebuilds it"
    );
    let (report, reports) = watch::channel(Progress::started());
    let telling = tokio::spawn(tell(store.clone(), reports));
    let outcome = train_and_publish(config, store, copy_status.changes, report.clone()).await;
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
    let training_data = training_data::read(store).await?;
    ensure!(!training_data.data.is_empty(), "there are no ratings to train on");
    tracing::info!(
        ratings = training_data.data.len(),
        members = training_data.data.members.len(),
        movies = training_data.data.movies.len(),
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
            measured_snapshot(&training_data, &learning, live.as_ref(), &tell)
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
    let interactions = Interactions::new(&kept, Vec::new());
    let lists = lists(&interactions, facts, &model, learning, None, &mut |round, rounds| {
        tell("measuring lists", round, rounds);
    });
    let ranker = Ranker {
        model: &model,
        lists: &lists,
        data: &kept,
        interactions: &interactions,
        popular: &popularity(&model, &interactions),
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
    training_data: &TrainingData,
    learning: &LearningConfig,
    live: Option<&Snapshot>,
    tell: &(dyn Fn(&str, usize, usize) + Sync),
) -> Snapshot {
    let TrainingData { data, facts, shelves } = training_data;
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
    let interactions = Interactions::new(data, shelves.clone());
    let lists = lists(&interactions, facts, &model, learning, live, &mut |round, rounds| {
        tell("lists", round, rounds);
    });
    model.info.training_seconds = began.elapsed().as_secs_f64();
    Snapshot { model, lists }
}

/// The list models for the movies of a star model.
pub fn lists(
    interactions: &Interactions,
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
    Lists::train(interactions, facts, model.vocabulary(), options, known, progress)
}
