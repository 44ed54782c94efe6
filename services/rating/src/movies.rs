//! Which movies there are: a copy of the movie service's ids. Events keep it up to date; the whole list is read now and then,
//! so that movies published while this service had no queue are not missed.

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

/// Answers whether movies exist. Cheap to clone.
#[derive(Clone)]
pub(crate) struct KnownMovies {
    db: PgPool,
    /// Only ids that exist are remembered, so it never grows beyond the catalogue; and none ever ceases to exist.
    met: Arc<RwLock<HashSet<MovieId>>>,
}

impl KnownMovies {
    pub(crate) fn new(db: PgPool) -> Self {
        Self {
            db,
            met: Arc::default(),
        }
    }

    /// Fails with the first of them that does not exist.
    pub(crate) async fn ensure_movies_exist(&self, movies: &[MovieId]) -> Result<(), Error> {
        let new = self.not_met(movies);
        if new.is_empty() {
            return Ok(());
        }
        let found = sqlx::query_scalar!(
            r#"select movie_id as "movie: MovieId" from known_movies where movie_id = any($1)"#,
            &new as &[MovieId],
        )
        .fetch_all(&self.db)
        .await?;
        self.met.write().unwrap_or_else(PoisonError::into_inner).extend(found);
        match self.not_met(movies).first() {
            Some(&unknown) => Err(Error::not_found("movie_id", format!("there is no movie {unknown}"))),
            None => Ok(()),
        }
    }

    fn not_met(&self, movies: &[MovieId]) -> Vec<MovieId> {
        let met = self.met.read().unwrap_or_else(PoisonError::into_inner);
        let new = movies.iter().filter(|movie| !met.contains(movie));
        new.copied().collect()
    }
}

/// The consumer `rating.movies`. It needs no inbox: inserting an id twice is inserting it once.
pub(crate) async fn on_published(db: &PgPool, deliveries: Vec<Delivery>) -> Vec<Outcome> {
    let ids: Vec<Result<MovieId, Failure>> = deliveries.iter().map(published).collect();
    let readable = ids.iter().filter_map(|id| id.as_ref().ok().copied());
    let inserted = remember(db, readable.collect()).await;
    let outcome = |id: Result<MovieId, Failure>| match (id, &inserted) {
        (Err(broken), _) => broken.into(),
        (Ok(_), Ok(())) => Outcome::Done,
        (Ok(_), Err(error)) => error.retry(),
    };
    ids.into_iter().map(outcome).collect()
}

fn published(delivery: &Delivery) -> Result<MovieId, Failure> {
    let published: MoviePublished = delivery.decode()?;
    let facts = published.movie.unwrap_or_default();
    MovieId::parse(&facts.movie_id).map_err(|error| Failure::Reject(error.into()))
}

async fn remember(db: &PgPool, mut movies: Vec<MovieId>) -> Result<(), Error> {
    // In one order, so that two replicas with overlapping batches do not deadlock.
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

/// Reads every id from the movie service: at the start, however long that takes, and then every few minutes, because an
/// event can miss a queue that was not there yet.
pub(crate) async fn copy(db: PgPool, channels: Channels, stop: Stop) -> anyhow::Result<()> {
    let mut patience = Duration::from_secs(1);
    loop {
        let pause = match copy_once(&db, &channels).await {
            Ok(()) => COPY_EVERY,
            Err(error) => {
                tracing::info!(error = %format!("{error:#}"), "cannot read the list of movies yet");
                patience = (patience * 2).min(Duration::from_secs(30));
                patience
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
        remember(db, ids.collect::<Result<_, _>>()?).await?;
    }
}
