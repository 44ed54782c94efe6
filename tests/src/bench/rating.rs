//! From a click to a changed prediction: PUT over REST, then the recommendation service is asked as the gateway asks it,
//! until its answer counts the new rating.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chassis::{client, config::RegistryKind, identity::Caller};
use matcha_protos::recommendation::v1::{PredictRequest, recommendation_service_client::RecommendationServiceClient};
use matcha_tests::member::Member;
use testing::Stores;
use uuid::Uuid;

use crate::load::Figures;

const MEMBERS: usize = 20;
/// Ratings per second that are followed to their prediction; the rest is load.
const FOLLOWED: u32 = 20;
/// Between two looks at a prediction. Looking is load too: at each millisecond it was a sixth of all.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What a member waits for after a click, and when the click has changed what they see.
pub(crate) struct Rated {
    pub(crate) acknowledged: Figures,
    pub(crate) predicted: Figures,
}

pub(crate) async fn put_to_prediction(movies: &[String], rate: u32, length: Duration) -> Rated {
    let mut members = Vec::new();
    for _ in 0..MEMBERS {
        members.push(Member::sign_up().await);
    }
    let stores = Stores::shared();
    let mut config = stores.service_config("gateway", &[]);
    config.registry.registry = RegistryKind::Etcd;
    config.registry.etcd_namespace = stores.setting("ETCD_NAMESPACE").to_owned();
    let channel = client::Channels::new("gateway", &config)
        .unwrap()
        .channel("recommendation");
    let predictions = RecommendationServiceClient::new(channel);

    settle(&predictions, &movies[movies.len() - 1]).await;
    let acknowledged = Arc::new(Mutex::new(Vec::new()));
    let predicted = Arc::new(Mutex::new(Vec::new()));
    let failed = Arc::new(Mutex::new(0));
    let begin = Instant::now();
    let total = rate as usize * length.as_secs() as usize;
    let followed = (rate / FOLLOWED) as usize;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..total.min(MEMBERS * movies.len()) {
        let planned = begin + Duration::from_secs_f64(number as f64 / f64::from(rate));
        tokio::time::sleep_until(planned.into()).await;
        // Each member rates each movie once, so each rating adds one to what the profile counts.
        let member = members[number % MEMBERS].clone();
        let movie = movies[number / MEMBERS].clone();
        let expected = (number / MEMBERS + 1) as i64;
        let (acknowledged, predicted, failed) = (acknowledged.clone(), predicted.clone(), failed.clone());
        let mut predictions = predictions.clone();
        calls.spawn(async move {
            let path = format!("/api/v1/movies/{movie}/rating");
            let stars = 0.5 + (number % 10) as f64 / 2.0;
            let body = serde_json::json!({ "stars": stars });
            let put = member.try_send(reqwest::Method::PUT, &path, Some(body)).await;
            if !put.is_ok_and(|answer| answer.status().is_success()) {
                *failed.lock().unwrap() += 1;
                return;
            }
            acknowledged.lock().unwrap().push(planned.elapsed().as_secs_f64() * 1e3);
            if number % followed != 0 {
                return;
            }
            let caller = Caller::Member {
                id: member.id,
                session: Uuid::nil(),
            };
            loop {
                let request = PredictRequest {
                    movie_ids: vec![movie.clone()],
                };
                let answer = predictions.predict(client::request(request, &caller)).await;
                if let Ok(answer) = &answer
                    && answer.get_ref().rated_count >= expected
                {
                    predicted.lock().unwrap().push(planned.elapsed().as_secs_f64() * 1e3);
                    return;
                }
                if planned.elapsed() > Duration::from_secs(10) {
                    let mut failed = failed.lock().unwrap();
                    *failed += 1;
                    if *failed == 1 {
                        eprintln!("still not {expected} ratings after 10 s: {answer:?}");
                    }
                    return;
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
    }
    while calls.join_next().await.is_some() {}
    let taken = |latencies: &Mutex<Vec<f64>>| std::mem::take(&mut *latencies.lock().unwrap());
    Rated {
        acknowledged: Figures::new(taken(&acknowledged), 0),
        predicted: Figures::new(taken(&predicted), *failed.lock().unwrap()),
    }
}

/// Waits until the consumers have caught up with what was loaded before: a new rating shows within 100 ms.
async fn settle(predictions: &RecommendationServiceClient<client::Channel>, movie: &str) {
    let began = Instant::now();
    loop {
        let member = Member::sign_up().await;
        let caller = Caller::Member {
            id: member.id,
            session: Uuid::nil(),
        };
        let rated = Instant::now();
        member.rate(movie, 3.0).await;
        loop {
            let request = PredictRequest {
                movie_ids: vec![movie.to_owned()],
            };
            let answer = predictions.clone().predict(client::request(request, &caller)).await;
            if answer.is_ok_and(|answer| answer.into_inner().rated_count > 0) {
                break;
            }
            assert!(
                began.elapsed() < Duration::from_secs(300),
                "the consumers do not catch up"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if rated.elapsed() < Duration::from_millis(100) {
            break;
        }
    }
    println!(
        "consumers had caught up with the load after {:.1} s",
        began.elapsed().as_secs_f64()
    );
}
