//! Reading movies: `GetMovies` and `ListMovieFacts`.
//!
//! A movie comes from Postgres with its credits in one statement, requests that arrive together share it, and a small
//! cache keeps what is asked for often.

mod facts;
pub(crate) mod put;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chassis::coalesce::Coalescer;
use matcha_protos::movie::v1::{
    Credit, CreditRole, GetMoviesRequest, GetMoviesResponse, ListMovieFactsRequest, ListMovieFactsResponse, Movie,
    Person,
};
use moka::sync::Cache;
use prost::Message as _;
use sqlx::PgPool;
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::Error;
use crate::search::index::Index;

/// Movies or people asked for at a time.
const MOST_IDS: usize = 500;
/// Requests that may share a statement.
const MOST_TOGETHER: usize = 64;
/// Bytes of movies kept in memory.
const CACHE: u64 = 8 << 20;
/// A load that began before a change could put the old facts back after they were dropped; they live no longer than this.
const CACHED_FOR: Duration = Duration::from_secs(60);

/// The movies by id, through cache and coalescing.
#[derive(Clone)]
pub(crate) struct Movies {
    cache: Cache<Uuid, Arc<Movie>>,
    load: Coalescer<Vec<Uuid>, Vec<Arc<Movie>>, Error>,
    index: Arc<ArcSwap<Index>>,
}

impl Movies {
    pub(crate) fn new(pool: PgPool, index: Arc<ArcSwap<Index>>) -> Self {
        let weight = |_: &Uuid, movie: &Arc<Movie>| u32::try_from(2 * movie.encoded_len() + 500).unwrap_or(u32::MAX);
        let load = move |requests: Vec<Vec<Uuid>>| load_together(pool.clone(), requests);
        Self {
            cache: Cache::builder()
                .weigher(weight)
                .max_capacity(CACHE)
                .time_to_live(CACHED_FOR)
                .build(),
            load: Coalescer::new("movies", MOST_TOGETHER, 2, load),
            index,
        }
    }

    /// The movies in the order asked for; unknown ids are left out, repeated ones come once.
    pub(crate) async fn find(&self, ids: &[Uuid]) -> Result<Vec<Movie>, Error> {
        let mut found: HashMap<Uuid, Arc<Movie>> =
            ids.iter().filter_map(|id| Some((*id, self.cache.get(id)?))).collect();
        let missing: Vec<Uuid> = ids.iter().copied().filter(|id| !found.contains_key(id)).collect();
        if !missing.is_empty() {
            for movie in self.load.call(missing).await? {
                if let Ok(id) = movie.id.parse() {
                    self.cache.insert(id, movie.clone());
                    found.insert(id, movie);
                }
            }
        }
        let index = self.index.load();
        let in_order = ids.iter().filter_map(|id| Some((*id, found.remove(id)?)));
        Ok(in_order
            .map(|(id, movie)| with_popularity(&index, id, &movie))
            .collect())
    }

    /// Facts of these were changed; the next read takes them from the database.
    pub(crate) fn forget(&self, ids: &[Uuid]) {
        ids.iter().for_each(|id| self.cache.invalidate(id));
    }
}

/// The cached facts with the figures of now.
fn with_popularity(index: &Index, id: Uuid, movie: &Movie) -> Movie {
    let mut movie = movie.clone();
    if let Some((count, sum)) = index.popularity(id) {
        (movie.rating_count, movie.rating_mean) = (count.max(0), mean(count, sum));
    }
    movie
}

fn mean(count: i64, sum: i64) -> f64 {
    if count > 0 { sum as f64 / count as f64 } else { 0.0 }
}

pub(crate) async fn get(movies: &Movies, request: GetMoviesRequest) -> Result<GetMoviesResponse, Error> {
    let ids = parse_ids(&request.ids)?;
    Ok(GetMoviesResponse {
        movies: movies.find(&ids).await?,
    })
}

pub(crate) async fn list_facts(pool: &PgPool, request: ListMovieFactsRequest) -> Result<ListMovieFactsResponse, Error> {
    let after = match request.after_id.as_str() {
        "" => Uuid::nil(),
        id => parse_id("after_id", id)?,
    };
    let limit = match request.limit {
        0 => 1000,
        limit @ 1..=1000 => i64::from(limit),
        _ => return Err(Error::field("limit", "between 1 and 1000")),
    };
    // The page's ids first, so that credits are gathered for these movies only.
    let ids: Vec<Uuid> = sqlx::query_scalar("select id from movie where id > $1 order by id limit $2")
        .bind(after)
        .bind(limit)
        .fetch_all(pool)
        .await?;
    let mut movies = load(pool, &ids).await?;
    movies.sort_unstable_by_key(|row| row.id);
    Ok(ListMovieFactsResponse {
        movies: movies.into_iter().map(Movie::from).collect(),
    })
}

/// The ids of a batch read.
pub(crate) fn parse_ids(ids: &[String]) -> Result<Vec<Uuid>, Error> {
    if ids.len() > MOST_IDS {
        return Err(Error::field("ids", format!("at most {MOST_IDS} at a time")));
    }
    ids.iter().map(|id| parse_id("ids", id)).collect()
}

/// An id of a request.
pub(crate) fn parse_id(field: &'static str, id: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(id).map_err(|_| Error::field(field, "an id is a UUID"))
}

#[derive(sqlx::FromRow)]
struct MovieRow {
    id: Uuid,
    title_ko: String,
    title_en: String,
    title_original: String,
    year: i32,
    runtime: i32,
    countries: Vec<String>,
    genres: Vec<String>,
    imdb_id: String,
    poster_url: String,
    version: i64,
    rating_count: i64,
    rating_sum: i64,
    credits: Json<Vec<CreditRow>>,
}

#[derive(serde::Deserialize)]
struct CreditRow {
    id: Uuid,
    name_ko: String,
    name_en: String,
    role: i32,
    position: i32,
}

impl From<MovieRow> for Movie {
    fn from(row: MovieRow) -> Self {
        let credit = |credit: CreditRow| Credit {
            person: Some(Person {
                id: credit.id.to_string(),
                name_ko: credit.name_ko,
                name_en: credit.name_en,
                counts: None,
            }),
            role: CreditRole::try_from(credit.role).unwrap_or_default().into(),
            position: credit.position,
        };
        Self {
            id: row.id.to_string(),
            title_ko: row.title_ko,
            title_en: row.title_en,
            title_original: row.title_original,
            year: row.year,
            runtime: row.runtime,
            countries: row.countries,
            genres: row.genres,
            credits: row.credits.0.into_iter().map(credit).collect(),
            imdb_id: row.imdb_id,
            poster_url: row.poster_url,
            version: row.version,
            rating_count: row.rating_count.max(0),
            rating_mean: mean(row.rating_count, row.rating_sum),
        }
    }
}

async fn load(pool: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<MovieRow>> {
    sqlx::query_as(
        "select movie.*, coalesce(rating_count, 0) as rating_count, coalesce(rating_sum, 0) as rating_sum,
                coalesce(
                    (select json_agg(json_build_object('id', person.id, 'name_ko', name_ko, 'name_en', name_en,
                                                       'role', role, 'position', position) order by role, position)
                     from credit join person on person.id = person_id where credit.movie_id = movie.id),
                    '[]') as credits
         from movie left join popularity on popularity.movie_id = movie.id
         where movie.id = any($1)",
    )
    .bind(ids)
    .fetch_all(pool)
    .await
}

/// One statement for all requests that piled up; each gets its own movies of it.
async fn load_together(pool: PgPool, requests: Vec<Vec<Uuid>>) -> Vec<Result<Vec<Arc<Movie>>, Error>> {
    let ids: Vec<Uuid> = requests
        .iter()
        .flatten()
        .copied()
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    match load(&pool, &ids).await.map_err(Error::from) {
        Err(error) => requests.iter().map(|_| Err(error.clone())).collect(),
        Ok(rows) => {
            let movies: HashMap<Uuid, Arc<Movie>> = rows
                .into_iter()
                .map(|row| (row.id, Arc::new(Movie::from(row))))
                .collect();
            let pick = |ids: &Vec<Uuid>| Ok(ids.iter().filter_map(|id| movies.get(id).cloned()).collect());
            requests.iter().map(pick).collect()
        }
    }
}
