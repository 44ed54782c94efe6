//! /readyz while a store is dead (nothing listens), stopped (SIGSTOP: it keeps its connections and answers nothing) and back.
//! A service that cannot work without the store says so; the others stay ready. /livez answers all the time.

use futures::FutureExt as _;
use matcha_tests::cluster::{freeze, ready, start, stop, thaw, wait_until};

const ALL: [&str; 7] = [
    "user-1",
    "movie-1",
    "rating-1",
    "rating-2",
    "recommendation-1",
    "recommendation-2",
    "gateway",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_with_a_database_are_ready_exactly_while_postgres_answers() {
    follows("postgres", &["user-1", "movie-1", "rating-1", "rating-2"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recommendation_is_ready_exactly_while_redis_answers() {
    follows("redis", &["recommendation-1", "recommendation-2"]).await;
}

/// Events wait in the outbox, and messages in their queues.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_stays_ready_without_rabbitmq() {
    follows("rabbitmq", &[]).await;
}

/// Clients keep the endpoints that they know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_service_stays_ready_without_etcd() {
    follows("etcd", &[]).await;
}

/// The services that need the store become unready without it and ready with it; the others are ready throughout.
async fn follows(store: &str, users: &[&str]) {
    all_become("before", &ALL, true).await;
    let checked = async {
        stop(store).await;
        while_away(&format!("{store} is dead"), users).await;
        start(store).await;
        all_become(&format!("{store} is back"), &ALL, true).await;

        freeze(store).await;
        while_away(&format!("{store} is stopped"), users).await;
        thaw(store).await;
        all_become(&format!("{store} goes on"), &ALL, true).await;
    };
    // Whatever fails, the next test finds the store.
    let checked = std::panic::AssertUnwindSafe(checked).catch_unwind().await;
    if let Err(panic) = checked {
        thaw(store).await;
        start(store).await;
        std::panic::resume_unwind(panic);
    }
}

async fn while_away(when: &str, users: &[&str]) {
    all_become(when, users, false).await;
    // Long enough for a service that looks every two seconds and waits two more for an answer.
    for _ in 0..10 {
        for program in ALL {
            let expected = !users.contains(&program);
            assert_eq!(ready(program).await, Some(expected), "{program} while {when}");
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

async fn all_become(when: &str, programs: &[&str], expected: bool) {
    for program in programs {
        wait_until(&format!("{program} has readiness {expected}: {when}"), async || {
            ready(program).await == Some(expected)
        })
        .await;
    }
}
