//! The recommendation service: predicted stars, rows of recommended movies, similar movies, and the taste of a member.
//!
//! It owns no facts. It keeps a copy of ratings, shelves and movies in Redis (`store`), which events change
//! (`consumers`) and which can be rebuilt from the rating and movie services (`rebuild`). A separate process trains the
//! models (`training`) and publishes a snapshot (`snapshot`). Each request folds the member's current ratings into that
//! model (`caller_profile`).
//!
//! `grpc` has a method per RPC and hands each request to its feature: `predictions`, `rows`, `similar_movies`,
//! `movies_to_rate`, `taste`, `taste_similarity`, `models` and `profile`. `model` predicts stars and `ranking` ranks
//! movies; both are libraries without I/O.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on should stop"))]

mod access;
mod caller_profile;
pub mod catalogue;
pub mod config;
mod consumers;
pub mod error;
mod filter;
mod gate;
mod grpc;
pub mod mapped_slice;
pub mod model;
mod models;
mod movies_to_rate;
pub mod offline;
pub mod operator;
mod parse;
mod predictions;
pub mod profile;
pub mod progress;
pub mod ranking;
mod rebuild;
mod rows;
mod similar_movies;
pub mod snapshot;
pub mod store;
mod taste;
mod taste_similarity;
pub mod training;

use anyhow::Context as _;
use chassis::{
    admin::{self, Readiness},
    client::Channels,
    grpc::Server,
    shutdown::Stop,
    tasks::Tasks,
};
use futures::future::BoxFuture;
use matcha_protos::{DESCRIPTORS, recommendation::v1::recommendation_service_server::RecommendationServiceServer};
use messaging::events::Broker;
use tokio::net::TcpListener;

use crate::{access::Access, catalogue::Catalogue, config::Config, store::Store};

/// The service's name in the registry and in its tokens.
pub const NAME: &str = "recommendation";

/// What the RPCs work with.
struct Service {
    store: Store,
    catalogue: Catalogue,
    access: Access,
}

/// Runs the service until the stop or the first failure of one of its parts.
pub fn run(config: Config, listener: TcpListener, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that this future is compiled once here and not again in every program and test that calls `run`.
    Box::pin(run_parts(config, listener, stop))
}

async fn run_parts(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    // Before anything waits for a store, so that a wrong setting is reported at once.
    let readiness = Readiness::default();
    let server = Server::new(NAME, &config.service, readiness.clone()).await?;
    let channels = Channels::new(NAME, &config.service)?;
    let store = Store::new(&config.redis.redis_url, &config.redis.redis_prefix)?;

    let mut tasks = Tasks::new(stop.clone());
    let redis_check = readiness.check("redis");
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen for the admin port")?;
    tasks.spawn("admin", admin::serve(admin, readiness, stop.clone()));

    let catalogue = Catalogue::new(store.clone(), config.models.model_dir.clone());
    let access = Access::new(&channels);
    tasks.spawn("catalogue", catalogue.clone().keep_current(redis_check, stop.clone()));

    let broker = Broker::new(&config.broker, config.instance());
    consumers::spawn(&mut tasks, &broker, &store, &stop);
    let rebuilding = rebuild::keep_complete(store.clone(), channels, broker, stop.clone());
    tasks.spawn("rebuild", rebuilding);

    let service = Service {
        store,
        catalogue,
        access,
    };
    let server = server
        .add(RecommendationServiceServer::new(service))
        .await
        .describe(DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop));
    tasks.join().await
}
