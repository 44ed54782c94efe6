//! `PutMovies`: publishes or changes a batch of movies in one transaction with a fixed number of statements.

use std::collections::{HashMap, HashSet};

use futures::FutureExt as _;
use matcha_protos::events::v1::{MovieChanged, MoviePublished};
use matcha_protos::movie::v1::{PutMoviesRequest, PutMoviesResponse};
use messaging::events::Event;
use messaging::{outbox, postgres};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::facts::Facts;
use super::{MAX_IDS, Movies};
use crate::error::Error;
use crate::people::{self, Person};

pub(crate) async fn put_movies(
    db: &PgPool,
    movies: &Movies,
    request: PutMoviesRequest,
) -> Result<PutMoviesResponse, Error> {
    let (facts, people) = parse(request)?;
    let written = postgres::write(db, move |tx| write(tx, facts, people).boxed()).await?;
    movies.invalidate(&written.changed);
    Ok(written.response)
}

fn parse(request: PutMoviesRequest) -> Result<(Vec<Facts>, Vec<Person>), Error> {
    if request.movies.len() > MAX_IDS {
        return Err(Error::invalid("movies", format!("at most {MAX_IDS} movies at a time")));
    }
    let mut seen = HashSet::new();
    let (mut all, mut everyone) = (Vec::new(), Vec::new());
    for (position, movie) in request.movies.into_iter().enumerate() {
        let (facts, people) = Facts::parse(movie).map_err(|error| with_position(position, error))?;
        if !seen.insert(facts.id) {
            return Err(with_position(position, Error::invalid("id", "the same movie twice")));
        }
        all.push(facts);
        everyone.extend(people);
    }
    Ok((all, everyone))
}

/// Adds the position of the movie in the batch to the message.
fn with_position(position: usize, error: Error) -> Error {
    match error {
        Error::Refused { kind, field, message } => Error::Refused {
            kind,
            field,
            message: format!("movies[{position}]: {message}").into(),
        },
        other => other,
    }
}

struct Written {
    response: PutMoviesResponse,
    /// Movies whose facts or people's names changed.
    changed: Vec<Uuid>,
}

/// A movie to insert or replace.
#[derive(serde::Serialize)]
struct Row {
    #[serde(flatten)]
    facts: Facts,
    version: i64,
}

async fn write(tx: &mut PgConnection, facts: Vec<Facts>, people: Vec<Person>) -> Result<Written, Error> {
    // Locked first: concurrent calls wait here, so what is read below stays valid until the commit.
    let generation =
        sqlx::query_scalar!(r#"select value + 1 as "value!" from generation where of = 'facts' for update"#)
            .fetch_one(&mut *tx)
            .await?;
    let renamed = people::upsert(tx, people).await?;
    let mut existing = find_existing(tx, &facts).await?;

    let mut response = PutMoviesResponse::default();
    let (mut rows, mut events) = (Vec::new(), Vec::new());
    for facts in facts {
        let id = facts.id.to_string();
        let version = match existing.remove(&facts.id) {
            None => {
                let event = MoviePublished {
                    movie: Some(facts.to_event(1)),
                };
                events.push(Event::new("movie.published", id, 1, &event));
                response.published += 1;
                1
            }
            Some((old, _)) if old == facts => {
                response.unchanged += 1;
                continue;
            }
            Some((_, version)) => {
                let event = MovieChanged {
                    movie: Some(facts.to_event(version + 1)),
                };
                events.push(Event::new("movie.changed", id, version + 1, &event));
                response.changed += 1;
                version + 1
            }
        };
        rows.push(Row { facts, version });
    }
    upsert(tx, &rows, generation).await?;
    replace_credits(tx, &rows).await?;
    outbox::push_all(tx, &events).await?;

    let mut changed: Vec<Uuid> = rows.iter().map(|row| row.facts.id).collect();
    // A renamed person changes also the movies that are not in this batch.
    changed.extend(mark_movies_of(tx, &renamed, generation).await?);
    if !changed.is_empty() {
        sqlx::query!("update generation set value = $1 where of = 'facts'", generation)
            .execute(tx)
            .await?;
    }
    Ok(Written { response, changed })
}

struct ExistingRow {
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
    directors: Vec<Uuid>,
    cast_members: Vec<Uuid>,
}

/// The movies of the batch that exist, with their versions.
async fn find_existing(tx: &mut PgConnection, facts: &[Facts]) -> sqlx::Result<HashMap<Uuid, (Facts, i64)>> {
    let ids: Vec<Uuid> = facts.iter().map(|facts| facts.id).collect();
    let rows = sqlx::query_as!(
        ExistingRow,
        r#"select id, title_ko, title_en, title_original, year, runtime, countries, genres, imdb_id, poster_url, version,
                  array(select person_id from credit where movie_id = movie.id and role = 1 order by position)
                      as "directors!",
                  array(select person_id from credit where movie_id = movie.id and role = 2 order by position)
                      as "cast_members!"
           from movie where id = any($1)"#,
        &ids
    )
    .fetch_all(tx)
    .await?;
    let split = |row: ExistingRow| {
        let facts = Facts {
            id: row.id,
            title_ko: row.title_ko,
            title_en: row.title_en,
            title_original: row.title_original,
            year: row.year,
            runtime: row.runtime,
            countries: row.countries,
            genres: row.genres,
            imdb_id: row.imdb_id,
            poster_url: row.poster_url,
            directors: row.directors,
            cast: row.cast_members,
        };
        (row.id, (facts, row.version))
    };
    Ok(rows.into_iter().map(split).collect())
}

async fn upsert(tx: &mut PgConnection, rows: &[Row], generation: i64) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    // JSON, because unnest cannot take an array of countries per row.
    sqlx::query!(
        "insert into movie (id, title_ko, title_en, title_original, year, runtime, countries, genres, imdb_id, poster_url,
                            version, generation)
         select id, title_ko, title_en, title_original, year, runtime, countries, genres, imdb_id, poster_url, version, $2
         from jsonb_to_recordset($1) as m(id uuid, title_ko text, title_en text, title_original text, year int,
             runtime int, countries text[], genres text[], imdb_id text, poster_url text, version bigint)
         on conflict (id) do update set
             (title_ko, title_en, title_original, year, runtime, countries, genres, imdb_id, poster_url, version, generation)
             = (excluded.title_ko, excluded.title_en, excluded.title_original, excluded.year, excluded.runtime,
                excluded.countries, excluded.genres, excluded.imdb_id, excluded.poster_url, excluded.version,
                excluded.generation)",
        Json(rows) as _,
        generation
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn replace_credits(tx: &mut PgConnection, rows: &[Row]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (mut movies, mut roles, mut positions, mut people) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for Row { facts, .. } in rows {
        for (role, credited) in [(1_i16, &facts.directors), (2, &facts.cast)] {
            for (position, person) in (0_i32..).zip(credited) {
                movies.push(facts.id);
                roles.push(role);
                positions.push(position);
                people.push(*person);
            }
        }
    }
    let ids: Vec<Uuid> = rows.iter().map(|row| row.facts.id).collect();
    sqlx::query!("delete from credit where movie_id = any($1)", &ids)
        .execute(&mut *tx)
        .await?;
    sqlx::query!(
        "insert into credit (movie_id, role, position, person_id)
         select * from unnest($1::uuid[], $2::smallint[], $3::int[], $4::uuid[])",
        &movies,
        &roles,
        &positions,
        &people
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn mark_movies_of(tx: &mut PgConnection, people: &[Uuid], generation: i64) -> sqlx::Result<Vec<Uuid>> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_scalar!(
        "update movie set generation = $2
         where id in (select movie_id from credit where person_id = any($1)) and generation <> $2 returning id",
        people,
        generation
    )
    .fetch_all(tx)
    .await
}
