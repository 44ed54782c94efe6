//! The movie service: the catalogue of movies and people, search, and a copy of popularity for ranking.
//!
//! Facts live in Postgres and only `PutMovies` writes them. Search runs on an index in memory that every replica builds
//! from Postgres and keeps within a second of it. Popularity belongs to rating; here it is a copy, counted from events.
//!
//! `grpc` has a method per RPC and hands each request to its feature: `movies`, `people`, `search`, `facets` and `identify`.

pub mod config;
mod error;
mod facets;
pub mod genres;
mod grpc;
mod identify;
mod movies;
pub mod operator;
mod people;
mod popularity;
pub mod search;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use arc_swap::ArcSwap;
use chassis::{
    admin::{self, Readiness},
    client::Channels,
    grpc::Server,
    shutdown::Stop,
    tasks::Tasks,
};
use futures::future::BoxFuture;
use matcha_protos::{
    DESCRIPTORS, movie::v1::movie_service_server::MovieServiceServer,
    rating::v1::rating_service_client::RatingServiceClient,
};
use messaging::{
    events::Broker,
    inbox,
    outbox::{Nudge, Relay},
    postgres,
};
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::{
    config::Config,
    movies::Movies,
    search::{Scans, index::Index, refresh::IndexRefresher},
};

/// What the RPCs work with.
struct Service {
    db: PgPool,
    nudge: Nudge,
    movies: Movies,
    index: Arc<ArcSwap<Index>>,
    scans: Scans,
}

/// Runs the service until the stop or the first failure of one of its parts.
pub fn run(config: Config, listener: TcpListener, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that this future is compiled once here and not again in every program and test that calls `run`.
    Box::pin(run_parts(config, listener, stop))
}

async fn run_parts(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    // Before anything waits for a store, so that a wrong setting is reported at once.
    let readiness = Readiness::default();
    let server = Server::new("movie", &config.service, readiness.clone()).await?;
    let channels = Channels::new("movie", &config.service)?;
    let reconcile_every = Duration::from_secs(config.reconcile_every);
    let reconcile_settle = Duration::from_secs(config.reconcile_settle);

    let mut tasks = Tasks::new(stop.clone());
    let (postgres_check, index_check) = (readiness.check("postgres"), readiness.check("index"));
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen for the admin port")?;
    tasks.spawn("admin", admin::serve(admin, readiness, stop.clone()));

    let db = match postgres::connect(&config.database_url, postgres_check, &stop).await {
        Err(_) if stop.is_stopped() => return tasks.join().await,
        db => db?,
    };
    sqlx::migrate!().run(&db).await.context("cannot migrate the database")?;
    let index = Arc::new(ArcSwap::from_pointee(Index::default()));
    let movies = Movies::new(db.clone(), index.clone());
    let mut refresher = IndexRefresher::new(db.clone(), index.clone(), movies.clone());
    refresher.refresh().await.context("cannot build the search index")?;
    index_check.ok();

    let broker = Broker::new(&config.broker, "movie");
    let nudge = Nudge::default();
    let rating = RatingServiceClient::new(channels.channel("rating"));

    let relay = Relay::new(db.clone(), broker.clone(), nudge.clone());
    tasks.spawn("relay", relay.run(stop.clone()));
    tasks.spawn("index", refresher.run(stop.clone()));
    tasks.spawn("popularity", popularity::consume(db.clone(), broker, stop.clone()));
    let reconcile = popularity::reconcile::run(db.clone(), rating, reconcile_every, reconcile_settle, stop.clone());
    tasks.spawn("reconcile", reconcile);
    tasks.spawn("inbox sweep", inbox::sweep(db.clone(), stop.clone()));

    let service = Service {
        db,
        nudge,
        movies,
        scans: Scans::new(index.clone()),
        index,
    };
    let server = server
        .add(MovieServiceServer::new(service))
        .await
        .describe(DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop));
    tasks.join().await
}
