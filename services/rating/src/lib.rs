//! Ratings, comments, shelves, lists and diaries of members, and the statistics of movies. Owns what members say about movies, and
//! nothing about the movies themselves.
//!
//! `grpc` has the RPCs; each feature has a file with its types, rules and SQL. `access` calls the user service, `known_movies`
//! keeps a copy of the movie service's ids.

mod access;
mod bulk_import;
mod comments;
pub mod config;
mod error;
mod feed;
mod grpc;
mod ids;
mod imports;
mod known_movies;
mod lists;
mod member_stats;
mod moderation;
pub mod operator;
mod paging;
mod ratings;
mod shelf;
mod statistics;
mod streams;
mod timestamp;
mod viewer_state;
mod watches;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use chassis::{
    admin::{self, Readiness},
    client::Channels,
    grpc::Server,
    shutdown::Stop,
    tasks::Tasks,
};
use futures::future::BoxFuture;
use matcha_protos::rating::v1::{
    comment_service_server::CommentServiceServer, community_service_server::CommunityServiceServer,
    import_service_server::ImportServiceServer, list_service_server::ListServiceServer,
    rating_service_server::RatingServiceServer, watch_service_server::WatchServiceServer,
};
use messaging::{
    events::{Broker, Consumer},
    outbox::{Nudge, Relay},
    postgres,
};
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::Notify};

use crate::{
    comments::pipeline::{self, Filter},
    config::Config,
};

/// Projects ratings into the statistics. A batch is one transaction, so a burst of ratings costs few commits.
const STATISTICS: Consumer = Consumer {
    queue: "rating.statistics",
    types: &["rating.changed"],
    batch: 200,
    linger: Duration::from_millis(50),
};
/// Copies the ids of new movies.
const MOVIES: Consumer = Consumer {
    queue: "rating.movies",
    types: &["movie.published"],
    batch: 200,
    linger: Duration::ZERO,
};

/// The state that the RPCs share.
struct Service {
    db: PgPool,
    nudge: Nudge,
    movies: known_movies::KnownMovies,
    changes: ratings::Changes,
    statistics: statistics::Queue,
    viewer_states: viewer_state::Queue,
    access: access::Access,
    /// Wakes this replica's import worker.
    importing: Arc<Notify>,
}

/// Runs the service until the stop or the first failure of one of its parts.
pub fn run(config: Config, listener: TcpListener, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that this future is compiled once here and not again in every program and test that calls `run`.
    Box::pin(run_parts(config, listener, stop))
}

async fn run_parts(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    // Admin port and readiness
    let mut tasks = Tasks::new(stop.clone());
    let readiness = Readiness::default();
    let postgres = readiness.check("postgres");
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen for the admin port")?;
    tasks.spawn("admin", admin::serve(admin, readiness.clone(), stop.clone()));

    // Store
    let db = postgres::connect(&config.database.database_url, postgres, &stop).await?;
    sqlx::migrate!().run(&db).await.context("cannot migrate the database")?;

    // Broker and other services
    let broker = Broker::new(&config.broker, "rating");
    let channels = Channels::new("rating", &config.service)?;
    let service = Arc::new(Service::new(db, &channels));

    // Background tasks
    spawn_consumers(&mut tasks, &service, &broker, &stop);
    spawn_workers(&mut tasks, &service, broker, channels, &config, &stop);

    // gRPC
    let server = Server::new("rating", &config.service, readiness).await?;
    let server = server.add(RatingServiceServer::from_arc(service.clone())).await;
    let server = server.add(CommentServiceServer::from_arc(service.clone())).await;
    let server = server.add(ImportServiceServer::from_arc(service.clone())).await;
    let server = server.add(ListServiceServer::from_arc(service.clone())).await;
    let server = server.add(WatchServiceServer::from_arc(service.clone())).await;
    let server = server.add(CommunityServiceServer::from_arc(service)).await;
    let server = server.describe(matcha_protos::DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop));
    tasks.join().await
}

impl Service {
    fn new(db: PgPool, channels: &Channels) -> Self {
        let nudge = Nudge::default();
        Self {
            movies: known_movies::KnownMovies::new(db.clone()),
            changes: ratings::queue(db.clone(), nudge.clone()),
            statistics: statistics::queue(db.clone()),
            viewer_states: viewer_state::queue(db.clone()),
            access: access::Access::new(channels),
            importing: Arc::default(),
            db,
            nudge,
        }
    }
}

fn spawn_consumers(tasks: &mut Tasks, service: &Service, broker: &Broker, stop: &Stop) {
    tasks.spawn("statistics", project(service.db.clone(), broker.clone(), stop.clone()));
    tasks.spawn("movies", learn_movies(service.db.clone(), broker.clone(), stop.clone()));
    for (name, filter) in [
        ("spam filter", Filter::Spam),
        ("language filter", Filter::Language),
        ("spoiler filter", Filter::Spoiler),
    ] {
        let filtering = filter.run(service.db.clone(), broker.clone(), service.nudge.clone(), stop.clone());
        tasks.spawn(name, filtering);
    }
}

fn spawn_workers(
    tasks: &mut Tasks,
    service: &Service,
    broker: Broker,
    channels: Channels,
    config: &Config,
    stop: &Stop,
) {
    let (db, nudge) = (&service.db, &service.nudge);
    let every = Duration::from_secs(config.catch_up_every);
    let relay = Relay::new(db.clone(), broker, nudge.clone());
    tasks.spawn("relay", relay.run(stop.clone()));
    tasks.spawn("catch up", statistics::catch_up(db.clone(), every, stop.clone()));
    let unchecked = pipeline::catch_up(db.clone(), nudge.clone(), every, stop.clone());
    tasks.spawn("unchecked comments", unchecked);
    tasks.spawn("movies copy", known_movies::copy(db.clone(), channels, stop.clone()));
    let imports = imports::worker::run(db.clone(), nudge.clone(), service.importing.clone(), stop.clone());
    tasks.spawn("imports", imports);
}

async fn project(db: PgPool, broker: Broker, stop: Stop) -> anyhow::Result<()> {
    let handle = |deliveries| {
        let db = db.clone();
        async move { statistics::on_rating_changed(&db, deliveries).await }
    };
    STATISTICS.run(broker, stop, handle).await
}

async fn learn_movies(db: PgPool, broker: Broker, stop: Stop) -> anyhow::Result<()> {
    let handle = |deliveries| {
        let db = db.clone();
        async move { known_movies::on_published(&db, deliveries).await }
    };
    MOVIES.run(broker, stop, handle).await
}
