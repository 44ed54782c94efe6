//! The consumers of ratings, shelves and movies. Each batch becomes one call of a Lua script, whose version guard makes
//! the handling idempotent and independent of the order, so no inbox is needed.
//!
//! The replicas share the queues: a message goes to one of them, which writes it to the Redis that all replicas read.

use std::time::Duration;

use chassis::{shutdown::Stop, tasks::Tasks};
use matcha_protos::events::v1::{MovieChanged, MovieFacts, MoviePublished, RatingChanged, ShelfChanged};
use messaging::events::{Broker, Consumer, Delivery, Event, Failure, Outcome, PublishOutcome, Publisher};
use uuid::Uuid;

use crate::store::{self, RatingEntry, ShelfEntry, Store, now};

/// Probe event types. Each is bound last, so if it is routable, the queue's real bindings exist (see `all_are_bound`).
const PROBES: [&str; 3] = [
    "recommendation.probe.ratings",
    "recommendation.probe.shelf",
    "recommendation.probe.movies",
];

const RATINGS: Consumer = Consumer {
    queue: "recommendation.ratings",
    types: &["rating.changed", PROBES[0]],
    batch: 200,
    linger: Duration::ZERO,
};
const SHELF: Consumer = Consumer {
    queue: "recommendation.shelf",
    types: &["shelf.changed", PROBES[1]],
    batch: 200,
    linger: Duration::ZERO,
};
const MOVIES: Consumer = Consumer {
    queue: "recommendation.movies",
    types: &["movie.published", "movie.changed", PROBES[2]],
    batch: 100,
    linger: Duration::ZERO,
};

/// The queues, for the command `dead-letters`.
pub(crate) const QUEUES: [&str; 3] = [RATINGS.queue, SHELF.queue, MOVIES.queue];

/// Starts the three consumers.
pub(crate) fn spawn(tasks: &mut Tasks, broker: &Broker, store: &Store, stop: &Stop) {
    let (ratings, shelf, movies) = (store.clone(), store.clone(), store.clone());
    tasks.spawn(
        "ratings",
        RATINGS.run(broker.clone(), stop.clone(), move |batch| {
            apply_ratings(ratings.clone(), batch)
        }),
    );
    tasks.spawn(
        "shelf",
        SHELF.run(broker.clone(), stop.clone(), move |batch| {
            apply_shelf(shelf.clone(), batch)
        }),
    );
    tasks.spawn(
        "movies",
        MOVIES.run(broker.clone(), stop.clone(), move |batch| {
            apply_movies(movies.clone(), batch)
        }),
    );
}

/// Whether all three queues are bound, found out by publishing a probe event for each. A rebuild must start only
/// afterwards: an event between its reading and the first binding would be in neither the copy nor the queue.
pub(crate) async fn all_are_bound(broker: &Broker) -> anyhow::Result<bool> {
    let publisher = broker.publisher().await?;
    for probe in PROBES {
        let event = Event::new(probe, "probe", 1, &());
        if Publisher::confirm(publisher.publish(&event).await?).await? != PublishOutcome::Confirmed {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The parsed body of a message; `None` for a probe, which carries nothing.
type Parsed<T> = Option<Result<T, Failure>>;

fn parse_batch<T>(batch: &[Delivery], read: impl Fn(&Delivery) -> Result<T, Failure>) -> Vec<Parsed<T>> {
    batch
        .iter()
        .map(|delivery| (!PROBES.contains(&delivery.r#type.as_str())).then(|| read(delivery)))
        .collect()
}

fn valid<T: Clone>(parsed: &[Parsed<T>]) -> Vec<T> {
    parsed
        .iter()
        .flatten()
        .filter_map(|entry| entry.as_ref().ok().cloned())
        .collect()
}

async fn apply_ratings(store: Store, batch: Vec<Delivery>) -> Vec<Outcome> {
    let parsed = parse_batch(&batch, rating_entry);
    let entries = valid(&parsed);
    let applied = store.apply_ratings(&entries).await;
    if let Some(latest) = entries.iter().map(|entry| entry.rated_at).max() {
        // The time from the member's click to the copy. Old ratings come from imports, whose lag is not measured.
        let lag = now() - latest;
        if (0..3600).contains(&lag) {
            metrics::gauge!("view_lag_seconds", "view" => "ratings").set(lag as f64);
        }
    }
    outcomes(parsed, applied)
}

async fn apply_shelf(store: Store, batch: Vec<Delivery>) -> Vec<Outcome> {
    let parsed = parse_batch(&batch, shelf_entry);
    let applied = store.apply_shelf(&valid(&parsed)).await;
    outcomes(parsed, applied)
}

async fn apply_movies(store: Store, batch: Vec<Delivery>) -> Vec<Outcome> {
    let parsed = parse_batch(&batch, movie_facts);
    let applied = store.apply_movies(&valid(&parsed)).await;
    outcomes(parsed, applied)
}

/// Rejects what could not be decoded; every other message has the outcome of the batch's write.
fn outcomes<T>(parsed: Vec<Parsed<T>>, applied: redis::RedisResult<u64>) -> Vec<Outcome> {
    let accepted = applied.as_ref().copied().unwrap_or(0);
    metrics::counter!("copy_entries_accepted_total").increment(accepted);
    parsed
        .into_iter()
        .map(|entry| match (entry, &applied) {
            (None, _) | (Some(Ok(_)), Ok(_)) => Outcome::Done,
            (Some(Err(failure)), _) => failure.into(),
            (Some(Ok(_)), Err(error)) => {
                let cause = anyhow::Error::from(error.clone()).context("Redis refused the write");
                if store::is_outage(error) {
                    Outcome::Outage(cause)
                } else {
                    Outcome::Retry(cause)
                }
            }
        })
        .collect()
}

fn rating_entry(delivery: &Delivery) -> Result<RatingEntry, Failure> {
    let event: RatingChanged = delivery.decode()?;
    Ok(RatingEntry {
        member: id(&event.member_id)?,
        movie: id(&event.movie_id)?,
        stars: match event.new_stars {
            None => 0,
            Some(stars @ 1..=10) => stars as u8,
            Some(stars) => return Err(Failure::Reject(anyhow::anyhow!("{stars} stars"))),
        },
        version: event.version,
        rated_at: event.rated_at,
    })
}

fn shelf_entry(delivery: &Delivery) -> Result<ShelfEntry, Failure> {
    let event: ShelfChanged = delivery.decode()?;
    Ok(ShelfEntry {
        member: id(&event.member_id)?,
        movie: id(&event.movie_id)?,
        state: match event.state.as_str() {
            "" => 0,
            "wish" => 1,
            "watching" => 2,
            "not_interested" => 3,
            other => return Err(Failure::Reject(anyhow::anyhow!("no shelf state `{other}`"))),
        },
        version: event.version,
        changed_at: event.changed_at,
    })
}

fn movie_facts(delivery: &Delivery) -> Result<(Uuid, MovieFacts), Failure> {
    let facts = match delivery.r#type.as_str() {
        "movie.published" => delivery.decode::<MoviePublished>()?.movie,
        _ => delivery.decode::<MovieChanged>()?.movie,
    };
    let facts = facts.ok_or_else(|| Failure::Reject(anyhow::anyhow!("no facts")))?;
    Ok((id(&facts.movie_id)?, facts))
}

fn id(text: &str) -> Result<Uuid, Failure> {
    Uuid::try_parse(text).map_err(|error| Failure::Reject(anyhow::Error::from(error).context(format!("`{text}`"))))
}
