//! Rebuilding the copy from the rating and movie services: after a flush, on a first start, and after a restart of
//! Redis, which may have lost the last second of writes.
//!
//! One replica takes a lock and streams everything through the version-guarded scripts that the consumers use, so
//! events may arrive during the rebuild. The marker of completeness is set only if the lock was held from beginning to
//! end: a flush deletes the lock too, and the next check then starts again. The copy counts as verified only if the
//! queues were bound before the reading began; otherwise an event could be in neither the copy nor a queue.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use chassis::{client::Channels, shutdown::Stop};
use matcha_protos::{
    events::v1::MovieFacts,
    movie::v1::{CreditRole, ListMovieFactsRequest, Movie, movie_service_client::MovieServiceClient},
    rating::v1::{StreamRatingsRequest, StreamShelfRequest, rating_service_client::RatingServiceClient},
};
use messaging::events::Broker;
use tonic::Streaming;
use uuid::Uuid;

use crate::{
    consumers,
    store::{RatingEntry, ShelfEntry, Store},
};

/// Time between two checks whether the copy is complete.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// The lock expires after this time; longer than any pause between two renewals.
const LOCK_TTL: Duration = Duration::from_secs(20);
/// A stream without a message for this long is broken.
const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Movies per page; a thousand with their credits could exceed the size limit of a message.
const PAGE_SIZE: i32 = 500;
/// How long a rebuild waits for the consumers to bind their queues; afterwards it starts without them.
const BINDING_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest pause after failed rebuilds.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// In the marker in place of the run id of Redis, if the copy is filled but not verified.
const UNVERIFIED: &str = "unproven";

/// Checks the copy until the stop, and rebuilds it when it is not complete.
pub(crate) async fn keep_complete(store: Store, channels: Channels, broker: Broker, stop: Stop) -> anyhow::Result<()> {
    let mut pause = CHECK_EVERY;
    loop {
        match rebuild_if_needed(&store, &channels, &broker, &stop).await {
            Ok(()) => pause = CHECK_EVERY,
            Err(error) => {
                metrics::counter!("rebuilds_total", "result" => "failed").increment(1);
                tracing::warn!(error = %format!("{error:#}"), "the copy could not be rebuilt; trying again");
                pause = (pause * 2).min(MAX_BACKOFF);
            }
        }
        if stop.until(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
    }
}

/// Rebuilds the copy unless it is verified or another replica holds the lock.
async fn rebuild_if_needed(store: &Store, channels: &Channels, broker: &Broker, stop: &Stop) -> anyhow::Result<()> {
    // The catalogue's task reports that Redis is down.
    let Ok(copy_status) = store.copy_status().await else {
        return Ok(());
    };
    if copy_status.verified {
        return Ok(());
    }
    let token = Uuid::now_v7().to_string();
    if !store.lock_rebuild(&token, LOCK_TTL).await? {
        return Ok(());
    }
    let bound = wait_until_bound(broker, stop).await;
    tracing::info!(
        filled = copy_status.filled,
        bound,
        "rebuilding the copy from rating and movie"
    );
    let began = Instant::now();
    let rebuilding = rebuild(store, channels, &token);
    let result = stop
        .until(rebuilding)
        .await
        .unwrap_or_else(|| Err(anyhow::anyhow!("stopped while rebuilding")));
    match result {
        Ok((movies, shelf, ratings)) => {
            let marker = if bound { &copy_status.run } else { UNVERIFIED };
            ensure!(
                store.finish_rebuild(&token, marker).await?,
                "the copy was emptied during the rebuild"
            );
            metrics::counter!("rebuilds_total", "result" => "done").increment(1);
            tracing::info!(
                movies,
                shelf,
                ratings,
                seconds = began.elapsed().as_secs_f64(),
                "the copy is complete"
            );
            ensure!(
                bound,
                "rebuilt while the queues were not bound; rebuilding again when they are"
            );
            Ok(())
        }
        Err(error) => {
            // After the lock expired, another replica may hold it; only the own lock may be deleted.
            if store.renew_rebuild(&token, LOCK_TTL).await.unwrap_or(false) {
                let _ = store.abandon_rebuild().await;
            }
            Err(error)
        }
    }
}

async fn rebuild(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<(usize, usize, usize)> {
    let movies = fill_movies(store, channels, token)
        .await
        .context("cannot read the movies")?;
    let shelf = fill_shelf(store, channels, token)
        .await
        .context("cannot read the shelves")?;
    let ratings = fill_ratings(store, channels, token)
        .await
        .context("cannot read the ratings")?;
    Ok((movies, shelf, ratings))
}

/// Waits until the queues are bound. False if they are not in time, for example because the broker is down.
async fn wait_until_bound(broker: &Broker, stop: &Stop) -> bool {
    let began = Instant::now();
    while began.elapsed() < BINDING_TIMEOUT && !stop.is_stopped() {
        if matches!(
            tokio::time::timeout(BINDING_TIMEOUT, consumers::all_are_bound(broker)).await,
            Ok(Ok(true))
        ) {
            return true;
        }
        stop.until(tokio::time::sleep(Duration::from_millis(100))).await;
    }
    false
}

async fn renew_lock(store: &Store, token: &str) -> anyhow::Result<()> {
    ensure!(
        store.renew_rebuild(token, LOCK_TTL).await?,
        "the lock of the rebuild is lost"
    );
    Ok(())
}

async fn fill_movies(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<usize> {
    let mut client = MovieServiceClient::new(channels.channel("movie").with_limit(STREAM_IDLE_TIMEOUT));
    let (mut after_id, mut total) = (String::new(), 0);
    loop {
        let request = ListMovieFactsRequest {
            after_id: after_id.clone(),
            limit: PAGE_SIZE,
        };
        let page = client.list_movie_facts(request).await?.into_inner().movies;
        let Some(last) = page.last() else {
            return Ok(total);
        };
        after_id = last.id.clone();
        total += page.len();
        let facts = page
            .into_iter()
            .map(|movie| Ok((Uuid::try_parse(&movie.id)?, facts_of(movie))))
            .collect::<anyhow::Result<Vec<_>>>()?;
        store.apply_movies(&facts).await?;
        renew_lock(store, token).await?;
    }
}

async fn fill_shelf(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<usize> {
    let mut client = RatingServiceClient::new(channels.channel("rating").with_limit(STREAM_IDLE_TIMEOUT));
    let mut stream = client.stream_shelf(StreamShelfRequest {}).await?.into_inner();
    let mut total = 0;
    while let Some(message) = next(&mut stream).await? {
        let entries = message
            .entries
            .iter()
            .map(|entry| {
                Ok(ShelfEntry {
                    member: Uuid::try_parse(&entry.member_id)?,
                    movie: Uuid::try_parse(&entry.movie_id)?,
                    state: u8::try_from(entry.state)?,
                    version: entry.version,
                    changed_at: entry.changed_at,
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        total += entries.len();
        store.apply_shelf(&entries).await?;
        renew_lock(store, token).await?;
    }
    Ok(total)
}

async fn fill_ratings(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<usize> {
    let mut client = RatingServiceClient::new(channels.channel("rating").with_limit(STREAM_IDLE_TIMEOUT));
    let mut stream = client.stream_ratings(StreamRatingsRequest {}).await?.into_inner();
    let mut total = 0;
    while let Some(message) = next(&mut stream).await? {
        let entries = message
            .ratings
            .iter()
            .map(|rating| {
                Ok(RatingEntry {
                    member: Uuid::try_parse(&rating.member_id)?,
                    movie: Uuid::try_parse(&rating.movie_id)?,
                    stars: u8::try_from(rating.stars.unwrap_or(0))?,
                    version: rating.version,
                    rated_at: rating.rated_at,
                })
            })
            .collect::<anyhow::Result<Vec<_>>>()?;
        total += entries.len();
        store.apply_ratings(&entries).await?;
        renew_lock(store, token).await?;
    }
    Ok(total)
}

/// The next message. The timeout limits a pause; the whole stream may take any time.
async fn next<T>(stream: &mut Streaming<T>) -> anyhow::Result<Option<T>> {
    Ok(tokio::time::timeout(STREAM_IDLE_TIMEOUT, stream.message())
        .await
        .context("the stream sent nothing for too long")??)
}

/// The facts of a movie as its events carry them.
fn facts_of(movie: Movie) -> MovieFacts {
    let people = |role: CreditRole| {
        let mut credits: Vec<_> = movie.credits.iter().filter(|credit| credit.role() == role).collect();
        credits.sort_by_key(|credit| credit.position);
        credits
            .iter()
            .filter_map(|credit| Some(credit.person.as_ref()?.id.clone()))
            .collect()
    };
    MovieFacts {
        director_ids: people(CreditRole::Director),
        cast_ids: people(CreditRole::Actor),
        movie_id: movie.id,
        title_ko: movie.title_ko,
        title_en: movie.title_en,
        year: movie.year,
        genres: movie.genres,
        countries: movie.countries,
        version: movie.version,
        runtime: movie.runtime,
    }
}
