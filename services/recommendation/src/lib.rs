//! Predicted stars, lists and similar movies. The service owns nothing: it keeps a copy of ratings, shelves and movies in
//! Redis (store.rs) that events change (consumers.rs) and that can be rebuilt from the owners (rebuild.rs). A separate
//! process trains (training/); this one folds each member in at the moment of asking (model/, rows.rs, server.rs).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that cannot go on should stop"))]

pub mod access;
pub mod catalogue;
pub mod config;
pub mod consumers;
pub mod error;
pub mod gate;
pub mod lists;
pub mod matching;
pub mod model;
pub mod models;
pub mod numbers;
pub mod offline;
pub mod profile;
pub mod progress;
pub mod rebuild;
pub mod rows;
pub mod server;
pub mod snapshot;
pub mod store;
pub mod taste;
pub mod training;
pub mod viewer;

use anyhow::Context as _;
use chassis::{admin, client::Channels, grpc, shutdown::Stop, tasks::Tasks};
use matcha_protos::recommendation::v1::recommendation_service_server::RecommendationServiceServer;
use messaging::events::Broker;
use tokio::net::TcpListener;

use crate::{catalogue::Catalogue, config::Config, server::Recommendation, store::Store};

/// The service's name in the registry and in its tokens.
pub const NAME: &str = "recommendation";

/// Serves until the stop.
pub async fn run(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    let service = &config.service;
    let admin_listener = TcpListener::bind(service.admin_listen)
        .await
        .context("cannot listen for administration")?;
    let readiness = admin::Readiness::default();
    let redis = readiness.check("redis");
    let store = Store::new(&config.redis.redis_url, &config.redis.redis_prefix)?;
    let channels = Channels::new(NAME, service)?;
    let name = if service.instance.is_empty() {
        NAME
    } else {
        &service.instance
    };
    let broker = Broker::new(&config.broker, name);
    let catalogue = Catalogue::new(store.clone(), config.models.model_dir.clone());
    let access = access::Access::new(&channels);

    let mut tasks = Tasks::new(stop.clone());
    tasks.spawn("admin", admin::serve(admin_listener, readiness.clone(), stop.clone()));
    tasks.spawn("catalogue", catalogue.clone().keep_current(redis, stop.clone()));
    tasks.spawn(
        "rebuild",
        rebuild::keep_filled(store.clone(), channels, broker.clone(), stop.clone()),
    );
    consumers::spawn(&mut tasks, &broker, &store, &stop);
    let server = grpc::Server::new(NAME, service, readiness)
        .await?
        .add(RecommendationServiceServer::new(Recommendation {
            store,
            catalogue,
            access,
        }))
        .await
        .describe(matcha_protos::DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop));
    tasks.join().await
}
