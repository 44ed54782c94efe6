//! Cancelled calls. sqlx can lose acknowledged writes of other callers when a request is dropped while it begins a transaction: the
//! connection goes back to the pool with the transaction open, and later statements on it are never committed.

use std::{collections::HashMap, time::Duration};

use matcha_protos::rating::v1::{PutShelfRequest, RateRequest};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use testing::eventually;
use uuid::Uuid;

use crate::harness::{Person, Rating};

/// More callers at once than the service has connections.
const CALLERS: u64 = 96;
const WRITES: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_when_other_callers_cancel() {
    let rating = Rating::start().await;
    let movies: [Uuid; WRITES] = rating.movies().await;
    let callers = (0..CALLERS).map(|seed| caller(&rating, &movies, seed));
    let results = futures::future::join_all(callers).await;
    let hung_up: usize = results.iter().map(|(_, hung_up)| hung_up).sum();
    let acknowledged: Vec<_> = results.into_iter().flat_map(|(acknowledged, _)| acknowledged).collect();
    assert!(hung_up > 500, "{hung_up} hung up");
    assert!(acknowledged.len() > 500, "{} were acknowledged", acknowledged.len());

    let query = "select member_id, movie_id, stars from ratings
                 union all select member_id, movie_id, -state from shelf";
    let rows: Vec<(Uuid, Uuid, i16)> = sqlx::query_as(query).fetch_all(&rating.db).await.unwrap();
    let kept: HashMap<(Uuid, Uuid, bool), i16> = rows
        .into_iter()
        .map(|(member, movie, value)| ((member, movie, value > 0), value))
        .collect();
    for (member, movie, value) in acknowledged {
        let found = kept.get(&(member, movie, value > 0));
        assert_eq!(found, Some(&value), "an acknowledged write is gone");
    }
    eventually("no transaction is left open", async || {
        let open: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and state like 'idle in transaction%'",
        )
        .fetch_one(&rating.db)
        .await
        .unwrap();
        open == 0
    })
    .await;
    rating.settled().await;
    rating.end().await;
}

/// Rates or shelves each movie once; about half of the calls are dropped at a random moment. Returns the acknowledged values
/// (shelf states negative) and the number of dropped calls.
async fn caller(rating: &Rating, movies: &[Uuid], seed: u64) -> (Vec<(Uuid, Uuid, i16)>, usize) {
    let member = Person::member();
    // Not one connection for all: the server ends a connection on which too many calls are cancelled before it has seen them.
    let connected = rating.connect();
    let mut random = StdRng::seed_from_u64(seed);
    let mut acknowledged = Vec::new();
    let mut hung_up = 0;
    for &movie in movies {
        let mut client = connected.clone();
        let movie_id = movie.to_string();
        // Either too short for most calls, or long enough for all.
        let patience = if random.random() {
            Duration::from_micros(random.random_range(0..30_000))
        } else {
            Duration::from_secs(20)
        };
        let value = if random.random() {
            let stars = random.random_range(1..=10);
            let call = client.rate(member.request(RateRequest { movie_id, stars }));
            tokio::time::timeout(patience, call)
                .await
                .map(|answer| answer.map(|_| stars))
        } else {
            let state = random.random_range(1..=3);
            let call = client.put_shelf(member.request(PutShelfRequest { movie_id, state }));
            tokio::time::timeout(patience, call)
                .await
                .map(|answer| answer.map(|_| -state))
        };
        match value {
            Ok(Ok(value)) => acknowledged.push((member.id(), movie, i16::try_from(value).unwrap())),
            // No connection was free in time; the caller knows that nothing was written.
            Ok(Err(status)) => assert_eq!(status.code(), tonic::Code::Unavailable, "{status:?}"),
            Err(_) => hung_up += 1,
        }
    }
    (acknowledged, hung_up)
}
