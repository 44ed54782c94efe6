//! Ratings, comments, shelves and the statistics of movies. Owns what members say about movies, and nothing about the movies
//! themselves.
//!
//! `service` is the door, and `community` the operator's; `ratings`, `rating_list`, `shelf`, `watches`, `mine`, `statistics`, `comments`, `feed`, `moderation`, `imports`, `lists`
//! and `streams` are the features, each with its types, rules and SQL; `movies` is the copy of another service's ids, and `access`
//! asks another who may see what.

mod access;
mod bulk_import;
mod comments;
pub mod config;
mod error;
mod feed;
mod grpc;
mod ids;
mod imports;
mod lists;
mod member_stats;
mod moderation;
mod movies;
pub mod operator;
mod paging;
mod rating_list;
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
use matcha_protos::rating::v1::{
    community_service_server::CommunityServiceServer, import_service_server::ImportServiceServer,
    list_service_server::ListServiceServer, rating_service_server::RatingServiceServer,
    watch_service_server::WatchServiceServer,
};
use messaging::{
    events::{Broker, Consumer},
    outbox::{Nudge, Relay},
    postgres,
};
use sqlx::PgPool;
use tokio::{net::TcpListener, sync::Notify};

use crate::{config::Config, moderation::Filter};

/// Keeps the statistics. A batch is one transaction, so a burst of ratings costs few commits.
const STATISTICS: Consumer = Consumer {
    queue: "rating.statistics",
    types: &["rating.changed"],
    batch: 200,
    linger: Duration::from_millis(50),
};
/// Keeps the copy of movie ids.
const MOVIES: Consumer = Consumer {
    queue: "rating.movies",
    types: &["movie.published"],
    batch: 200,
    linger: Duration::ZERO,
};

/// What the RPCs work with.
struct Service {
    db: PgPool,
    nudge: Nudge,
    movies: movies::KnownMovies,
    changes: ratings::Changes,
    statistics: statistics::Queue,
    viewer_states: viewer_state::Queue,
    access: access::Access,
    /// Wakes this replica's worker when there is an import to apply or to undo.
    importing: Arc<Notify>,
}

/// Runs the service until the stop or the first failure of one of its parts.
pub async fn run(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    let mut tasks = Tasks::new(stop.clone());
    let readiness = Readiness::default();
    let postgres = readiness.check("postgres");
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen for the admin port")?;
    tasks.spawn("admin", admin::serve(admin, readiness, stop.clone()));

    let db = postgres::connect(&config.database.database_url, postgres, &stop).await?;
    sqlx::migrate!().run(&db).await.context("cannot migrate the database")?;
    let broker = Broker::new(&config.broker, "rating");
    let channels = Channels::new("rating", &config.service)?;
    let nudge = Nudge::default();
    let every = Duration::from_secs(config.catch_up_every);

    tasks.spawn(
        "relay",
        Relay::new(db.clone(), broker.clone(), nudge.clone()).run(stop.clone()),
    );
    tasks.spawn("statistics", project(db.clone(), broker.clone(), stop.clone()));
    tasks.spawn("catch up", statistics::catch_up(db.clone(), every, stop.clone()));
    for (name, filter) in [
        ("spam filter", Filter::Spam),
        ("language filter", Filter::Language),
        ("spoiler filter", Filter::Spoiler),
    ] {
        let filtering = filter.run(db.clone(), broker.clone(), nudge.clone(), stop.clone());
        tasks.spawn(name, filtering);
    }
    let unchecked = moderation::catch_up(db.clone(), nudge.clone(), every, stop.clone());
    tasks.spawn("unchecked comments", unchecked);
    tasks.spawn("movies", learn_movies(db.clone(), broker, stop.clone()));
    let access = access::Access::new(&channels);
    tasks.spawn("movies copy", movies::copy(db.clone(), channels, stop.clone()));
    let importing = Arc::new(Notify::new());
    tasks.spawn(
        "imports",
        imports::worker::run(db.clone(), nudge.clone(), importing.clone(), stop.clone()),
    );
    let service = Arc::new(Service::new(db, nudge, access, importing));
    let server = Server::new("rating", &config.service).await?;
    let server = server.add(RatingServiceServer::from_arc(service.clone())).await;
    let server = server.add(ImportServiceServer::from_arc(service.clone())).await;
    let server = server.add(ListServiceServer::from_arc(service.clone())).await;
    let server = server.add(WatchServiceServer::from_arc(service.clone())).await;
    let server = server.add(CommunityServiceServer::from_arc(service)).await;
    let server = server.describe(matcha_protos::DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop));
    tasks.join().await
}

impl Service {
    fn new(db: PgPool, nudge: Nudge, access: access::Access, importing: Arc<Notify>) -> Self {
        Self {
            movies: movies::KnownMovies::new(db.clone()),
            changes: ratings::queue(db.clone(), nudge.clone()),
            statistics: statistics::queue(db.clone()),
            viewer_states: viewer_state::queue(db.clone()),
            db,
            nudge,
            access,
            importing,
        }
    }
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
        async move { movies::on_published(&db, deliveries).await }
    };
    MOVIES.run(broker, stop, handle).await
}
