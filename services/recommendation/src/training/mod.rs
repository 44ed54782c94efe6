//! `matcha-recommendation train`: reads all ratings from Redis (`training_data`), measures the models on the last
//! ratings of each member, trains them on all ratings, and publishes a snapshot. With `--watch` it trains when enough
//! has changed (`schedule`); with `--request` it requests a training from the process that watches (`request`).

mod request;
mod schedule;
mod training_data;

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chassis::shutdown::Stop;
use futures::future::BoxFuture;
use tokio::sync::watch;

use self::training_data::TrainingData;
use crate::{
    config::{LearningConfig, TrainConfig},
    gate::{self, Refused},
    model::{
        AgainstLive, Info, Model,
        dataset::Dataset,
        evaluate,
        features::Facts,
        train::{Options, train},
    },
    progress::Progress,
    ranking::{
        self, RankingModels,
        evaluate::{Ranker, popularity},
        interactions::Interactions,
        quality::Quality,
    },
    snapshot::{self, Snapshot},
    store::Store,
};

/// The share of each member's last ratings that is held out for measuring.
const HELD_OUT: f64 = 0.2;
/// Time between two reports of the progress.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// The command `train`.
pub fn run(config: TrainConfig, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, as in `lib.rs`: the program would compile it again.
    Box::pin(run_until(config, stop))
}

async fn run_until(config: TrainConfig, stop: Stop) -> anyhow::Result<()> {
    let store = Store::new(&config.redis.redis_url, &config.redis.redis_prefix)?;
    if config.request {
        return request::request(&store, config.follow).await;
    }
    if config.watch {
        return schedule::watch(&config, &store, &stop).await;
    }
    train_once(&config, &store).await
}

/// Reads the data, measures and trains the models, and publishes them.
async fn train_once(config: &TrainConfig, store: &Store) -> anyhow::Result<()> {
    // The counter is read before the ratings, so changes during the reading count as new afterwards.
    let copy_status = store.copy_status().await.context("Redis does not answer")?;
    ensure!(
        copy_status.filled,
        "the copy in Redis is not complete yet; serve rebuilds it"
    );
    let (report, reports) = watch::channel(Progress::started());
    let reporting = tokio::spawn(report_progress(store.clone(), reports));
    let outcome = train_and_publish(config, store, copy_status.changes, report.clone()).await;
    report.send_modify(|progress| match &outcome {
        Ok(Ok(version)) => progress.end("published", version),
        Ok(Err(refused)) => progress.end("refused", &refused.to_string()),
        Err(error) => progress.end("failed", &format!("{error:#}")),
    });
    drop(report);
    reporting.await.context("the reports panicked")?;
    if let Err(refused) = outcome? {
        metrics::counter!("model_refused_total").increment(1);
        tracing::error!(%refused, "the new model is not published; the live one stays");
    }
    Ok(())
}

/// Writes the progress to Redis whenever it changes. An error is ignored, because nothing depends on the progress.
async fn report_progress(store: Store, mut reports: watch::Receiver<Progress>) {
    loop {
        let progress = reports.borrow_and_update().clone();
        if let Err(error) = store.report_training(&progress).await {
            tracing::debug!(error = %chassis::error::chain(&error), "cannot write the progress of the training");
        }
        if reports.changed().await.is_err() {
            return;
        }
        // A round on little data takes milliseconds, so not every round is reported.
        tokio::time::sleep(PROGRESS_EVERY).await;
    }
}

/// Returns the published version, or why none was published.
async fn train_and_publish(
    config: &TrainConfig,
    store: &Store,
    changes: i64,
    progress: watch::Sender<Progress>,
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
        // If the live model cannot be read, the training starts from random vectors.
        let live = snapshot::current(&folder).and_then(|version| snapshot::load(&folder, &version).ok());
        let report = |stage: &str, round: usize, rounds: usize| {
            progress.send_modify(|progress| progress.step(stage, round, rounds));
        };
        let mut new = with_threads(learning.threads, || {
            measured_snapshot(&training_data, &learning, live.as_ref(), &report)
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

/// The options for this number of ratings. On 50,000 ratings 8 factors are better than 16 (time hold-out: .6896 and
/// .6921).
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

/// Runs the work on a pool with this number of threads; 0 stands for one per core.
pub fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .context("cannot start the threads")?;
    Ok(pool.install(work))
}

/// The quality of a training on the earlier ratings, measured on the later ones.
#[derive(Default)]
struct Measured {
    rmse: f64,
    rmse_average: f64,
    thresholds: Option<[f64; 2]>,
    against_live: Option<AgainstLive>,
    lists: Quality,
}

/// Trains without the last ratings of each member, and measures the predictions of those.
fn measure(
    data: &Dataset,
    facts: &[Facts],
    options: Options,
    learning: &LearningConfig,
    live: Option<&Snapshot>,
    report: &(dyn Fn(&str, usize, usize) + Sync),
) -> Measured {
    let (kept, held) = data.split_by_time(HELD_OUT);
    if held.is_empty() {
        return Measured::default();
    }
    let trained = train(&kept, facts, options, None, &mut |round, rounds| {
        report("measuring stars", round, rounds)
    });
    let model = Model::new(&trained, kept.movies.clone(), Info::default());
    let outcomes = evaluate::outcomes(&model, &kept, &held);
    // Shelves are left out, because a wish for a movie that was rated later would reveal the held-out rating.
    let interactions = Interactions::new(&kept, Vec::new());
    let lists = train_ranking(&interactions, facts, &model, learning, None, &mut |round, rounds| {
        report("measuring lists", round, rounds);
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
        lists: crate::ranking::evaluate::quality(ranker, &held, facts),
    }
}

/// Measures on a hold-out, then trains on everything. Only the second training starts from the live model, because that
/// was trained on the held-out ratings.
fn measured_snapshot(
    training_data: &TrainingData,
    learning: &LearningConfig,
    live: Option<&Snapshot>,
    report: &(dyn Fn(&str, usize, usize) + Sync),
) -> Snapshot {
    let TrainingData { data, facts, shelves } = training_data;
    let options = options_for(data.len(), learning);
    let measured = measure(data, facts, options, learning, live, report);
    let began = Instant::now();
    let warm = live.map(|live| &live.model);
    let trained = train(data, facts, options, warm, &mut |round, rounds| {
        report("stars", round, rounds)
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
    let lists = train_ranking(&interactions, facts, &model, learning, live, &mut |round, rounds| {
        report("lists", round, rounds);
    });
    model.info.training_seconds = began.elapsed().as_secs_f64();
    Snapshot { model, lists }
}

/// The list models for the movies of a star model.
pub fn train_ranking(
    interactions: &Interactions,
    facts: &[Facts],
    model: &Model,
    learning: &LearningConfig,
    live: Option<&Snapshot>,
    progress: &mut dyn FnMut(usize, usize),
) -> RankingModels {
    let mut options = ranking::Options::default();
    options.als.factors = learning.list_factors.clamp(1, 256);
    options.als.seed = learning.seed;
    // Vectors of another length cannot be used.
    let live = live.filter(|live| live.lists.als.factors == options.als.factors);
    if live.is_some() {
        options.als.iterations = options.als.iterations.div_ceil(3);
    }
    let known = |movie: usize| {
        let live = live?;
        let number = live.model.number(model.ids()[movie])?;
        Some(live.lists.als.vector(number).to_vec())
    };
    RankingModels::train(interactions, facts, model.vocabulary(), options, known, progress)
}
