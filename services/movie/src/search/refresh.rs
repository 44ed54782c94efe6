//! Keeps the search index up to date: every replica polls the generation numbers once a second and loads what is new. The poll
//! reads a table of two rows. A notification could be lost, so it would need the same poll behind it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::index::{Index, MovieRow, PersonRow};
use crate::movies::Movies;
use anyhow::Context as _;
use arc_swap::ArcSwap;
use chassis::shutdown::Stop;
use sqlx::PgPool;

const POLL: Duration = Duration::from_secs(1);

pub(crate) struct IndexRefresher {
    db: PgPool,
    index: Arc<ArcSwap<Index>>,
    movies: Movies,
    seen: Option<Generations>,
}

#[derive(Clone, Copy)]
struct Generations {
    facts: i64,
    popularity: i64,
}

impl IndexRefresher {
    pub(crate) fn new(db: PgPool, index: Arc<ArcSwap<Index>>, movies: Movies) -> Self {
        Self {
            db,
            index,
            movies,
            seen: None,
        }
    }

    pub(crate) async fn run(mut self, stop: Stop) -> anyhow::Result<()> {
        while stop.until(tokio::time::sleep(POLL)).await.is_some() {
            // The old index stays in use; that Postgres is away is reported by the readiness check.
            if let Err(error) = self.refresh().await {
                tracing::warn!(error = %format!("{error:#}"), "cannot refresh the search index");
            }
        }
        Ok(())
    }

    /// Loads what has changed since the last call.
    pub(crate) async fn refresh(&mut self) -> anyhow::Result<()> {
        // Read before the rows: changes committed in between are loaded now and again by the next refresh.
        let now = sqlx::query_as!(
            Generations,
            r#"select max(value) filter (where of = 'facts') as "facts!",
                      max(value) filter (where of = 'popularity') as "popularity!" from generation"#
        )
        .fetch_one(&self.db)
        .await?;
        match self.seen {
            Some(seen) if seen.facts == now.facts => {
                if seen.popularity != now.popularity {
                    self.load_popularity(seen.popularity).await?;
                }
            }
            seen => {
                if let Some(seen) = seen {
                    let changed = sqlx::query_scalar!("select id from movie where generation > $1", seen.facts)
                        .fetch_all(&self.db)
                        .await?;
                    self.movies.invalidate(&changed);
                }
                self.rebuild().await?;
            }
        }
        self.seen = Some(now);
        Ok(())
    }

    async fn load_popularity(&self, since: i64) -> sqlx::Result<()> {
        let changed = sqlx::query!(
            "select movie_id, rating_count, rating_sum from popularity where generation > $1",
            since
        )
        .fetch_all(&self.db)
        .await?;
        let index = self.index.load();
        for row in changed {
            index.set_popularity(row.movie_id, row.rating_count, row.rating_sum);
        }
        Ok(())
    }

    /// Rebuilds the whole index: facts change seldom and in bulk. Ten thousand movies take some tenths of a second on a blocking
    /// thread, while the old index stays in use.
    async fn rebuild(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        let movies = sqlx::query_as!(
            MovieRow,
            r#"select id, title_ko, title_en, title_original, imdb_id, year, countries, genres,
                      coalesce(rating_count, 0) as "rating_count!", coalesce(rating_sum, 0) as "rating_sum!"
               from movie left join popularity on movie_id = id"#
        )
        .fetch_all(&self.db)
        .await?;
        let people = sqlx::query_as!(
            PersonRow,
            r#"select id, name_ko, name_en,
                      coalesce(array_agg(movie_id) filter (where role = 1), '{}') as "directed!",
                      coalesce(array_agg(movie_id) filter (where role = 2), '{}') as "acted!"
               from person join credit on person_id = id group by id"#
        )
        .fetch_all(&self.db)
        .await?;
        let index = tokio::task::spawn_blocking(|| Index::build(movies, people))
            .await
            .context("building the index panicked")?;
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
