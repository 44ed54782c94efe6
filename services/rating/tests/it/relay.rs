//! The outbox relay: one replica publishes at a time, another takes over, and events without a queue wait for one.

use std::collections::HashMap;

use matcha_protos::rating::v1::ShelfState;
use testing::eventually;
use uuid::Uuid;

use crate::harness::{Heard, Person, Rating};

/// Backends that hold the relay's advisory lock in this database.
async fn lock_holders(rating: &Rating) -> Vec<i32> {
    sqlx::query_scalar(
        "select pid from pg_locks where locktype = 'advisory' and granted
         and database = (select oid from pg_database where datname = current_database())",
    )
    .fetch_all(&rating.db)
    .await
    .unwrap()
}

async fn outbox(rating: &Rating) -> i64 {
    sqlx::query_scalar("select (select count(*) from outbox) + (select count(*) from outbox_unrouted)")
        .fetch_one(&rating.db)
        .await
        .unwrap()
}

/// Rates all movies at once through both replicas, waits until the outbox is empty, and returns how often each new event was
/// delivered to the tap.
async fn rate_all(
    rating: &Rating,
    heard: &Heard,
    movies: &[Uuid],
    stars: i32,
    known: &HashMap<Uuid, usize>,
) -> HashMap<Uuid, usize> {
    let people: Vec<Person> = (0..4).map(|_| Person::member()).collect();
    let calls = movies
        .iter()
        .flat_map(|movie| people.iter().map(move |person| rating.rate(person, *movie, stars)));
    futures::future::join_all(calls).await;
    eventually("the outbox is empty", async || outbox(rating).await == 0).await;
    rating.drain(heard, "rating.changed").await;
    let mut deliveries = HashMap::new();
    for delivery in heard.all() {
        if !known.contains_key(&delivery.id) {
            *deliveries.entry(delivery.id).or_insert(0) += 1;
        }
    }
    deliveries
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_publishes_each_event_once_and_the_other_takes_over() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 50] = rating.movies().await;
    let heard = rating.listen(&["rating.changed"]).await;
    eventually("one replica relays", async || lock_holders(&rating).await.len() == 1).await;

    let first = rate_all(&rating, &heard, &movies, 5, &HashMap::new()).await;
    assert_eq!(first.len(), 200, "each event is delivered");
    assert_eq!(first.values().max(), Some(&1), "two relays published the same event");

    // The relay loses its session, as when its process dies. The events in flight may be published again by its successor.
    let before = lock_holders(&rating).await[0];
    sqlx::query("select pg_terminate_backend($1)")
        .bind(before)
        .execute(&rating.db)
        .await
        .unwrap();
    let second = rate_all(&rating, &heard, &movies, 6, &first).await;
    assert_eq!(second.len(), 200, "no event is lost in the takeover");
    eventually("another session relays", async || {
        let now = lock_holders(&rating).await;
        now.len() == 1 && now[0] != before
    })
    .await;

    // The relay that lost its lock must not go on beside its successor.
    let known = first.into_iter().chain(second).collect();
    let third = rate_all(&rating, &heard, &movies, 7, &known).await;
    assert_eq!(third.len(), 200, "each event is delivered");
    assert_eq!(third.values().max(), Some(&1), "two relays published the same event");
    rating.settled().await;
    rating.end().await;
}

#[tokio::test]
async fn an_event_without_a_queue_waits_for_one_and_delays_no_other() {
    let rating = Rating::start().await;
    let [movie, other] = rating.movies().await;
    let alice = Person::member();
    // No queue is bound to shelf.changed here: the broker confirms such a message and drops it.
    rating.put(&alice, movie, ShelfState::Wish).await;
    rating.rate(&alice, other, 8).await;
    rating.settled().await;
    eventually("only the shelf event is left", async || outbox(&rating).await == 1).await;

    let heard = rating.listen(&["shelf.changed"]).await;
    let events = heard.wait(1).await;
    assert_eq!(events[0].aggregate_id, format!("{}/{movie}", alice.id()));
    eventually("the shelf event is published", async || outbox(&rating).await == 0).await;
    rating.end().await;
}
