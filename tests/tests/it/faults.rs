//! Something dies with SIGKILL, or is held at a chosen point, while members write; afterwards everything is counted.
//!
//! The writes go on before, during and after the fault, at second and later versions of the same ratings. A ledger has every
//! write that was acknowledged. It is compared with the rows and versions in rating's database, with the events at a tap queue,
//! with the statistics, with movie's copy of popularity (built from differences, so that a doubled event stays visible) and with
//! recommendation's profiles; shelf, comments, lists, watches, imports, sign-ups and follows must each be there once.
//!
//! `make test D=rabbitmq` runs the tests here whose name has the word. The repairs that run every few minutes (RECONCILE_EVERY,
//! RECONCILE_SETTLE, CATCH_UP_EVERY) are switched off in the cluster of the tests: they would hide a lost event.

mod compare;
mod writing;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use matcha_tests::{
    cluster::{Database, freeze, kill, read, relaying_replica, start, stop, wait_until, wait_until_ready},
    hold::Hold,
    member::{Member, popular_movies},
    tap::Tap,
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use self::writing::Writing;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_a_rating_replica_is_killed() {
    writes_survive(0, async |_| kill("rating-1").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_a_recommendation_replica_is_killed() {
    writes_survive(1, async |_| kill("recommendation-1").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_the_replica_with_the_relay_is_killed() {
    writes_survive(2, async |_| kill(&relaying_replica().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_rabbitmq_is_killed() {
    writes_survive(3, async |_| kill("rabbitmq").await).await;
}

/// What is in the sockets of a broker that stopped reading dies with it: no confirm was given, so the outbox still has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_rabbitmq_freezes_and_is_killed() {
    writes_survive(4, async |writing| {
        freeze("rabbitmq").await;
        writing.write_more(100).await;
        kill("rabbitmq").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_postgres_is_killed() {
    writes_survive(5, async |_| kill("postgres").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_redis_is_killed() {
    writes_survive(6, async |_| kill("redis").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_the_gateway_is_killed() {
    writes_survive(7, async |_| kill("gateway").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_user_is_killed() {
    writes_survive(8, async |_| kill("user-1").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_movie_is_killed() {
    writes_survive(9, async |_| kill("movie-1").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_the_trainer_is_killed() {
    writes_survive(10, async |_| kill("trainer").await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_lost_or_doubled_when_etcd_is_killed() {
    writes_survive(11, async |_| kill("etcd").await).await;
}

async fn writes_survive(place: usize, fault: impl AsyncFnOnce(&Writing)) {
    let writing = Writing::begin(place).await;
    writing.reach_the_middle().await;
    fault(&writing).await;
    writing.end_and_compare().await;
}

/// The broker has confirmed the event and the outbox still has it: the next relay publishes it again, and its effect may not
/// happen twice.
#[tokio::test]
async fn an_event_takes_effect_once_when_the_relay_is_killed_between_confirm_and_delete() {
    let (member, movie) = (Member::sign_up_until_acknowledged().await, movie(0).await);
    let before = settled_popularity_of(&movie).await;
    let mut tap = Tap::open(&["rating.changed"]).await;
    let mut hold = Hold::deletes(Database::Rating, &["outbox"]).await;
    member.rate(&movie, 4.5).await;
    let fact = ("rating.changed".to_owned(), format!("{}/{movie}", member.id), 1);
    assert!(
        tap.missing(&[fact.clone()].into()).await.is_empty(),
        "the event was never published"
    );
    hold.wait_for(1).await;
    kill(&relaying_replica().await).await;
    hold.end_held().await;
    hold.release().await;

    wait_until("the next relay empties the outbox", async || {
        outbox_depth(&fact.1).await == 0
    })
    .await;
    tap.read().await;
    assert_eq!(tap.count(&fact), 2, "the event was not published by both relays");
    tap.close().await;
    counted_once(&member, &movie, before, 9).await;
}

/// The consumer's statements are done and its transaction is not: the broker must still have the message.
#[tokio::test]
async fn an_event_is_handed_over_again_when_movie_is_killed_before_its_commit() {
    let (member, movie) = (Member::sign_up_until_acknowledged().await, movie(1).await);
    let before = settled_popularity_of(&movie).await;
    let mut hold = Hold::commits(Database::Movie, &["popularity"]).await;
    member.rate(&movie, 3.5).await;
    hold.wait_for(1).await;
    kill("movie-1").await;
    hold.end_held().await;
    hold.release().await;
    counted_once(&member, &movie, before, 7).await;
}

#[tokio::test]
async fn an_event_is_handed_over_again_when_the_projector_is_killed_before_its_commit() {
    let (member, movie) = (Member::sign_up_until_acknowledged().await, movie(2).await);
    let before = settled_popularity_of(&movie).await;
    let mut hold = Hold::commits(Database::Rating, &["movie_stats"]).await;
    member.rate(&movie, 2.5).await;
    hold.wait_for(1).await;
    // Either replica may have the message.
    kill("rating-1").await;
    kill("rating-2").await;
    hold.end_held().await;
    hold.release().await;
    counted_once(&member, &movie, before, 5).await;
}

/// Every kind of write is held in its COMMIT. An answer 2xx during that time would be an answer before the commit.
#[tokio::test]
async fn no_write_is_acknowledged_before_its_commit() {
    let (member, other) = (Member::sign_up_until_acknowledged().await, Member::sign_up().await);
    let movie = popular_movies(1).await.remove(0);
    let rating = Hold::commits(Database::Rating, &["ratings", "shelf", "comments", "lists", "watches"]).await;
    let user = Hold::commits(Database::User, &["members", "follows"]).await;
    let (list, watch) = (Uuid::new_v4(), Uuid::new_v4());
    let handle = format!("t_{}", &Uuid::new_v4().simple().to_string()[..16]);
    let registration = json!({
        "handle": handle, "email": format!("{handle}@example.org"), "password": "a tea bowl of one's own",
        "display_name": "held", "language": "ko",
    });
    let writes = [
        (
            Method::PUT,
            format!("/api/v1/movies/{movie}/rating"),
            Some(json!({ "stars": 4.0 })),
        ),
        (
            Method::PUT,
            format!("/api/v1/movies/{movie}/shelf"),
            Some(json!({ "state": "watching" })),
        ),
        (
            Method::PUT,
            format!("/api/v1/movies/{movie}/comment"),
            Some(json!({ "text": "조용하고 아름답다" })),
        ),
        (
            Method::PUT,
            format!("/api/v1/lists/{list}"),
            Some(json!({ "title": "비 오는 날", "public": true })),
        ),
        (
            Method::PUT,
            format!("/api/v1/me/watches/{watch}"),
            Some(json!({ "movie_id": movie, "watched_on": "2024-05-01" })),
        ),
        (Method::PUT, format!("/api/v1/members/{}/follow", other.handle), None),
        (Method::POST, "/api/v1/members".to_owned(), Some(registration)),
    ];
    let attempts = writes
        .iter()
        .map(|(method, path, body)| member.try_send(method.clone(), path, body.clone()));
    let answers = futures::future::join_all(attempts).await;
    let answered: BTreeMap<&String, StatusCode> = writes
        .iter()
        .map(|(_, path, _)| path)
        .zip(answers.into_iter().map(|answer| answer.unwrap().status()))
        .collect();
    rating.release().await;
    user.release().await;
    for (path, status) in answered {
        assert!(
            status.is_server_error(),
            "{path} was answered {status} before its commit"
        );
    }
    // Whatever became of the first attempts, the writes can be repeated and end as they should.
    for (method, path, body) in &writes[..6] {
        member.until_acknowledged(method.clone(), path, body.clone()).await;
    }
    assert_eq!(
        member.get_patiently(&format!("/api/v1/movies/{movie}")).await["mine"]["stars"],
        4.0
    );
}

/// The filters are killed while they have comments, and the broker while it has their verdicts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_comment_is_judged_once_when_the_filters_and_rabbitmq_are_killed() {
    let movies = popular_movies(30).await;
    let mut members = Vec::new();
    for _ in 0..4 {
        members.push(Member::sign_up_until_acknowledged().await);
    }
    let done = Arc::new(AtomicUsize::new(0));
    let all = members.len() * movies.len();
    let writers = members.iter().map(|member| {
        let (member, movies, done) = (member.clone(), movies.clone(), done.clone());
        tokio::spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(150));
            for (place, movie) in movies.iter().enumerate() {
                pace.tick().await;
                let path = format!("/api/v1/movies/{movie}/comment");
                let body = json!({ "text": text(&member, place) });
                member.until_acknowledged(Method::PUT, &path, Some(body)).await;
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let written = async |share: usize| done.load(Ordering::Relaxed) > all / share;
    wait_until("a quarter is written", async || written(4).await).await;
    kill("rating-1").await;
    kill("rabbitmq").await;
    let in_time = done.load(Ordering::Relaxed) < all;
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(in_time, "the fault came too late to show anything");

    let database = Database::Rating.pool();
    let ids: Vec<Uuid> = members.iter().map(|member| member.id).collect();
    let states = async || -> Vec<(Uuid, String, i16, i64)> {
        read(|| {
            sqlx::query_as("select member_id, text, state, version from comments where member_id = any($1)")
                .bind(&ids)
                .fetch_all(&database)
        })
        .await
    };
    wait_until("no comment is being checked", async || {
        states().await.iter().all(|(_, _, state, _)| *state != 1)
    })
    .await;
    let states = states().await;
    assert_eq!(states.len(), all, "an acknowledged comment is gone");
    for (_, text, state, version) in states {
        // Hidden by the second filter, or public after the third; each has counted its verdict in the version.
        let expected = if text.starts_with("감독 병신") {
            (3, 3)
        } else {
            (2, 4)
        };
        assert_eq!((state, version), expected, "{text}");
    }
    for movie in &movies {
        let id: Uuid = movie.parse().unwrap();
        let there: i64 = read(|| {
            sqlx::query_scalar("select count(*) from comments where movie_id = $1 and state = 2")
                .bind(id)
                .fetch_one(&database)
        })
        .await;
        let page = members[0].get_patiently(&format!("/api/v1/movies/{movie}")).await;
        assert_eq!(page["statistics"]["comment_count"], there, "comments on {movie}");
    }
}

/// The language filter hides every third one.
fn text(member: &Member, place: usize) -> String {
    match place % 3 {
        0 => format!("감독 병신 {} {place}", member.handle),
        _ => format!("조용하고 아름답다 {} {place}", member.handle),
    }
}

#[tokio::test]
async fn calls_go_on_to_known_endpoints_while_etcd_is_away() {
    let member = Member::sign_up_until_acknowledged().await;
    let movies = popular_movies(30).await;
    stop("etcd").await;
    // Longer than a lease lasts: a client that trusted leases alone would have forgotten every endpoint.
    let end = tokio::time::Instant::now() + Duration::from_secs(8);
    let mut failed = 0;
    for movie in movies.iter().cycle() {
        let page = member
            .try_send(reqwest::Method::GET, &format!("/api/v1/movies/{movie}"), None)
            .await;
        failed += i32::from(!page.is_ok_and(|page| page.status().is_success()));
        failed += i32::from(member.rate_until_acknowledged(movie, 4.0).await > 0);
        if tokio::time::Instant::now() > end {
            break;
        }
    }
    start("etcd").await;
    assert_eq!(failed, 0, "requests failed while etcd was away");
    member.rate(&movies[0], 2.5).await;
}

/// Rating's statistics, movie's popularity, and the member's own rating: each has the rating once.
async fn counted_once(member: &Member, movie: &str, before: (i64, i64), stars: i64) {
    let movie: Uuid = movie.parse().unwrap();
    let database = Database::Rating.pool();
    wait_until("the statistics have the rating", async || {
        let projected: Option<i64> = read(|| {
            sqlx::query_scalar("select projected_version from ratings where member_id = $1 and movie_id = $2")
                .bind(member.id)
                .bind(movie)
                .fetch_optional(&database)
        })
        .await;
        projected == Some(1)
    })
    .await;
    let expected = (before.0 + 1, before.1 + stars);
    wait_until(&format!("popularity becomes {expected:?}"), async || {
        popularity_of(&movie.to_string()).await == expected
    })
    .await;
    // A second effect would come with the second message, which may be behind.
    wait_until_ready("movie-1").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(
        popularity_of(&movie.to_string()).await,
        expected,
        "the event took effect again"
    );
    assert_eq!(
        member.get_patiently(&format!("/api/v1/movies/{movie}")).await["mine"]["stars"],
        stars as f64 / 2.0
    );
}

/// A movie that no other test of this file uses.
async fn movie(number: usize) -> String {
    writing::movies(12).await[number].to_string()
}

/// The popularity once every event so far has been counted: the last ones of the seed may still be on their way.
async fn settled_popularity_of(movie: &str) -> (i64, i64) {
    let database = Database::Rating.pool();
    let id: Uuid = movie.parse().unwrap();
    let rated: (i64, i64) = read(|| {
        sqlx::query_as("select count(stars), coalesce(sum(stars), 0)::bigint from ratings where movie_id = $1")
            .bind(id)
            .fetch_one(&database)
    })
    .await;
    wait_until("the ratings so far are counted", async || {
        popularity_of(movie).await == rated
    })
    .await;
    rated
}

async fn popularity_of(movie: &str) -> (i64, i64) {
    let movie: Uuid = movie.parse().unwrap();
    compare::popularity(&[movie]).await[&movie]
}

async fn outbox_depth(aggregate: &str) -> i64 {
    let database = Database::Rating.pool();
    read(|| {
        sqlx::query_scalar("select count(*) from outbox where aggregate_id = $1")
            .bind(aggregate)
            .fetch_one(&database)
    })
    .await
}
