//! Filling the copy from its owners: after a flush, a fresh start, or a restart of Redis that may have lost the last second.
//!
//! One replica takes a lock and streams everything from movie and rating through the same version-guarded scripts that the
//! consumers use, so events that arrive meanwhile neither hurt nor get lost. The marker is set only if the lock survived from
//! beginning to end: a flush in between takes the lock with it, and the next look starts again. And it counts as final only if
//! our queues were bound before the reading began, or else an event could have been in neither.

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

/// How often somebody looks whether the copy is whole.
const LOOK: Duration = Duration::from_secs(1);
/// Longer than any pause between two renewals of the lock.
const LOCK: Duration = Duration::from_secs(20);
/// A stream that says nothing for so long is broken.
const SILENCE: Duration = Duration::from_secs(10);
/// Movies a page: with their credits a thousand could be more than a message may carry.
const PAGE: i32 = 500;
/// How long the consumers may take to bind their queues before the copy is filled all the same.
const BINDING: Duration = Duration::from_secs(5);
/// In place of the run of Redis, where a copy is filled but not final.
const UNPROVEN: &str = "unproven";

/// Looks after the copy until the stop.
pub async fn keep_filled(store: Store, channels: Channels, broker: Broker, stop: Stop) -> anyhow::Result<()> {
    let mut patience = LOOK;
    loop {
        match look(&store, &channels, &broker, &stop).await {
            Ok(()) => patience = LOOK,
            Err(error) => {
                metrics::counter!("rebuilds_total", "result" => "failed").increment(1);
                tracing::warn!(error = %format!("{error:#}"), "the copy could not be rebuilt; trying again");
                patience = (patience * 2).min(Duration::from_secs(30));
            }
        }
        if stop.until(tokio::time::sleep(patience)).await.is_none() {
            return Ok(());
        }
    }
}

/// Rebuilds if it is necessary and nobody else does.
async fn look(store: &Store, channels: &Channels, broker: &Broker, stop: &Stop) -> anyhow::Result<()> {
    // Redis being away is the catalogue's to tell; there is nothing to rebuild into.
    let Ok(standing) = store.standing().await else {
        return Ok(());
    };
    if standing.verified {
        return Ok(());
    }
    let token = Uuid::now_v7().to_string();
    if !store.lock_rebuild(&token, LOCK).await? {
        return Ok(());
    }
    let bound = wait_until_bound(broker, stop).await;
    tracing::info!(
        filled = standing.filled,
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
            let marker = if bound { &standing.run } else { UNPROVEN };
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
            ensure!(bound, "filled without the broker; once more when its queues are bound");
            Ok(())
        }
        Err(error) => {
            // Only one's own lock may be given back; one that expired may be somebody else's now.
            if store.renew_rebuild(&token, LOCK).await.unwrap_or(false) {
                let _ = store.abandon_rebuild().await;
            }
            Err(error)
        }
    }
}

async fn rebuild(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<(usize, usize, usize)> {
    let movies = fill_movies(store, channels, token).await.context("movie's facts")?;
    let shelf = fill_shelf(store, channels, token).await.context("rating's shelves")?;
    let ratings = fill_ratings(store, channels, token).await.context("rating's ratings")?;
    Ok((movies, shelf, ratings))
}

/// False: the broker is away. The copy is filled then, too, and again later.
async fn wait_until_bound(broker: &Broker, stop: &Stop) -> bool {
    let began = Instant::now();
    while began.elapsed() < BINDING && !stop.is_stopped() {
        if matches!(
            tokio::time::timeout(BINDING, consumers::all_are_bound(broker)).await,
            Ok(Ok(true))
        ) {
            return true;
        }
        stop.until(tokio::time::sleep(Duration::from_millis(100))).await;
    }
    false
}

async fn keep_lock(store: &Store, token: &str) -> anyhow::Result<()> {
    ensure!(
        store.renew_rebuild(token, LOCK).await?,
        "the lock of the rebuild is lost"
    );
    Ok(())
}

async fn fill_movies(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<usize> {
    let mut client = MovieServiceClient::new(channels.channel("movie").with_limit(SILENCE));
    let (mut after_id, mut total) = (String::new(), 0);
    loop {
        let request = ListMovieFactsRequest {
            after_id: after_id.clone(),
            limit: PAGE,
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
        keep_lock(store, token).await?;
    }
}

async fn fill_shelf(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<usize> {
    let mut client = RatingServiceClient::new(channels.channel("rating").with_limit(SILENCE));
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
        keep_lock(store, token).await?;
    }
    Ok(total)
}

async fn fill_ratings(store: &Store, channels: &Channels, token: &str) -> anyhow::Result<usize> {
    let mut client = RatingServiceClient::new(channels.channel("rating").with_limit(SILENCE));
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
        keep_lock(store, token).await?;
    }
    Ok(total)
}

/// The next message; a stream as a whole may take long, a pause in it may not.
async fn next<T>(stream: &mut Streaming<T>) -> anyhow::Result<Option<T>> {
    Ok(tokio::time::timeout(SILENCE, stream.message())
        .await
        .context("the stream fell silent")??)
}

/// The facts of a movie as its events would carry them.
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
