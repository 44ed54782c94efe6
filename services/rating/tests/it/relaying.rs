//! The way out: one relay at a time, another when it ends, and nothing lost that nobody listens to.

use matcha_protos::rating::v1::ShelfState;
use testing::eventually;
use uuid::Uuid;

use crate::harness::{Person, Rating};

/// Sessions that hold the relay's lock in this database.
async fn relays(rating: &Rating) -> Vec<i32> {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_replicas_one_relays_and_the_other_takes_over() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 10] = rating.movies().await;
    let heard = rating.listen(&["rating.changed"]).await;
    eventually("one relays", async || relays(&rating).await.len() == 1).await;
    let alice = Person::member();
    for movie in movies {
        rating.rate(&alice, movie, 5).await;
        // None for a moment where it had to take up the lock again, but never two.
        assert!(relays(&rating).await.len() <= 1);
    }
    assert_eq!(heard.wait(10).await.len(), 10);
    rating.settled().await;

    // The relay's session is cut, as when its process dies: somebody takes over and everything goes out.
    let before = relays(&rating).await[0];
    sqlx::query("select pg_terminate_backend($1)")
        .bind(before)
        .execute(&rating.db)
        .await
        .unwrap();
    for movie in movies {
        rating.rate(&alice, movie, 6).await;
    }
    rating.settled().await;
    eventually("another session relays", async || {
        let now = relays(&rating).await;
        now.len() == 1 && now[0] != before
    })
    .await;
    eventually("the outbox is empty", async || outbox(&rating).await == 0).await;
    let ids: std::collections::HashSet<_> = heard.all().iter().map(|delivery| delivery.id).collect();
    assert_eq!(ids.len(), 20, "each event at least once");
    rating.end().await;
}

#[tokio::test]
async fn an_event_that_nobody_listens_to_yet_is_not_lost() {
    let rating = Rating::start().await;
    let [movie, other] = rating.movies().await;
    let alice = Person::member();
    // No queue is bound to shelf.changed here: the broker confirms such a message and throws it away.
    rating.put(&alice, movie, ShelfState::Wish).await;
    // It holds up nobody.
    rating.rate(&alice, other, 8).await;
    rating.settled().await;
    eventually("only it is left", async || outbox(&rating).await == 1).await;

    let heard = rating.listen(&["shelf.changed"]).await;
    let events = heard.wait(1).await;
    assert_eq!(events[0].aggregate_id, format!("{}/{movie}", alice.id()));
    eventually("it went out", async || outbox(&rating).await == 0).await;
    rating.end().await;
}
