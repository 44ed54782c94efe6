//! The ledger beside what the services have. Every comparison waits until both agree, because views follow their events, and
//! fails with the entries that differ.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    time::Duration,
};

use matcha_protos::recommendation::v1::DescribeProfilesRequest;
use matcha_tests::{
    cluster::{Database, read, recommendation},
    ledger::{Ledger, Pair},
    member::{Member, PASSWORD},
    tap::Tap,
};
use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use tokio::time::Instant;
use uuid::Uuid;

/// Longer than a killed store takes to come back and its consumers to catch up.
const MAX_RECOVERY: Duration = Duration::from_secs(60);
/// Entries shown of a difference.
const SHOWN: usize = 5;

pub(super) async fn everything(
    ledger: &Ledger,
    movies: &[Uuid],
    popularity_before: &BTreeMap<Uuid, (i64, i64)>,
    mut tap: Tap,
) {
    let members: Vec<Uuid> = members(ledger).into_iter().collect();
    let rating = Database::Rating.pool();
    agree(
        "rating rows and their versions",
        &Ledger::last(&ledger.ratings),
        async || {
            read(|| {
                rows(
                    "select member_id, movie_id, stars, version from ratings where member_id = any($1)",
                    &members,
                    &rating,
                )
            })
            .await
        },
    )
    .await;
    agree(
        "places on the shelf and their versions",
        &Ledger::last(&ledger.shelf),
        async || {
            read(|| {
                rows(
                    "select member_id, movie_id, state, version from shelf where member_id = any($1)",
                    &members,
                    &rating,
                )
            })
            .await
        },
    )
    .await;
    published(ledger, &mut tap, &rating).await;
    statistics(movies, &rating).await;
    let popularity_after = popularity_before.iter().map(|(movie, (count, sum))| {
        let (more, stars) = ledger.popularity(*movie);
        (*movie, (count + more, sum + stars))
    });
    agree("movie's copy of popularity", &popularity_after.collect(), async || {
        popularity(movies).await
    })
    .await;
    agree("recommendation's profiles", &ledger.profiles(), async || {
        profiles(ledger).await
    })
    .await;
    comments(ledger, movies, &rating).await;
    lists_and_watches(ledger, &members, &rating).await;
    imports(ledger, &rating).await;
    members_and_follows(ledger).await;
    println!(
        "{} writes acknowledged, {} attempts failed, {} messages came again",
        ledger.acknowledged,
        ledger.failed_attempts,
        tap.duplicates()
    );
    tap.close().await;
}

/// Waits until what is found is what is expected.
async fn agree<K: Ord + Debug + Clone, V: PartialEq + Debug>(
    what: &str,
    expected: &BTreeMap<K, V>,
    find: impl AsyncFn() -> BTreeMap<K, V>,
) {
    let end = Instant::now() + MAX_RECOVERY;
    loop {
        let found = find().await;
        if found == *expected {
            return;
        }
        if Instant::now() > end {
            let keys: BTreeSet<K> = expected.keys().chain(found.keys()).cloned().collect();
            let differing: Vec<_> = keys
                .into_iter()
                .filter(|key| expected.get(key) != found.get(key))
                .collect();
            let shown: Vec<String> = differing
                .iter()
                .take(SHOWN)
                .map(|key| format!("{key:?}: expected {:?}, found {:?}", expected.get(key), found.get(key)))
                .collect();
            panic!(
                "{what}: {} of {} entries differ\n{}",
                differing.len(),
                expected.len(),
                shown.join("\n")
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Everybody who wrote.
fn members(ledger: &Ledger) -> BTreeSet<Uuid> {
    let pairs = ledger
        .ratings
        .keys()
        .chain(ledger.shelf.keys())
        .chain(ledger.comments.keys());
    pairs
        .map(|(member, _)| *member)
        .chain(ledger.sign_ups.keys().copied())
        .collect()
}

async fn rows(
    query: &'static str,
    members: &[Uuid],
    database: &PgPool,
) -> sqlx::Result<BTreeMap<Pair, (Option<i16>, i64)>> {
    let rows: Vec<(Uuid, Uuid, Option<i16>, i64)> = sqlx::query_as(query).bind(members).fetch_all(database).await?;
    Ok(rows
        .into_iter()
        .map(|(member, movie, value, version)| ((member, movie), (value, version)))
        .collect())
}

/// At the tap, every acknowledged version was published at least once, by one event, and nothing else was.
async fn published(ledger: &Ledger, tap: &mut Tap, rating: &PgPool) {
    let expected = ledger.facts();
    let missing = tap.missing(&expected).await;
    let shown: Vec<_> = missing.iter().take(SHOWN).collect();
    assert!(
        missing.is_empty(),
        "{} acknowledged versions were never published, such as {shown:?}",
        missing.len()
    );
    let pairs: BTreeSet<String> = expected.iter().map(|(_, pair, _)| pair.clone()).collect();
    for (fact, messages) in tap.seen() {
        assert_eq!(messages.len(), 1, "{fact:?} was published as several events");
        let is_ours = pairs.contains(&fact.1);
        assert!(
            !is_ours || expected.contains(fact),
            "{fact:?} was published, and no write made it"
        );
    }
    let ids: Vec<(Uuid,)> = read(|| {
        let members: Vec<Uuid> = ledger.comments.keys().map(|(member, _)| *member).collect();
        sqlx::query_as("select id from comments where member_id = any($1)")
            .bind(members)
            .fetch_all(rating)
    })
    .await;
    for (id,) in ids {
        let submitted =
            |(r#type, of, _): &(String, String, i64)| r#type == "comment.submitted" && *of == id.to_string();
        assert!(
            tap.seen().keys().any(submitted),
            "comment {id} was never submitted to its filters"
        );
    }
}

/// rating's view, and what the site shows of it, beside a count over the ratings themselves.
async fn statistics(movies: &[Uuid], rating: &PgPool) {
    let counted: Vec<(Uuid, Vec<i64>)> = read(|| {
        sqlx::query_as(
            "select movie_id, array(select count(rating.stars) from generate_series(1, 10) as bar
                 left join ratings as rating on rating.movie_id = movie.movie_id and rating.stars = bar
                 group by bar order by bar)
             from unnest($1::uuid[]) as movie (movie_id)",
        )
        .bind(movies)
        .fetch_all(rating)
    })
    .await;
    let counted: BTreeMap<Uuid, Vec<i64>> = counted.into_iter().collect();
    agree("statistics of movies", &counted, async || {
        let view: Vec<(Uuid, Vec<i64>)> = read(|| {
            sqlx::query_as("select movie_id, histogram from movie_stats where movie_id = any($1)")
                .bind(movies)
                .fetch_all(rating)
        })
        .await;
        view.into_iter().collect()
    })
    .await;
    let stranger = Member::stranger();
    for (movie, bars) in counted.iter().take(3) {
        let expected = BTreeMap::from([(movie, json!(bars))]);
        agree("statistics on the site", &expected, async || {
            let page = stranger.get_patiently(&format!("/api/v1/movies/{movie}")).await;
            BTreeMap::from([(movie, page["statistics"]["histogram"].clone())])
        })
        .await;
    }
}

/// Count and sum of stars in movie's copy.
pub(super) async fn popularity(movies: &[Uuid]) -> BTreeMap<Uuid, (i64, i64)> {
    let database = Database::Movie.pool();
    let found: Vec<(Uuid, i64, i64)> = read(|| {
        sqlx::query_as("select movie_id, rating_count, rating_sum from popularity where movie_id = any($1)")
            .bind(movies)
            .fetch_all(&database)
    })
    .await;
    let none = movies.iter().map(|movie| (*movie, (0, 0)));
    let mut all: BTreeMap<_, _> = none.collect();
    all.extend(found.into_iter().map(|(movie, count, sum)| (movie, (count, sum))));
    all
}

async fn profiles(ledger: &Ledger) -> BTreeMap<Uuid, (i64, i64)> {
    let request = DescribeProfilesRequest {
        member_ids: ledger.profiles().keys().map(Uuid::to_string).collect(),
    };
    let Ok(answer) = recommendation().describe_profiles(request).await else {
        return BTreeMap::new();
    };
    let profiles = answer.into_inner().profiles.into_iter();
    profiles
        .map(|profile| {
            (
                profile.member_id.parse().unwrap(),
                (profile.rated_count, profile.stars_sum),
            )
        })
        .collect()
}

/// Each comment is there once, with its last text, and went through all filters; the count of each movie's equals a recount.
async fn comments(ledger: &Ledger, movies: &[Uuid], rating: &PgPool) {
    const PUBLIC: i16 = 2;
    let expected = ledger
        .comments
        .iter()
        .map(|(pair, text)| (*pair, (text.clone(), PUBLIC)));
    let members: Vec<Uuid> = ledger.comments.keys().map(|(member, _)| *member).collect();
    agree("comments and their state", &expected.collect(), async || {
        let found: Vec<(Uuid, Uuid, String, i16)> = read(|| {
            sqlx::query_as("select member_id, movie_id, text, state from comments where member_id = any($1)")
                .bind(&members)
                .fetch_all(rating)
        })
        .await;
        found
            .into_iter()
            .map(|(member, movie, text, state)| ((member, movie), (text, state)))
            .collect()
    })
    .await;
    let wrong: Vec<(Uuid, i64)> = read(|| {
        sqlx::query_as(
            "select movie_id, coalesce(comment_count, 0) from unnest($1::uuid[]) as movie (movie_id)
             left join comment_counts using (movie_id)
             where coalesce(comment_count, 0) <>
                 (select count(*) from comments where comments.movie_id = movie.movie_id and state = 2)",
        )
        .bind(movies)
        .fetch_all(rating)
    })
    .await;
    assert!(wrong.is_empty(), "counts of comments differ from a recount: {wrong:?}");
}

async fn lists_and_watches(ledger: &Ledger, members: &[Uuid], rating: &PgPool) {
    let expected = ledger
        .lists
        .iter()
        .map(|(id, list)| (*id, (list.member, list.title.clone(), list.movies.clone())));
    agree("lists and the order of their movies", &expected.collect(), async || {
        let found: Vec<(Uuid, Uuid, String, Vec<Uuid>)> = read(|| {
            sqlx::query_as(
                "select id, member_id, title, array(select movie_id from list_movies where list_id = id order by position)
                 from lists where member_id = any($1)",
            )
            .bind(members)
            .fetch_all(rating)
        })
        .await;
        found.into_iter().map(|(id, member, title, movies)| (id, (member, title, movies))).collect()
    })
    .await;
    let expected = ledger
        .watches
        .iter()
        .map(|(id, watch)| (*id, (watch.member, watch.movie, watch.watched_on.clone())));
    agree("watches", &expected.collect(), async || {
        let found: Vec<(Uuid, Uuid, Uuid, String)> = read(|| {
            sqlx::query_as("select id, member_id, movie_id, watched_on::text from watches where member_id = any($1)")
                .bind(members)
                .fetch_all(rating)
        })
        .await;
        found
            .into_iter()
            .map(|(id, member, movie, watched_on)| (id, (member, movie, watched_on)))
            .collect()
    })
    .await;
}

/// Each import is applied, every row of it once; the ratings that it made were compared with the others.
async fn imports(ledger: &Ledger, rating: &PgPool) {
    const APPLIED: i16 = 4;
    let ids: Vec<Uuid> = ledger.imports.keys().copied().collect();
    let expected = ledger.imports.iter().map(|(id, rows)| (*id, (APPLIED, *rows)));
    agree("imports and their applied rows", &expected.collect(), async || {
        let found: Vec<(Uuid, i16, i64)> = read(|| {
            sqlx::query_as(
                "select id, state, (select count(*) from import_rows where import_id = id and outcome = 1)
                 from imports where id = any($1)",
            )
            .bind(&ids)
            .fetch_all(rating)
        })
        .await;
        found.into_iter().map(|(id, state, rows)| (id, (state, rows))).collect()
    })
    .await;
}

async fn members_and_follows(ledger: &Ledger) {
    let user = Database::User.pool();
    let handles: Vec<String> = ledger.sign_ups.values().cloned().collect();
    agree("sign-ups", &ledger.sign_ups, async || {
        let found: Vec<(Uuid, String)> = read(|| {
            sqlx::query_as("select id, handle from members where handle = any($1)")
                .bind(&handles)
                .fetch_all(&user)
        })
        .await;
        found.into_iter().collect()
    })
    .await;
    let fans: Vec<Uuid> = ledger.follows.iter().map(|(fan, _)| *fan).collect();
    agree(
        "follows",
        &ledger.follows.iter().map(|pair| (*pair, ())).collect(),
        async || {
            let found: Vec<(Uuid, Uuid)> = read(|| {
                sqlx::query_as("select follower_id, followed_id from follows where follower_id = any($1)")
                    .bind(&fans)
                    .fetch_all(&user)
            })
            .await;
            found.into_iter().map(|pair| (pair, ())).collect()
        },
    )
    .await;
    // No queue is bound to member.registered yet, so the tap cannot see these events: they wait in user's database.
    let registered = ledger.sign_ups.keys().map(|id| (id.to_string(), ()));
    agree("events of sign-ups", &registered.collect(), async || {
        let ids: Vec<String> = ledger.sign_ups.keys().map(Uuid::to_string).collect();
        let found: Vec<(String,)> = read(|| {
            sqlx::query_as(
                "select aggregate_id from (table outbox union all table outbox_unrouted) as event
                 where type = 'member.registered' and aggregate_id = any($1)",
            )
            .bind(&ids)
            .fetch_all(&user)
        })
        .await;
        found.into_iter().map(|(id,)| (id, ())).collect()
    })
    .await;
    if let Some(handle) = handles.last() {
        let credentials = json!({ "login": handle, "password": PASSWORD });
        let answer = Member::stranger()
            .until_acknowledged(Method::POST, "/api/v1/sessions", Some(credentials))
            .await;
        assert_eq!(answer.status(), StatusCode::CREATED);
    }
}
