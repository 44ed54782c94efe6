//! A copy of the movie service's ids, which tells whether a movie exists, so that members go on rating while movie is away. Events
//! keep it up to date; the whole list is read every few minutes, so that movies published while this service had no queue are not
//! missed.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chassis::{client::Channels, shutdown::Stop};
use matcha_protos::{
    events::v1::MoviePublished,
    movie::v1::{ListMovieFactsRequest, movie_service_client::MovieServiceClient},
};
use messaging::{
    events::{Delivery, Failure, Outcome},
    postgres,
};
use sqlx::PgPool;

use crate::{error::Error, ids::MovieId};

const COPY_EVERY: Duration = Duration::from_secs(300);

/// The known movie ids. Cheap to clone.
#[derive(Clone)]
pub(crate) struct KnownMovies {
    db: PgPool,
    /// Only existing ids are cached, so the cache is bounded by the catalogue; movies are never deleted.
    cached: Arc<RwLock<HashSet<MovieId>>>,
}

impl KnownMovies {
    pub(crate) fn new(db: PgPool) -> Self {
        Self {
            db,
            cached: Arc::default(),
        }
    }

    /// NOT_FOUND for the first of them that does not exist.
    pub(crate) async fn ensure_movies_exist(&self, movies: &[MovieId]) -> Result<(), Error> {
        let new = self.not_cached(movies);
        if new.is_empty() {
            return Ok(());
        }
        let found = sqlx::query_scalar!(
            r#"select movie_id as "movie: MovieId" from known_movies where movie_id = any($1)"#,
            &new as &[MovieId],
        );
        let found = postgres::read_in_time(found.fetch_all(&self.db)).await?;
        self.cached
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(found);
        match self.not_cached(movies).first() {
            Some(&unknown) => Err(Error::not_found(
                "movie_id",
                format!("there is no such movie: {unknown}"),
            )),
            None => Ok(()),
        }
    }

    fn not_cached(&self, movies: &[MovieId]) -> Vec<MovieId> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner);
        let new = movies.iter().filter(|movie| !cached.contains(movie));
        new.copied().collect()
    }
}

/// The consumer `rating.movies`. It needs no inbox: inserting an id is idempotent.
pub(crate) async fn on_published(db: &PgPool, deliveries: Vec<Delivery>) -> Vec<Outcome> {
    let ids: Vec<Result<MovieId, Failure>> = deliveries.iter().map(published).collect();
    let readable = ids.iter().filter_map(|id| id.as_ref().ok().copied());
    let inserted = insert(db, readable.collect()).await;
    let outcome = |id: Result<MovieId, Failure>| match (id, &inserted) {
        (Err(broken), _) => broken.into(),
        (Ok(_), Ok(())) => Outcome::Done,
        (Ok(_), Err(error)) => error.outcome(),
    };
    ids.into_iter().map(outcome).collect()
}

fn published(delivery: &Delivery) -> Result<MovieId, Failure> {
    let published: MoviePublished = delivery.decode()?;
    let facts = published.movie.unwrap_or_default();
    MovieId::parse(&facts.movie_id).map_err(|error| Failure::Reject(error.into()))
}

async fn insert(db: &PgPool, mut movies: Vec<MovieId>) -> Result<(), Error> {
    // Sorted, so that two replicas with overlapping batches do not deadlock.
    movies.sort_unstable();
    postgres::write(db, move |tx| {
        Box::pin(async move {
            sqlx::query!(
                "insert into known_movies (movie_id) select * from unnest($1::uuid[]) on conflict do nothing",
                &movies as &[MovieId],
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// Reads every id from the movie service at the start, retrying until it answers, and then every few minutes.
pub(crate) async fn copy(db: PgPool, channels: Channels, stop: Stop) -> anyhow::Result<()> {
    let mut backoff = Duration::from_secs(1);
    loop {
        let pause = match copy_once(&db, &channels).await {
            Ok(()) => COPY_EVERY,
            Err(error) => {
                tracing::info!(error = %format!("{error:#}"), "cannot read the list of movies yet");
                backoff = (backoff * 2).min(Duration::from_secs(30));
                backoff
            }
        };
        if stop.until(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
    }
}

async fn copy_once(db: &PgPool, channels: &Channels) -> anyhow::Result<()> {
    let mut client = MovieServiceClient::new(channels.channel("movie"));
    let mut after_id = String::new();
    let mut copied = 0;
    loop {
        let page = ListMovieFactsRequest { after_id, limit: 500 };
        let page = client.list_movie_facts(page).await?;
        let movies = page.into_inner().movies;
        let Some(last) = movies.last() else {
            tracing::debug!(movies = copied, "copied the list of movies");
            return Ok(());
        };
        after_id = last.id.clone();
        copied += movies.len();
        let ids = movies.iter().map(|movie| MovieId::parse(&movie.id));
        insert(db, ids.collect::<Result<_, _>>()?).await?;
    }
}
