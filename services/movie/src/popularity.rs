//! The copy of popularity, counted from rating's events.
//!
//! Exactly once: the ids of the messages and their effect are committed together. In any order: an event says from which
//! stars to which, its effect is the difference, and differences add up to the same whatever their order, so versions are
//! not even looked at.

pub(crate) mod reconcile;

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, anyhow};
use chassis::error::{Kind, chain};
use chassis::shutdown::Stop;
use futures::FutureExt as _;
use matcha_protos::events::v1::RatingChanged;
use messaging::events::{Broker, Consumer, DeadLetter, DeadLetters, Delivery, Failure, Outcome};
use messaging::postgres::database_kind;
use messaging::{inbox, postgres};
use prost::Message as _;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

const CONSUMER: Consumer = Consumer {
    queue: "movie.popularity",
    types: &["rating.changed"],
    batch: 200,
    linger: Duration::from_millis(50),
};

/// Consumes until the stop.
pub(crate) async fn consume(pool: PgPool, broker: Broker, stop: Stop) -> anyhow::Result<()> {
    CONSUMER.run(broker, stop, |batch| count(&pool, batch)).await
}

/// The subcommand for messages that could not be taken.
pub async fn dead_letters(command: DeadLetters) -> anyhow::Result<()> {
    let read = |letter: &DeadLetter| {
        let event = RatingChanged::decode(letter.body.as_slice()).ok()?;
        Some(format!("{event:?}"))
    };
    command.run("movie", &[CONSUMER.queue], read).await
}

/// The effect of one event on one movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delta {
    movie: Uuid,
    count: i64,
    sum: i64,
}

async fn count(pool: &PgPool, batch: Vec<Delivery>) -> Vec<Outcome> {
    let deltas: Vec<(Uuid, Result<Delta, Failure>)> =
        batch.iter().map(|delivery| (delivery.id, delta(delivery))).collect();
    let good: Vec<(Uuid, Delta)> = deltas
        .iter()
        .filter_map(|(id, delta)| Some((*id, *delta.as_ref().ok()?)))
        .collect();
    let applied = if good.is_empty() {
        Ok(())
    } else {
        postgres::write(pool, move |tx| async move { apply_once(tx, &good).await }.boxed()).await
    };
    deltas
        .into_iter()
        .map(|(_, delta)| match (delta, &applied) {
            (Err(failure), _) => failure.into(),
            (Ok(_), Ok(())) => Outcome::Done,
            (Ok(_), Err(error)) => Outcome::Retry(shared(error)),
        })
        .collect()
}

fn delta(delivery: &Delivery) -> Result<Delta, Failure> {
    let event: RatingChanged = delivery.decode()?;
    let reject = |error: anyhow::Error| Failure::Reject(error);
    let movie = event
        .movie_id
        .parse()
        .context("the movie's id is no UUID")
        .map_err(reject)?;
    let stars = |stars: Option<i32>| match stars {
        None => Ok((0, 0)),
        Some(stars @ 1..=10) => Ok((1, i64::from(stars))),
        Some(stars) => Err(reject(anyhow!("stars go from 1 to 10, not {stars}"))),
    };
    let ((old_count, old_sum), (new_count, new_sum)) = (stars(event.old_stars)?, stars(event.new_stars)?);
    Ok(Delta {
        movie,
        count: new_count - old_count,
        sum: new_sum - old_sum,
    })
}

async fn apply_once(tx: &mut PgConnection, deltas: &[(Uuid, Delta)]) -> sqlx::Result<()> {
    // Taken before anything else, so that two replicas line up here instead of deadlocking among ids and movies.
    let generation = next_generation(tx).await?;
    let ids: Vec<Uuid> = deltas.iter().map(|(id, _)| *id).collect();
    let mut fresh = inbox::first_times(tx, CONSUMER.queue, &ids).await?;
    let mut sums = BTreeMap::<Uuid, (i64, i64)>::new();
    for (id, delta) in deltas {
        // Removing, not asking: the same message may be in the batch twice.
        if fresh.remove(id) {
            let sum = sums.entry(delta.movie).or_default();
            *sum = (sum.0 + delta.count, sum.1 + delta.sum);
        }
    }
    sqlx::query(
        "insert into popularity as mine (movie_id, rating_count, rating_sum, generation)
         select *, $4 from unnest($1::uuid[], $2::bigint[], $3::bigint[])
         on conflict (movie_id) do update set
             rating_count = mine.rating_count + excluded.rating_count,
             rating_sum = mine.rating_sum + excluded.rating_sum,
             generation = excluded.generation",
    )
    .bind(sums.keys().copied().collect::<Vec<_>>())
    .bind(sums.values().map(|(count, _)| *count).collect::<Vec<_>>())
    .bind(sums.values().map(|(_, sum)| *sum).collect::<Vec<_>>())
    .bind(generation)
    .execute(tx)
    .await?;
    Ok(())
}

/// The number of this change; the row stays locked until the commit (the migration says why).
async fn next_generation(tx: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar("update generation set value = value + 1 where of = 'popularity' returning value")
        .fetch_one(tx)
        .await
}

/// The same failure for each message of the batch, still recognisable as an outage where it is one.
fn shared(error: &sqlx::Error) -> anyhow::Error {
    match database_kind(error) {
        Kind::Unavailable => sqlx::Error::Io(std::io::Error::other(chain(error))).into(),
        _ => anyhow!("{}", chain(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_the_difference_it_makes() {
        let movie = Uuid::from_u128(7);
        for (old, new, expected) in [
            (None, Some(8), Some((1, 8))),
            (Some(8), Some(3), Some((0, -5))),
            (Some(3), None, Some((-1, -3))),
            (None, None, Some((0, 0))),
            (None, Some(11), None),
            (Some(0), None, None),
        ] {
            let event = RatingChanged {
                movie_id: movie.to_string(),
                old_stars: old,
                new_stars: new,
                ..RatingChanged::default()
            };
            let delivery = Delivery {
                id: Uuid::from_u128(1),
                r#type: "rating.changed".into(),
                aggregate_id: String::new(),
                version: 1,
                body: prost::Message::encode_to_vec(&event).into(),
            };
            let found = delta(&delivery).ok().map(|delta| (delta.count, delta.sum));
            assert_eq!(found, expected, "{old:?} {new:?}");
        }
    }
}
