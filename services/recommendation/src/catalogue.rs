//! The catalogue in memory: movies, their statistics and their vectors, which every request needs.
//!
//! One task refreshes it: every second it reads the change counters of Redis and the pointer file of the model folder.
//! Requests load the current `View` (one atomic load) and never wait. While Redis is down or being rebuilt, the last
//! view stays in use.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use chassis::{admin::Check, shutdown::Stop};
use matcha_protos::events::v1::MovieFacts;
use uuid::Uuid;

use crate::{
    error::Error,
    gate,
    model::{Info, Model, evaluate::SHRINKAGE, features::Facts, fold_in::Item},
    ranking::RankingModels,
    snapshot::{self, Damaged, Snapshot},
    store::{CopyStatus, Store},
};

const REFRESH: Duration = Duration::from_secs(1);

/// The sums over the ratings of one movie, on the 1-10 scale.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Statistics {
    pub count: u32,
    pub sum: u32,
    pub squares: u32,
    /// The number of ratings with exponential decay, half-life two weeks; only comparable with that of other movies.
    pub trending_score: f64,
}

/// A movie of the catalogue.
#[derive(Debug, Clone, PartialEq)]
pub struct Movie {
    pub id: Uuid,
    pub facts: Facts,
    /// Minutes; 0 if unknown. The model does not use it.
    pub runtime: u32,
}

/// An immutable state of the catalogue. A position is an index of `movies`, which are sorted by id.
#[derive(Debug, Clone)]
pub struct View {
    pub movies: Arc<Vec<Movie>>,
    /// In the order of `movies`.
    pub statistics: Arc<Vec<Statistics>>,
    /// The mean of the stars (1-10) of all ratings.
    pub mean: f64,
    pub vectors: Option<Arc<Vectors>>,
    pub copy_status: CopyStatus,
}

/// A snapshot with the vectors of the catalogue's movies.
#[derive(Debug)]
pub struct Vectors {
    snapshot: Snapshot,
    /// By position, the movie's number in the model; `None` for a movie newer than the training.
    numbers: Vec<Option<u32>>,
    /// By position, the vectors that the facts predict for such newer movies: one for stars and one for lists.
    fresh: HashMap<usize, (Vec<f32>, Vec<f32>)>,
}

impl Vectors {
    pub fn new(snapshot: Snapshot, movies: &[Movie]) -> Self {
        let Snapshot { model, lists } = &snapshot;
        let mut fresh = HashMap::new();
        let mut numbers = Vec::with_capacity(movies.len());
        for (at, movie) in movies.iter().enumerate() {
            let number = model.number(movie.id);
            if number.is_none() {
                let features = model.vocabulary().numbers(&movie.facts);
                fresh.insert(at, (model.prior_vector(&movie.facts), lists.content.vector(&features)));
            }
            numbers.push(number.map(|number| number as u32));
        }
        Self {
            numbers,
            fresh,
            snapshot,
        }
    }

    pub fn model(&self) -> &Model {
        &self.snapshot.model
    }

    pub fn lists(&self) -> &RankingModels {
        &self.snapshot.lists
    }

    /// The number in the model of the movie at this position.
    pub fn number(&self, at: usize) -> Option<usize> {
        self.numbers[at].map(|number| number as usize)
    }

    pub fn item(&self, at: usize) -> Item<'_> {
        match self.number(at) {
            Some(number) => self.model().item(number),
            None => self.model().unseen(self.fresh.get(&at).map_or(&[], |(stars, _)| stars)),
        }
    }

    /// The vector in the list model of the movie at this position.
    pub fn list_vector(&self, at: usize) -> &[f32] {
        match self.number(at) {
            Some(number) => self.lists().als.vector(number),
            None => self.fresh.get(&at).map_or(&[], |(_, list)| list),
        }
    }
}

impl View {
    pub fn empty() -> Self {
        Self {
            movies: Arc::default(),
            statistics: Arc::default(),
            mean: 6.5,
            vectors: None,
            copy_status: CopyStatus::default(),
        }
    }

    /// `statistics` may contain movies whose facts have not arrived yet; they only count towards the mean.
    pub fn new(
        movies: Arc<Vec<Movie>>,
        statistics: &[(Uuid, Statistics)],
        vectors: Option<Arc<Vectors>>,
        copy_status: CopyStatus,
    ) -> Self {
        let known: HashMap<Uuid, Statistics> = statistics.iter().copied().collect();
        let (mut sum, mut count) = (0u64, 0u64);
        for (_, one) in statistics {
            sum += u64::from(one.sum);
            count += u64::from(one.count);
        }
        let statistics = movies
            .iter()
            .map(|movie| known.get(&movie.id).copied().unwrap_or_default())
            .collect();
        Self {
            movies,
            statistics: Arc::new(statistics),
            mean: if count == 0 { 6.5 } else { sum as f64 / count as f64 },
            vectors,
            copy_status,
        }
    }

    /// Fails while the copy in Redis is incomplete.
    pub(crate) fn require_complete(&self) -> Result<(), Error> {
        if self.copy_status.filled {
            return Ok(());
        }
        Err(Error::rebuilding())
    }

    /// The ids of the movies at these positions, as text.
    pub(crate) fn ids_at(&self, positions: &[usize]) -> Vec<String> {
        positions.iter().map(|at| self.movies[*at].id.to_string()).collect()
    }

    /// The position of a movie in `movies`.
    pub fn position(&self, movie: Uuid) -> Option<usize> {
        self.movies.binary_search_by_key(&movie, |movie| movie.id).ok()
    }

    /// The movie's average on the 1-10 scale, shrunk towards the overall mean.
    pub fn average(&self, at: usize) -> f64 {
        let one = self.statistics[at];
        (f64::from(one.sum) + SHRINKAGE * self.mean) / (f64::from(one.count) + SHRINKAGE)
    }
}

/// The current view, and the store and the model folder from which it is refreshed.
#[derive(Clone)]
pub struct Catalogue {
    view: Arc<ArcSwap<View>>,
    store: Store,
    folder: PathBuf,
}

impl Catalogue {
    pub fn new(store: Store, folder: PathBuf) -> Self {
        Self {
            view: Arc::new(ArcSwap::from_pointee(View::empty())),
            store,
            folder,
        }
    }

    pub fn view(&self) -> Arc<View> {
        self.view.load_full()
    }

    /// Refreshes the view every second until the stop, and reports to `redis` whether Redis answers.
    pub async fn keep_current(self, redis: Check, stop: Stop) -> anyhow::Result<()> {
        // A refused version is remembered, so that it is not read again every second.
        let mut refused = String::new();
        loop {
            self.refresh_model(&mut refused).await;
            match self.refresh().await {
                Ok(()) => redis.ok(),
                Err(error) => {
                    redis.failed();
                    tracing::warn!(error = %chassis::error::chain(&error), "Redis does not answer; the last view stays in use");
                }
            }
            if stop.until(tokio::time::sleep(REFRESH)).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Reads what changed in Redis since the last refresh.
    pub async fn refresh(&self) -> redis::RedisResult<()> {
        let copy_status = self.store.copy_status().await?;
        let now = self.view();
        metrics::gauge!("copy_complete").set(if copy_status.filled { 1.0 } else { 0.0 });
        metrics::gauge!("copy_ratings").set(copy_status.rated as f64);
        if !copy_status.filled && !now.movies.is_empty() {
            // Redis was flushed or is being refilled; the movies in memory are more complete.
            self.view.store(Arc::new(View {
                copy_status,
                ..(*now).clone()
            }));
            return Ok(());
        }
        let refilled = copy_status.filling != now.copy_status.filling;
        let new_movies = refilled || copy_status.movie_changes != now.copy_status.movie_changes;
        let new_ratings = refilled || copy_status.changes != now.copy_status.changes;
        if !new_movies && !new_ratings {
            if copy_status != now.copy_status {
                self.view.store(Arc::new(View {
                    copy_status,
                    ..(*now).clone()
                }));
            }
            return Ok(());
        }
        let movies = if new_movies {
            Arc::new(
                self.store
                    .movies()
                    .await?
                    .into_iter()
                    .map(|(id, facts)| Movie {
                        id,
                        facts: facts_of(&facts),
                        runtime: u32::try_from(facts.runtime).unwrap_or(0),
                    })
                    .collect(),
            )
        } else {
            now.movies.clone()
        };
        let statistics = self.store.statistics().await?;
        let vectors = match &now.vectors {
            Some(old) if new_movies => Some(Arc::new(Vectors::new(old.snapshot.clone(), &movies))),
            same => same.clone(),
        };
        self.view
            .store(Arc::new(View::new(movies, &statistics, vectors, copy_status)));
        Ok(())
    }

    /// Loads the version that the pointer names, unless it is the live one or was refused.
    async fn refresh_model(&self, refused: &mut String) {
        let Some(version) = snapshot::current(&self.folder) else {
            return;
        };
        let live = self.view().vectors.as_ref().map(|vectors| vectors.model().info.clone());
        if live.as_ref().is_some_and(|live| live.version == version) || *refused == version {
            return;
        }
        let began = Instant::now();
        match self.read_model(version.clone(), live).await {
            Ok(vectors) => {
                if vectors.model().info.version != version {
                    tracing::error!(model.version = version, "the model is damaged; an older version serves");
                    refused.clone_from(&version);
                }
                report_model(&vectors.model().info, began.elapsed());
                // Only this task stores views, so no other update can be lost here.
                self.view.store(Arc::new(View {
                    vectors: Some(vectors),
                    ..(*self.view()).clone()
                }));
            }
            Err(error) => {
                metrics::counter!("model_refused_total").increment(1);
                tracing::error!(model.version = version, error = %format!("{error:#}"),
                    "the model is refused; the live one stays in use");
                // An I/O error may be temporary, so the version is tried again.
                if !matches!(error.downcast_ref::<Damaged>(), Some(Damaged::Io(_))) {
                    *refused = version;
                }
            }
        }
    }

    /// Reads and checks a version on a blocking thread.
    async fn read_model(&self, version: String, live: Option<Info>) -> anyhow::Result<Arc<Vectors>> {
        let (folder, movies) = (self.folder.clone(), self.view().movies.clone());
        // Reading and checking megabytes would block a thread that answers requests.
        let read = tokio::task::spawn_blocking(move || {
            let snapshot = match snapshot::load(&folder, &version) {
                // Without a live model, an older version is better than none.
                Err(error) if live.is_none() => newest_other(&folder, &version).ok_or(error)?,
                other => other?,
            };
            // Going back to an older version is the operator's decision, so its quality is not compared.
            if let Some(live) = live.filter(|live| live.version < version) {
                gate::admit(&snapshot.model.info, &live)?;
            }
            Ok(Arc::new(Vectors::new(snapshot, &movies)))
        });
        read.await.context("reading the model panicked")?
    }
}

fn report_model(info: &Info, elapsed: Duration) {
    tracing::info!(
        model.version = info.version,
        model.rmse = info.held_out_rmse,
        model.ratings = info.ratings,
        milliseconds = elapsed.as_millis() as u64,
        "a new model serves"
    );
    metrics::gauge!("model_version").set(info.trained_at as f64);
    metrics::gauge!("model_held_out_rmse").set(info.held_out_rmse);
    metrics::gauge!("model_held_out_rmse_average").set(info.held_out_rmse_average);
    metrics::gauge!("model_recall_at_20").set(info.lists.recall_at_20);
    metrics::gauge!("model_ndcg_at_100").set(info.lists.ndcg_at_100);
    metrics::gauge!("model_coverage").set(info.lists.coverage);
    metrics::gauge!("model_diversity").set(info.lists.diversity);
}

/// The newest snapshot that can be loaded, except for this version.
fn newest_other(folder: &std::path::Path, except: &str) -> Option<Snapshot> {
    let versions = snapshot::versions(folder).ok()?.into_iter().rev();
    versions
        .filter(|version| version != except)
        .find_map(|version| snapshot::load(folder, &version).ok())
}

/// The facts that the models use. An id that is not a UUID is dropped.
pub fn facts_of(facts: &MovieFacts) -> Facts {
    let ids = |texts: &[String]| texts.iter().filter_map(|text| Uuid::try_parse(text).ok()).collect();
    Facts {
        year: facts.year,
        genres: facts.genres.clone(),
        countries: facts.countries.clone(),
        directors: ids(&facts.director_ids),
        cast: ids(&facts.cast_ids),
    }
}
