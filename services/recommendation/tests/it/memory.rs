//! The memory and the latency of a replica with ten thousand movies.

use std::time::{Duration, Instant};

use chassis::identity::Caller;
use matcha_protos::{
    rating::v1::StreamedRating,
    recommendation::v1::{
        GetModelRequest, PredictRequest, RecommendRequest, recommendation_service_client::RecommendationServiceClient,
    },
};
use testing::{Stores, eventually};
use tonic::transport::{Channel, Endpoint};

use crate::{
    harness::{Member, Recommendation, request_from},
    owner_services::{Owned, community, member_id, movie_id},
};

const MOVIES: usize = 10_000;
const MEMBERS: usize = 800;
const RATINGS_EACH: usize = 150;
const MAX_MEGABYTES: u64 = 40;

/// Ten thousand movies, of which a few have many ratings and most have few.
fn large() -> Owned {
    let mut owned = community(0, MOVIES);
    for member in 0..MEMBERS {
        for rating in 0..RATINGS_EACH {
            let spread = (member * 7919 + rating * 104_729) % MOVIES;
            let number = spread * spread / MOVIES;
            owned.ratings.push(StreamedRating {
                member_id: member_id(member).to_string(),
                movie_id: movie_id(number).to_string(),
                stars: Some(if member % 2 == number % 2 { 8 } else { 4 } + (spread % 3) as i32),
                version: rating as i64 + 1,
                rated_at: 1_700_000_000 + rating as i64,
            });
        }
    }
    // Of a pair that is rated twice only the newest version is kept, as in the copy.
    owned
        .ratings
        .sort_by(|a, b| (&a.member_id, &a.movie_id, b.version).cmp(&(&b.member_id, &b.movie_id, a.version)));
    owned
        .ratings
        .dedup_by(|a, b| a.member_id == b.member_id && a.movie_id == b.movie_id);
    owned
}

/// Starts the real program on the copy and the models of this service; returns its address too.
fn start_replica(service: &Recommendation) -> (tokio::process::Child, std::net::SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let identity = &service.config.service.identity;
    let replica = tokio::process::Command::new(env!("CARGO_BIN_EXE_matcha-recommendation"))
        .env("LISTEN", address.to_string())
        .env("REGISTRY", "static")
        .env("PEERS", service.config.service.registry.peers.join(","))
        .env("INTERNAL_KEY", &identity.internal_key)
        .env("INTERNAL_TRUST", &identity.internal_trust)
        .env("INTERNAL_MEMBER_ISSUER", &identity.internal_member_issuer)
        .env("AMQP_URL", Stores::shared().setting("AMQP_URL"))
        .env("AMQP_PREFIX", &service.config.broker.amqp_prefix)
        .env("REDIS_URL", service.redis.redis_url.expose())
        .env("REDIS_PREFIX", &service.redis.redis_prefix)
        .env("MODEL_DIR", &service.folder)
        // The same allocator settings as in the cluster, which return freed memory to the system.
        .env("MALLOC_ARENA_MAX", "2")
        .env("MALLOC_MMAP_THRESHOLD_", "262144")
        .env("MALLOC_TRIM_THRESHOLD_", "1048576")
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    (replica, address)
}

/// The latencies of predicting these movies and of a row, each measured 200 times.
async fn measure_latency(
    client: &RecommendationServiceClient<Channel>,
    caller: &Caller,
    movie_ids: &[String],
) -> (Vec<Duration>, Vec<Duration>) {
    let (mut predicting, mut recommending) = (Vec::new(), Vec::new());
    for variation in 0..200 {
        let began = Instant::now();
        let request = PredictRequest {
            movie_ids: movie_ids.to_vec(),
        };
        let answer = client
            .clone()
            .predict(request_from(request, caller))
            .await
            .unwrap()
            .into_inner();
        assert!(answer.predictions.len() > 20);
        predicting.push(began.elapsed());
        let began = Instant::now();
        let request = RecommendRequest {
            variation,
            ..Default::default()
        };
        let answer = client
            .clone()
            .recommend(request_from(request, caller))
            .await
            .unwrap()
            .into_inner();
        assert!(answer.personal && answer.movies.len() == 20);
        recommending.push(began.elapsed());
    }
    (predicting, recommending)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replica_with_ten_thousand_movies_needs_at_most_forty_megabytes() {
    if !cfg!(target_os = "linux") {
        eprintln!("skipped: resident memory is read from /proc");
        return;
    }
    let began = Instant::now();
    let service = Recommendation::start(large()).await;
    println!(
        "the copy of {} ratings was complete after {:?}",
        service.copy_status().await.rated,
        began.elapsed()
    );
    let mut config = service.train_config();
    config.learning.factors = Some(16);
    recommendation::training::run(config, chassis::shutdown::Stop::new())
        .await
        .unwrap();

    let (mut replica, address) = start_replica(&service);
    let client = RecommendationServiceClient::new(
        Endpoint::from_shared(format!("http://{address}"))
            .unwrap()
            .connect_lazy(),
    );
    eventually("the replica has the model", async || {
        let request = request_from(GetModelRequest {}, &Caller::Anonymous);
        client
            .clone()
            .get_model(request)
            .await
            .is_ok_and(|answer| answer.into_inner().factors == 16)
    })
    .await;
    let member = Member {
        id: member_id(3),
        ..Member::new()
    };
    let caller = Caller::Member {
        id: member.id,
        session: member.id,
    };
    let movie_ids: Vec<String> = (0..40).map(|number| movie_id(number * 200 + 1).to_string()).collect();
    eventually("the replica has the copy", async || {
        let request = PredictRequest {
            movie_ids: movie_ids.clone(),
        };
        client.clone().predict(request_from(request, &caller)).await.is_ok()
    })
    .await;
    let (predicting, recommending) = measure_latency(&client, &caller, &movie_ids).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", replica.id().unwrap())).unwrap();
    let of = |name: &str| -> u64 {
        let value = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        value.trim().trim_end_matches(" kB").parse().unwrap()
    };
    // Only anonymous memory counts: the pages of the mapped model and of the program are shared by the replicas and
    // evictable.
    let kilobytes = of("RssAnon:");
    println!(
        "{} kB of its own, {} kB resident with mapped files; predict 40 movies {}; a row of 20 {}",
        kilobytes,
        of("VmRSS:"),
        spread(predicting),
        spread(recommending)
    );
    assert!(kilobytes / 1024 <= MAX_MEGABYTES, "{kilobytes} kB of its own");
    replica.kill().await.unwrap();
    service.stop().await;
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    format!(
        "p50 {:?} p99 {:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100]
    )
}
