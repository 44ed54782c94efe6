//! Keeps the index in step with Postgres: every replica asks once a second which generation it has and takes what is new.
//! Asking is one read of a two-row table; a notification could be lost and would need the same question behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use chassis::shutdown::Stop;
use sqlx::PgPool;
use uuid::Uuid;

use super::index::{Index, MovieRow, PersonRow};
use crate::movies::Movies;

const EVERY: Duration = Duration::from_secs(1);

pub(crate) struct Refresh {
    pool: PgPool,
    index: Arc<ArcSwap<Index>>,
    movies: Movies,
    seen: Option<Generations>,
}

#[derive(Clone, Copy, sqlx::FromRow)]
struct Generations {
    facts: i64,
    popularity: i64,
}

impl Refresh {
    pub(crate) fn new(pool: PgPool, index: Arc<ArcSwap<Index>>, movies: Movies) -> Self {
        Self {
            pool,
            index,
            movies,
            seen: None,
        }
    }

    pub(crate) async fn run(mut self, stop: Stop) -> anyhow::Result<()> {
        while stop.until(tokio::time::sleep(EVERY)).await.is_some() {
            // The old index goes on answering; Postgres being away is the readiness check's business.
            if let Err(error) = self.step().await {
                tracing::warn!(error = %format!("{error:#}"), "cannot refresh the search index");
            }
        }
        Ok(())
    }

    /// Takes what is new, if anything is.
    pub(crate) async fn step(&mut self) -> anyhow::Result<()> {
        // Read before the rows: what is committed in between is taken now and once more the next time.
        let now: Generations = sqlx::query_as(
            "select max(value) filter (where of = 'facts') as facts,
                    max(value) filter (where of = 'popularity') as popularity from generation",
        )
        .fetch_one(&self.pool)
        .await?;
        match self.seen {
            Some(seen) if seen.facts == now.facts => {
                if seen.popularity != now.popularity {
                    self.take_popularity(seen.popularity).await?;
                }
            }
            seen => {
                if let Some(seen) = seen {
                    let changed: Vec<Uuid> = sqlx::query_scalar("select id from movie where generation > $1")
                        .bind(seen.facts)
                        .fetch_all(&self.pool)
                        .await?;
                    self.movies.forget(&changed);
                }
                self.rebuild().await?;
            }
        }
        self.seen = Some(now);
        Ok(())
    }

    async fn take_popularity(&self, since: i64) -> sqlx::Result<()> {
        let changed: Vec<(Uuid, i64, i64)> =
            sqlx::query_as("select movie_id, rating_count, rating_sum from popularity where generation > $1")
                .bind(since)
                .fetch_all(&self.pool)
                .await?;
        let index = self.index.load();
        for (id, count, sum) in changed {
            index.set_popularity(id, count, sum);
        }
        Ok(())
    }

    /// All of it: facts change when an operator says so, seldom and in bulk. Reading and building ten thousand movies takes
    /// some tenths of a second, off the async threads, while the old index goes on answering.
    async fn rebuild(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let movies: Vec<MovieRow> = sqlx::query_as(
            "select id, title_ko, title_en, title_original, imdb_id, year, countries, genres,
                    coalesce(rating_count, 0) as rating_count, coalesce(rating_sum, 0) as rating_sum
             from movie left join popularity on movie_id = id",
        )
        .fetch_all(&self.pool)
        .await?;
        let people: Vec<PersonRow> = sqlx::query_as(
            "select id, name_ko, name_en,
                    coalesce(array_agg(movie_id) filter (where role = 1), '{}') as directed,
                    coalesce(array_agg(movie_id) filter (where role = 2), '{}') as acted
             from person join credit on person_id = id group by id",
        )
        .fetch_all(&self.pool)
        .await?;
        let index = tokio::task::spawn_blocking(|| Index::build(movies, people))
            .await
            .context("building panicked")?;
        tracing::info!(
            movies = index.len(),
            milliseconds = began.elapsed().as_millis() as u64,
            "search index built"
        );
        metrics::gauge!("search_index_movies").set(index.len() as f64);
        self.index.store(Arc::new(index));
        Ok(())
    }
}
