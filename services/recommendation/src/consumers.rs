//! What arrives from the other services: ratings, shelves, movies. Each batch becomes one script call; the script's version
//! guard makes duplicates and disorder harmless, so there is no inbox here.
//!
//! The queues are shared by the replicas: whichever takes a message writes it to the Redis that all of them read.

use std::time::Duration;

use chassis::{shutdown::Stop, tasks::Tasks};
use matcha_protos::events::v1::{MovieChanged, MovieFacts, MoviePublished, RatingChanged, ShelfChanged};
use messaging::events::{
    Broker, Consumer, DeadLetter, DeadLetters, Delivery, Event, Failure, Outcome, Published, Publisher,
};
use prost::Message as _;
use uuid::Uuid;

use crate::store::{self, RatingEntry, ShelfEntry, Store, now};

/// Types of our own, each bound to one queue after the types that matter (see `all_are_bound`).
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

/// The subcommand for messages that could not be taken.
pub async fn dead_letters(command: DeadLetters) -> anyhow::Result<()> {
    let read = |letter: &DeadLetter| {
        let body = letter.body.as_slice();
        match letter.r#type.as_str() {
            "rating.changed" => Some(format!("{:?}", RatingChanged::decode(body).ok()?)),
            "shelf.changed" => Some(format!("{:?}", ShelfChanged::decode(body).ok()?)),
            "movie.published" => Some(format!("{:?}", MoviePublished::decode(body).ok()?)),
            "movie.changed" => Some(format!("{:?}", MovieChanged::decode(body).ok()?)),
            _ => None,
        }
    };
    command
        .run(crate::NAME, &[RATINGS.queue, SHELF.queue, MOVIES.queue], read)
        .await
}

/// Starts the three consumers.
pub fn spawn(tasks: &mut Tasks, broker: &Broker, store: &Store, stop: &Stop) {
    let (ratings, shelf, movies) = (store.clone(), store.clone(), store.clone());
    tasks.spawn(
        "ratings",
        RATINGS.run(broker.clone(), stop.clone(), move |batch| {
            take_ratings(ratings.clone(), batch)
        }),
    );
    tasks.spawn(
        "shelf",
        SHELF.run(broker.clone(), stop.clone(), move |batch| {
            take_shelf(shelf.clone(), batch)
        }),
    );
    tasks.spawn(
        "movies",
        MOVIES.run(broker.clone(), stop.clone(), move |batch| {
            take_movies(movies.clone(), batch)
        }),
    );
}

/// Asks the broker whether all three queues collect events, by sending each a probe that only it is bound for. Whoever copies
/// must listen first and read then: an event between the reading and the first binding would be in neither.
pub async fn all_are_bound(broker: &Broker) -> anyhow::Result<bool> {
    let publisher = broker.publisher().await?;
    for probe in PROBES {
        let event = Event::new(probe, "probe", 1, &());
        if Publisher::confirm(publisher.publish(&event).await?).await? != Published::Confirmed {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `None`: a probe, which has done its work by arriving.
type Parsed<T> = Option<Result<T, Failure>>;

fn parse<T>(batch: &[Delivery], read: impl Fn(&Delivery) -> Result<T, Failure>) -> Vec<Parsed<T>> {
    batch
        .iter()
        .map(|delivery| (!PROBES.contains(&delivery.r#type.as_str())).then(|| read(delivery)))
        .collect()
}

fn readable<T: Clone>(parsed: &[Parsed<T>]) -> Vec<T> {
    parsed
        .iter()
        .flatten()
        .filter_map(|entry| entry.as_ref().ok().cloned())
        .collect()
}

async fn take_ratings(store: Store, batch: Vec<Delivery>) -> Vec<Outcome> {
    let parsed = parse(&batch, rating_entry);
    let entries = readable(&parsed);
    let applied = store.apply_ratings(&entries).await;
    if let Some(latest) = entries.iter().map(|entry| entry.rated_at).max() {
        // From the member's click to the copy; an import of old ratings says nothing about it.
        let lag = now() - latest;
        if (0..3600).contains(&lag) {
            metrics::gauge!("view_lag_seconds", "view" => "ratings").set(lag as f64);
        }
    }
    outcomes(parsed, applied)
}

async fn take_shelf(store: Store, batch: Vec<Delivery>) -> Vec<Outcome> {
    let parsed = parse(&batch, shelf_entry);
    let applied = store.apply_shelf(&readable(&parsed)).await;
    outcomes(parsed, applied)
}

async fn take_movies(store: Store, batch: Vec<Delivery>) -> Vec<Outcome> {
    let parsed = parse(&batch, movie_facts);
    let applied = store.apply_movies(&readable(&parsed)).await;
    outcomes(parsed, applied)
}

/// What could not be read is rejected; the rest shares the fate of the write.
fn outcomes<T>(parsed: Vec<Parsed<T>>, applied: redis::RedisResult<u64>) -> Vec<Outcome> {
    let news = applied.as_ref().copied().unwrap_or(0);
    metrics::counter!("copy_entries_accepted_total").increment(news);
    parsed
        .into_iter()
        .map(|entry| match (entry, &applied) {
            (None, _) | (Some(Ok(_)), Ok(_)) => Outcome::Done,
            (Some(Err(failure)), _) => failure.into(),
            (Some(Ok(_)), Err(error)) => {
                let cause = anyhow::Error::from(error.clone()).context("Redis did not take it");
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
