//! What every request needs and no request should fetch: movies, their statistics and their vectors, in memory.
//!
//! One task refreshes it: every second it asks Redis whether anything changed and the model folder whether the pointer did.
//! Readers take the current `View` (one atomic load) and never wait. While Redis is away or being rebuilt, the last view
//! goes on serving.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use chassis::{admin::Check, shutdown::Stop};
use matcha_protos::events::v1::MovieFacts;
use uuid::Uuid;

use crate::{
    gate,
    lists::Lists,
    model::{Model, evaluate::SHRINKAGE, features::Facts, fold_in::Item},
    snapshot::{self, Damaged, Snapshot},
    store::{Standing, Store},
};

const REFRESH: Duration = Duration::from_secs(1);

/// What the ratings of one movie add up to, on the 1-10 scale.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Statistics {
    pub count: u32,
    pub sum: u32,
    pub squares: u32,
    /// Ratings with a half-life of two weeks; only good for comparing.
    pub heat: f64,
}

/// A movie that can be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Movie {
    pub id: Uuid,
    pub facts: Facts,
    /// Minutes; 0: not known. No feature of the model.
    pub runtime: u32,
}

/// Everything at one moment. Positions are those of `movies`, which are in the order of their ids.
#[derive(Debug, Clone)]
pub struct View {
    pub movies: Arc<Vec<Movie>>,
    /// Aligned with `movies`.
    pub statistics: Arc<Vec<Statistics>>,
    /// Mean stars (1-10) of all ratings.
    pub mean: f64,
    pub vectors: Option<Arc<Vectors>>,
    pub standing: Standing,
}

/// The movies through the eyes of one snapshot.
#[derive(Debug)]
pub struct Vectors {
    snapshot: Snapshot,
    /// The movie's number in the model; none for one that came after the training.
    numbers: Vec<Option<u32>>,
    /// What the facts let expect of those, by position: a vector for stars and one for lists.
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

    pub fn lists(&self) -> &Lists {
        &self.snapshot.lists
    }

    /// The movie's number in the model.
    pub fn number(&self, at: usize) -> Option<usize> {
        self.numbers[at].map(|number| number as usize)
    }

    pub fn item(&self, at: usize) -> Item<'_> {
        match self.number(at) {
            Some(number) => self.model().item(number),
            None => self.model().unseen(self.fresh.get(&at).map_or(&[], |(stars, _)| stars)),
        }
    }

    /// The movie's vector in the list model.
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
            standing: Standing::default(),
        }
    }

    /// Puts the parts together; `statistics` may know movies that the catalogue does not (yet).
    pub fn new(
        movies: Arc<Vec<Movie>>,
        statistics: &[(Uuid, Statistics)],
        vectors: Option<Arc<Vectors>>,
        standing: Standing,
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
            standing,
        }
    }

    pub fn position(&self, movie: Uuid) -> Option<usize> {
        self.movies.binary_search_by_key(&movie, |movie| movie.id).ok()
    }

    /// The movie's average on the 1-10 scale, shrunk towards the mean of all.
    pub fn average(&self, at: usize) -> f64 {
        let one = self.statistics[at];
        (f64::from(one.sum) + SHRINKAGE * self.mean) / (f64::from(one.count) + SHRINKAGE)
    }
}

/// The current view and how it is kept current.
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

    /// Keeps the view current until the stop; `redis` is ready while Redis answers.
    pub async fn keep_current(self, redis: Check, stop: Stop) -> anyhow::Result<()> {
        // A version that was refused once is not read again each second.
        let mut refused = String::new();
        loop {
            self.refresh_model(&mut refused).await;
            match self.refresh().await {
                Ok(()) => redis.ok(),
                Err(error) => {
                    redis.failed();
                    tracing::warn!(error = %chassis::error::chain(&error), "Redis does not answer; serving what is in memory");
                }
            }
            if stop.until(tokio::time::sleep(REFRESH)).await.is_none() {
                return Ok(());
            }
        }
    }

    /// Reads what changed in Redis since the last time.
    pub async fn refresh(&self) -> redis::RedisResult<()> {
        let standing = self.store.standing().await?;
        let now = self.view();
        metrics::gauge!("copy_complete").set(if standing.filled { 1.0 } else { 0.0 });
        metrics::gauge!("copy_ratings").set(standing.rated as f64);
        if !standing.filled && !now.movies.is_empty() {
            // Emptied, or half filled: the movies in memory are better than what is there.
            self.view.store(Arc::new(View {
                standing,
                ..(*now).clone()
            }));
            return Ok(());
        }
        let refilled = standing.filling != now.standing.filling;
        let new_movies = refilled || standing.movie_changes != now.standing.movie_changes;
        let new_ratings = refilled || standing.changes != now.standing.changes;
        if !new_movies && !new_ratings {
            if standing != now.standing {
                self.view.store(Arc::new(View {
                    standing,
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
            .store(Arc::new(View::new(movies, &statistics, vectors, standing)));
        Ok(())
    }

    /// Takes the model the pointer names, if it is another and sound; else the live one stays.
    async fn refresh_model(&self, refused: &mut String) {
        let Some(version) = snapshot::current(&self.folder) else {
            return;
        };
        let live = self.view().vectors.as_ref().map(|vectors| vectors.model().info.clone());
        if live.as_ref().is_some_and(|live| live.version == version) || *refused == version {
            return;
        }
        let began = Instant::now();
        let (folder, name, movies) = (self.folder.clone(), version.clone(), self.view().movies.clone());
        // Reading and checking megabytes is no work for a thread that answers requests.
        let read = tokio::task::spawn_blocking(move || {
            let snapshot = match snapshot::load(&folder, &name) {
                // With nothing to serve, one of the older ones is better than none.
                Err(error) if live.is_none() => older(&folder, &name).ok_or(error)?,
                other => other?,
            };
            // Going back to an older one is an operator's decision, and is not judged.
            if let Some(live) = live.filter(|live| live.version < name) {
                gate::admit(&snapshot.model.info, &live)?;
            }
            Ok::<_, anyhow::Error>(Arc::new(Vectors::new(snapshot, &movies)))
        })
        .await;
        match read {
            Ok(Ok(vectors)) => {
                let info = &vectors.model().info;
                if info.version != version {
                    tracing::error!(model.version = version, "the model is damaged; an older one serves");
                    refused.clone_from(&version);
                }
                tracing::info!(
                    model.version = info.version,
                    model.rmse = info.held_out_rmse,
                    model.ratings = info.ratings,
                    milliseconds = began.elapsed().as_millis() as u64,
                    "a new model serves"
                );
                metrics::gauge!("model_version").set(info.trained_at as f64);
                metrics::gauge!("model_held_out_rmse").set(info.held_out_rmse);
                metrics::gauge!("model_held_out_rmse_average").set(info.held_out_rmse_average);
                metrics::gauge!("model_recall_at_20").set(info.lists.recall_at_20);
                metrics::gauge!("model_ndcg_at_100").set(info.lists.ndcg_at_100);
                metrics::gauge!("model_coverage").set(info.lists.coverage);
                metrics::gauge!("model_diversity").set(info.lists.diversity);
                // This task alone stores views, so nothing is lost between reading and storing.
                self.view.store(Arc::new(View {
                    vectors: Some(vectors),
                    ..(*self.view()).clone()
                }));
            }
            Ok(Err(error)) => {
                metrics::counter!("model_refused_total").increment(1);
                tracing::error!(model.version = version, error = %format!("{error:#}"),
                    "the model is refused; the live one stays");
                // What could not even be read may be readable in a second.
                if !matches!(error.downcast_ref::<Damaged>(), Some(Damaged::Io(_))) {
                    *refused = version;
                }
            }
            Err(error) => tracing::error!(%error, "reading the model panicked"),
        }
    }
}

/// The newest sound snapshot besides this version.
fn older(folder: &std::path::Path, than: &str) -> Option<Snapshot> {
    let versions = snapshot::versions(folder).ok()?.into_iter().rev();
    versions
        .filter(|version| version != than)
        .find_map(|version| snapshot::load(folder, &version).ok())
}

/// The part of the facts that matters here.
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
