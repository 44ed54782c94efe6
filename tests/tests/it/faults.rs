//! Kill -9 while it works, then count: every acknowledged rating is there, the statistics equal a recount, and the
//! recommendation profiles equal the ratings.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use matcha_protos::recommendation::v1::DescribeProfilesRequest;
use matcha_tests::{
    cluster::{kill, rating_database, recommendation, relaying_replica, start, stop},
    member::{Member, popular_movies},
};
use testing::eventually;
use uuid::Uuid;

const MEMBERS: usize = 10;
const MOVIES: usize = 50;
/// Between two writes of one member, so that the writing lasts longer than it takes to kill something.
const PACE: Duration = Duration::from_millis(40);
/// Where killing takes long, the writers go on slowly until it has happened.
const SLOW_PACE: Duration = Duration::from_millis(250);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_ratings_survive_the_death_of_a_rating_replica() {
    ratings_survive(async || kill("rating-1")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_ratings_survive_the_death_of_a_recommendation_replica() {
    ratings_survive(async || kill("recommendation-1")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_ratings_survive_the_death_of_the_process_that_relays() {
    ratings_survive(async || kill(&relaying_replica().await)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_ratings_survive_the_death_of_the_broker() {
    ratings_survive(async || kill("rabbitmq")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_ratings_survive_the_death_of_postgres() {
    ratings_survive(async || kill("postgres")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_ratings_survive_the_death_of_redis() {
    ratings_survive(async || kill("redis")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_ratings_survive_the_death_of_the_gateway() {
    ratings_survive(async || kill("gateway")).await;
}

/// In the middle of the pipeline: filters die with comments in hand, and so do those who relay what filters have said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_comment_is_judged_once_though_the_filters_and_the_broker_die() {
    let movies = popular_movies(30).await;
    let mut members = Vec::new();
    for _ in 0..4 {
        members.push(Member::sign_up().await);
    }
    let done = Arc::new(AtomicUsize::new(0));
    let all = members.len() * movies.len();
    let writers = members.iter().map(|member| {
        let (member, movies, done) = (member.clone(), movies.clone(), done.clone());
        tokio::spawn(async move {
            let mut pace = tokio::time::interval(SLOW_PACE);
            for (place, movie) in movies.iter().enumerate() {
                pace.tick().await;
                member.comment_until_acknowledged(movie, &text(&member, place)).await;
                done.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let written = async |share: usize| done.load(Ordering::Relaxed) > all / share;
    eventually("a quarter is written", async || written(4).await).await;
    kill("rating-1");
    kill("rabbitmq");
    let in_time = done.load(Ordering::Relaxed) < all;
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(in_time, "the fault came too late to show anything");

    let database = rating_database();
    let ids: Vec<Uuid> = members.iter().map(|member| member.id).collect();
    let states = async || {
        let states: Vec<(Uuid, String, i16, i64)> = sqlx::query_as(
            "select member_id, text, state, version from comments where member_id = any($1) order by member_id, text",
        )
        .bind(&ids)
        .fetch_all(&database)
        .await
        .unwrap();
        states
    };
    for attempt in 0.. {
        if states().await.iter().all(|(_, _, state, _)| *state != 1) {
            break;
        }
        // What the broker forgot is handed over again after a minute, at a look every two.
        assert!(attempt < 1800, "some comments are still being checked");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
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
        let there: i64 = sqlx::query_scalar("select count(*) from comments where movie_id = $1 and state = 2")
            .bind(id)
            .fetch_one(&database)
            .await
            .unwrap();
        let page = members[0].get_patiently(&format!("/api/v1/movies/{movie}")).await;
        assert_eq!(page["statistics"]["comment_count"], there, "comments on {movie}");
    }
}

/// Every third one is held back.
fn text(member: &Member, place: usize) -> String {
    match place % 3 {
        0 => format!("감독 병신 {} {place}", member.handle),
        _ => format!("조용하고 아름답다 {} {place}", member.handle),
    }
}

#[tokio::test]
async fn the_site_goes_on_with_the_endpoints_it_knows_while_the_registry_is_away() {
    let member = Member::sign_up().await;
    let movies = popular_movies(30).await;
    stop("etcd");
    // Longer than a lease lasts, so that whoever believed in leases alone would have forgotten everybody.
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
    start("etcd");
    assert_eq!(failed, 0, "requests failed while etcd was away");
    member.rate(&movies[0], 2.5).await;
}

/// 1,000 PUTs by ten members (every pair twice, the second time with other stars); the fault comes in the middle.
async fn ratings_survive(fault: impl AsyncFnOnce()) {
    let movies = popular_movies(MOVIES).await;
    let mut members = Vec::new();
    for _ in 0..MEMBERS {
        members.push(Member::sign_up().await);
    }
    let done = Arc::new(AtomicUsize::new(0));
    let struck = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for (number, member) in members.iter().enumerate() {
        let (member, movies, done, struck) = (member.clone(), movies.clone(), done.clone(), struck.clone());
        writers.push(tokio::spawn(async move {
            let mut last = HashMap::new();
            let mut pace = tokio::time::interval(PACE);
            for round in 0..2 {
                for (index, movie) in movies.iter().enumerate() {
                    pace.tick().await;
                    if done.load(Ordering::Relaxed) > MEMBERS * MOVIES && !struck.load(Ordering::Relaxed) {
                        tokio::time::sleep(SLOW_PACE).await;
                    }
                    let doubled = 1 + (number * 3 + index * 7 + round * 5) % 10;
                    member.rate_until_acknowledged(movie, doubled as f64 / 2.0).await;
                    last.insert(movie.clone(), doubled as i64);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
            last
        }));
    }
    let begun = async || done.load(Ordering::Relaxed) > MEMBERS * MOVIES / 4;
    eventually("an eighth is written", begun).await;
    fault().await;
    struck.store(true, Ordering::Relaxed);
    let after_the_fault = done.load(Ordering::Relaxed);
    assert!(
        after_the_fault < MEMBERS * MOVIES * 2 - 100,
        "the fault came too late to show anything"
    );
    let mut acknowledged = Vec::new();
    for writer in writers {
        acknowledged.push(writer.await.unwrap());
    }

    for (member, last) in members.iter().zip(&acknowledged) {
        let kept = ratings_of(member).await;
        assert_eq!(&kept, last, "{} lost or changed a rating", member.handle);
    }
    statistics_equal_the_recount(&movies).await;
    profiles_equal_the_ratings(&members, &acknowledged).await;
}

async fn ratings_of(member: &Member) -> HashMap<String, i64> {
    let (mut ratings, mut cursor) = (HashMap::new(), String::new());
    loop {
        let page = member
            .get_patiently(&format!("/api/v1/me/ratings?limit=50&cursor={cursor}"))
            .await;
        for item in page["items"].as_array().unwrap() {
            let movie = item["movie"]["id"].as_str().or(item["movie_id"].as_str()).unwrap();
            ratings.insert(movie.to_owned(), (item["stars"].as_f64().unwrap() * 2.0) as i64);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return ratings,
        }
    }
}

/// What the site shows against a count over the ratings themselves.
async fn statistics_equal_the_recount(movies: &[String]) {
    let database = rating_database();
    let stranger = Member::stranger();
    for movie in movies {
        let id: Uuid = movie.parse().unwrap();
        let same = async || {
            let (count, sum): (i64, i64) =
                sqlx::query_as("select count(stars), coalesce(sum(stars), 0)::bigint from ratings where movie_id = $1")
                    .bind(id)
                    .fetch_one(&database)
                    .await
                    .unwrap();
            let statistics = stranger.get_patiently(&format!("/api/v1/movies/{movie}")).await["statistics"].clone();
            let bars: Vec<i64> = match statistics["histogram"].as_array() {
                Some(bars) => bars.iter().map(|bar| bar.as_i64().unwrap()).collect(),
                None => return false,
            };
            let shown_sum: i64 = bars.iter().zip(1..).map(|(bar, stars)| bar * stars).sum();
            statistics["count"] == count && bars.iter().sum::<i64>() == count && shown_sum == sum
        };
        // Redelivery after a dead broker or consumer takes its time.
        for attempt in 0.. {
            if same().await {
                break;
            }
            assert!(attempt < 300, "the statistics of {movie} differ from the recount");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn profiles_equal_the_ratings(members: &[Member], acknowledged: &[HashMap<String, i64>]) {
    let client = recommendation();
    for (member, last) in members.iter().zip(acknowledged) {
        let wanted = (last.len() as i64, last.values().sum::<i64>());
        for attempt in 0.. {
            let request = DescribeProfilesRequest {
                member_ids: vec![member.id.to_string()],
            };
            let answer = client.clone().describe_profiles(request).await;
            let profile = answer.ok().and_then(|answer| answer.into_inner().profiles.pop());
            let found = profile.map_or((0, 0), |profile| (profile.rated_count, profile.stars_sum));
            if found == wanted {
                break;
            }
            assert!(
                attempt < 300,
                "the profile of {} is {found:?}, the ratings are {wanted:?}",
                member.handle
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
