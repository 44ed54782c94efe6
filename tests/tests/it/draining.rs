//! SIGTERM while a request is in flight: the request is answered, nothing is cut, and the process ends with code 0.
//!
//! Each test starts one more instance of a service, holds a request inside it, sends SIGTERM, and only then lets the request go
//! on. Meanwhile members use the site, where the same instance serves some of the calls until it leaves the registry.

use std::time::Duration;

use chassis::identity::Caller;
use matcha_protos::{
    movie::v1::{ListMovieFactsRequest, movie_service_client::MovieServiceClient},
    rating::v1::{RateRequest, rating_service_client::RatingServiceClient},
    recommendation::v1::{DescribeProfilesRequest, recommendation_service_client::RecommendationServiceClient},
    user::v1::{FollowRequest, user_service_client::UserServiceClient},
};
use matcha_tests::{
    cluster::{Database, Instance, freeze, thaw},
    hold::{Hold, TableLock},
    member::{Member, popular_movies},
    traffic::Traffic,
};
use reqwest::Method;
use serde_json::json;
use testing::{request, some_member};
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use uuid::Uuid;

/// Longer than an instance waits between leaving the registry and closing its port.
const HELD: Duration = Duration::from_millis(1200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rating_answers_what_is_in_flight_at_sigterm() {
    let instance = Instance::start("rating-9").await;
    // Ratings that the instance takes together with the held one would wait too.
    let traffic = Traffic::reading().await;
    let movie = popular_movies(1).await.remove(0);
    let mut client = RatingServiceClient::new(connect(&instance).await);
    let mut hold = Hold::commits(Database::Rating, &["ratings"]).await;
    let rate = RateRequest {
        movie_id: movie,
        stars: 7,
    };
    let answer = tokio::spawn(async move { client.rate(request(rate, &some_member(), "rating")).await.map(drop) });
    hold.wait_for(1).await;
    ends_well(instance, answer, HELD, async || hold.release().await, traffic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_answers_what_is_in_flight_at_sigterm() {
    let instance = Instance::start("user-9").await;
    let traffic = Traffic::start().await;
    let (fan, followed) = (Member::sign_up().await, Member::sign_up().await);
    let mut client = UserServiceClient::new(connect(&instance).await);
    let mut hold = Hold::commits(Database::User, &["follows"]).await;
    let follow = FollowRequest {
        member_id: followed.id.to_string(),
    };
    let caller = Caller::Member {
        id: fan.id,
        session: Uuid::now_v7(),
    };
    let answer = tokio::spawn(async move { client.follow(request(follow, &caller, "user")).await.map(drop) });
    hold.wait_for(1).await;
    ends_well(instance, answer, HELD, async || hold.release().await, traffic).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn movie_answers_what_is_in_flight_at_sigterm() {
    let instance = Instance::start("movie-9").await;
    let mut client = MovieServiceClient::new(connect(&instance).await);
    // Every read of movies waits for this lock, so there are no members here meanwhile.
    let lock = TableLock::take(Database::Movie, "movie").await;
    let answer = tokio::spawn(async move {
        let facts = ListMovieFactsRequest::default();
        client
            .list_movie_facts(request(facts, &Caller::Operator, "movie"))
            .await
            .map(drop)
    });
    lock.wait_for("select id from movie where id > $1 order by id limit")
        .await;
    finishes(instance, answer, HELD, async || drop(lock)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recommendation_answers_what_is_in_flight_at_sigterm() {
    let instance = Instance::start("recommendation-9").await;
    let mut client = RecommendationServiceClient::new(connect(&instance).await);
    freeze("redis").await;
    let answer = tokio::spawn(async move {
        let profiles = DescribeProfilesRequest {
            member_ids: vec![Uuid::now_v7().to_string()],
        };
        client
            .describe_profiles(request(profiles, &Caller::Operator, "recommendation"))
            .await
            .map(drop)
    });
    // All together less than the half second that the service waits for Redis.
    tokio::time::sleep(Duration::from_millis(50)).await;
    finishes(instance, answer, Duration::from_millis(50), async || {
        thaw("redis").await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_gateway_answers_what_is_in_flight_at_sigterm() {
    let instance = Instance::start("gateway-9").await;
    let member = Member::sign_up().await.at(&instance.address());
    let movie = popular_movies(1).await.remove(0);
    let mut hold = Hold::commits(Database::Rating, &["ratings"]).await;
    let answer = tokio::spawn(async move {
        let path = format!("/api/v1/movies/{movie}/rating");
        let answer = member.try_send(Method::PUT, &path, Some(json!({ "stars": 3.5 }))).await;
        match answer {
            Ok(answer) if answer.status().is_success() => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    hold.wait_for(1).await;
    // Less than the gateway waits for a call.
    finishes(instance, answer, Duration::from_millis(300), async || {
        hold.release().await
    })
    .await;
}

async fn connect(instance: &Instance) -> Channel {
    Channel::from_shared(instance.address())
        .unwrap()
        .connect()
        .await
        .expect("the instance listens")
}

/// Sends SIGTERM while the request is in flight, lets it go on a while later, and waits for its answer and for the process.
async fn finishes<E: std::fmt::Debug>(
    mut instance: Instance,
    answer: JoinHandle<Result<(), E>>,
    held: Duration,
    release: impl AsyncFnOnce(),
) {
    assert!(!answer.is_finished(), "the request was not in flight");
    instance.terminate().await;
    tokio::time::sleep(held).await;
    let (is_answered, has_ended) = (answer.is_finished(), instance.has_ended());
    release().await;
    assert!(!is_answered, "the request was not held: {:?}", answer.await.unwrap());
    assert!(!has_ended, "the process ended before its request");
    answer.await.unwrap().expect("the request is answered");
    assert_eq!(instance.exit_code().await, Some(0));
}

/// The same, and no request of the members failed.
async fn ends_well<E: std::fmt::Debug>(
    instance: Instance,
    answer: JoinHandle<Result<(), E>>,
    held: Duration,
    release: impl AsyncFnOnce(),
    traffic: Traffic,
) {
    finishes(instance, answer, held, release).await;
    traffic.go_on_for(100).await;
    let (answered, failed) = traffic.end().await;
    assert!(
        failed.is_empty(),
        "{} of {answered} requests failed: {failed:?}",
        failed.len()
    );
}
