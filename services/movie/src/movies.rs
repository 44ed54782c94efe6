//! Reads of movies: `GetMovies` and `ListMovieFacts`.
//!
//! One statement reads movies with their credits from Postgres, concurrent reads are coalesced into one, and a small cache
//! keeps popular movies.

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

/// Movies or people in one batch.
const MAX_IDS: usize = 500;
/// Reads that are coalesced into one statement.
const MAX_COALESCED: usize = 64;
const CACHE_BYTES: u64 = 8 << 20;
/// A read that began before a change can cache the old facts after they were invalidated; this bounds how long they stay.
const CACHE_TTL: Duration = Duration::from_secs(60);

/// Reads movies by id, with a cache and coalescing.
#[derive(Clone)]
pub(crate) struct Movies {
    cache: Cache<Uuid, Arc<Movie>>,
    load: Coalescer<Vec<Uuid>, Vec<Arc<Movie>>, Error>,
    index: Arc<ArcSwap<Index>>,
}

impl Movies {
    pub(crate) fn new(db: PgPool, index: Arc<ArcSwap<Index>>) -> Self {
        let weight = |_: &Uuid, movie: &Arc<Movie>| u32::try_from(2 * movie.encoded_len() + 500).unwrap_or(u32::MAX);
        let load = move |requests: Vec<Vec<Uuid>>| load_coalesced(db.clone(), requests);
        Self {
            cache: Cache::builder()
                .weigher(weight)
                .max_capacity(CACHE_BYTES)
                .time_to_live(CACHE_TTL)
                .build(),
            load: Coalescer::new("movies", MAX_COALESCED, 2, load),
            index,
        }
    }

    /// The movies in the order of the ids; unknown ids are left out, repeated ones appear once.
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

    pub(crate) fn invalidate(&self, ids: &[Uuid]) {
        ids.iter().for_each(|id| self.cache.invalidate(id));
    }
}

/// The cached facts with the current popularity.
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

pub(crate) async fn get_movies(movies: &Movies, request: GetMoviesRequest) -> Result<GetMoviesResponse, Error> {
    let ids = parse_ids(&request.ids)?;
    Ok(GetMoviesResponse {
        movies: movies.find(&ids).await?,
    })
}

pub(crate) async fn list_movie_facts(
    db: &PgPool,
    request: ListMovieFactsRequest,
) -> Result<ListMovieFactsResponse, Error> {
    let after = match request.after_id.as_str() {
        "" => Uuid::nil(),
        id => parse_id("after_id", id)?,
    };
    let limit = match request.limit {
        0 => 1000,
        limit @ 1..=1000 => i64::from(limit),
        _ => return Err(Error::invalid("limit", "between 1 and 1000")),
    };
    // The ids of the page first, so that credits are aggregated for these movies only.
    let ids = sqlx::query_scalar!("select id from movie where id > $1 order by id limit $2", after, limit)
        .fetch_all(db)
        .await?;
    let mut movies = load(db, &ids).await?;
    movies.sort_unstable_by_key(|row| row.id);
    Ok(ListMovieFactsResponse {
        movies: movies.into_iter().map(Movie::from).collect(),
    })
}

pub(crate) fn parse_ids(ids: &[String]) -> Result<Vec<Uuid>, Error> {
    if ids.len() > MAX_IDS {
        return Err(Error::invalid("ids", format!("at most {MAX_IDS} at a time")));
    }
    ids.iter().map(|id| parse_id("ids", id)).collect()
}

pub(crate) fn parse_id(field: &'static str, id: &str) -> Result<Uuid, Error> {
    Uuid::try_parse(id).map_err(|_| Error::invalid(field, "an id is a UUID"))
}

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

async fn load(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<MovieRow>> {
    sqlx::query_as!(
        MovieRow,
        r#"select id, title_ko, title_en, title_original, year, runtime, countries, genres, imdb_id, poster_url, version,
                  coalesce(rating_count, 0) as "rating_count!", coalesce(rating_sum, 0) as "rating_sum!",
                  coalesce(
                      (select json_agg(json_build_object('id', person.id, 'name_ko', name_ko, 'name_en', name_en,
                                                         'role', role, 'position', position) order by role, position)
                       from credit join person on person.id = person_id where credit.movie_id = movie.id),
                      '[]') as "credits!: Json<Vec<CreditRow>>"
           from movie left join popularity on popularity.movie_id = movie.id
           where movie.id = any($1)"#,
        ids
    )
    .fetch_all(db)
    .await
}

/// Reads the movies of all requests with one statement.
async fn load_coalesced(db: PgPool, requests: Vec<Vec<Uuid>>) -> Vec<Result<Vec<Arc<Movie>>, Error>> {
    let ids: Vec<Uuid> = requests
        .iter()
        .flatten()
        .copied()
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    match load(&db, &ids).await.map_err(Error::from) {
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
