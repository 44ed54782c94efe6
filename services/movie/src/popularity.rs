//! The popularity copy: count and sum of the ratings of each movie, counted from `rating.changed`.
//!
//! Effectively exactly once: the inbox rows and the effect of a batch commit together. In any order: an event has the old and
//! the new stars, its effect is their difference, and addition is commutative, so versions are not needed.

pub(crate) mod reconcile;

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, anyhow};
use chassis::error::{Kind, chain};
use chassis::shutdown::Stop;
use futures::FutureExt as _;
use matcha_protos::events::v1::RatingChanged;
use messaging::events::{Broker, Consumer, Delivery, Failure, Outcome};
use messaging::postgres::database_kind;
use messaging::{inbox, postgres};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

pub(crate) const CONSUMER: Consumer = Consumer {
    queue: "movie.popularity",
    types: &["rating.changed"],
    batch: 200,
    linger: Duration::from_millis(50),
};

pub(crate) async fn consume(db: PgPool, broker: Broker, stop: Stop) -> anyhow::Result<()> {
    CONSUMER.run(broker, stop, |batch| apply(&db, batch)).await
}

/// The effect of one event on one movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Delta {
    movie: Uuid,
    count: i64,
    sum: i64,
}

async fn apply(db: &PgPool, batch: Vec<Delivery>) -> Vec<Outcome> {
    let deltas: Vec<(Uuid, Result<Delta, Failure>)> =
        batch.iter().map(|delivery| (delivery.id, delta(delivery))).collect();
    let valid: Vec<(Uuid, Delta)> = deltas
        .iter()
        .filter_map(|(id, delta)| Some((*id, *delta.as_ref().ok()?)))
        .collect();
    let applied = if valid.is_empty() {
        Ok(())
    } else {
        postgres::write(db, move |tx| async move { apply_deltas(tx, &valid).await }.boxed()).await
    };
    deltas
        .into_iter()
        .map(|(_, delta)| match (delta, &applied) {
            (Err(failure), _) => failure.into(),
            (Ok(_), Ok(())) => Outcome::Done,
            (Ok(_), Err(error)) => retry(error),
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

async fn apply_deltas(tx: &mut PgConnection, deltas: &[(Uuid, Delta)]) -> sqlx::Result<()> {
    // Locks a row first, so that two replicas wait here instead of deadlocking in the inbox or in popularity.
    let generation = next_generation(tx).await?;
    let ids: Vec<Uuid> = deltas.iter().map(|(id, _)| *id).collect();
    let mut fresh = inbox::first_times(tx, CONSUMER.queue, &ids).await?;
    let mut sums = BTreeMap::<Uuid, (i64, i64)>::new();
    for (id, delta) in deltas {
        // Removed, because the same message may be in the batch twice.
        if fresh.remove(id) {
            let sum = sums.entry(delta.movie).or_default();
            *sum = (sum.0 + delta.count, sum.1 + delta.sum);
        }
    }
    sqlx::query!(
        "insert into popularity as copy (movie_id, rating_count, rating_sum, generation)
         select *, $4::bigint from unnest($1::uuid[], $2::bigint[], $3::bigint[])
         on conflict (movie_id) do update set
             rating_count = copy.rating_count + excluded.rating_count,
             rating_sum = copy.rating_sum + excluded.rating_sum,
             generation = excluded.generation",
        &sums.keys().copied().collect::<Vec<_>>(),
        &sums.values().map(|(count, _)| *count).collect::<Vec<_>>(),
        &sums.values().map(|(_, sum)| *sum).collect::<Vec<_>>(),
        generation
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The generation of this change; its row stays locked until the commit, so that generations become visible in order.
async fn next_generation(tx: &mut PgConnection) -> sqlx::Result<i64> {
    sqlx::query_scalar!("update generation set value = value + 1 where of = 'popularity' returning value")
        .fetch_one(tx)
        .await
}

/// What the consumer answers for each message of a batch that failed with this error. An outage makes the consumer hold the batch
/// until the database is back, without counting a try.
fn retry(error: &sqlx::Error) -> Outcome {
    // Only its text can be given to each message, as an `sqlx::Error` cannot be cloned.
    let text = anyhow::Error::msg(chain(error));
    match database_kind(error) {
        Kind::Unavailable => Outcome::Outage(text),
        _ => Outcome::Retry(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_delta_of_an_event_is_the_difference_of_its_stars() {
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
