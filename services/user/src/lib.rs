//! Members, whom they follow, who may see what of them, and their sessions. Only this service knows passwords and refresh tokens, and only it opens its database.

mod access_tokens;
pub mod config;
mod error;
mod follows;
mod grpc;
mod imports;
mod limits;
mod member_search;
mod members;
mod names;
mod passwords;
mod privacy;
mod session_list;
mod sessions;
mod settings;
mod suggestions;

use std::sync::Arc;

use anyhow::Context as _;
use chassis::{
    admin::{self, Readiness},
    grpc::Server,
    shutdown::Stop,
    tasks::Tasks,
};
use matcha_protos::{DESCRIPTORS, user::v1::user_service_server::UserServiceServer};
use messaging::{
    events::Broker,
    outbox::{Nudge, Relay},
    postgres,
};
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::{access_tokens::AccessTokens, config::Config, limits::Limits, members::Reads, passwords::Hasher};

/// What the handlers need.
pub(crate) struct Users {
    db: PgPool,
    nudge: Nudge,
    reads: Reads,
    hasher: Hasher,
    limits: Arc<Limits>,
    access_tokens: AccessTokens,
}

/// Runs the service on this listener until the stop, or until one of its parts fails.
pub async fn run(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    // Before anything waits, so that wrong settings are told at once.
    let limits = Arc::new(Limits::new(&config.limits)?);
    let key = std::fs::read_to_string(&config.access_key)
        .with_context(|| format!("cannot read {}", config.access_key.display()))?;
    let access_tokens = AccessTokens::new(&key, &config.issuer)?;
    let readiness = Readiness::default();
    let server = Server::new("user", &config.service, readiness.clone()).await?;

    let admin = TcpListener::bind(config.service.admin_listen).await;
    let admin = admin.context("cannot listen for the admin port")?;
    let mut tasks = Tasks::new(stop.clone());
    tasks.spawn("admin", admin::serve(admin, readiness.clone(), stop.clone()));

    let db = postgres::connect(&config.database_url, readiness.check("postgres"), &stop).await?;
    sqlx::migrate!().run(&db).await.context("cannot migrate the database")?;

    let nudge = Nudge::default();
    let relay = Relay::new(db.clone(), Broker::new(&config.broker, "user"), nudge.clone());
    tasks.spawn("relay", relay.run(stop.clone()));
    tasks.spawn("sweeper", sessions::sweep(db.clone(), stop.clone()));
    tasks.spawn("limits", limits::forget(limits.clone(), stop.clone()));

    let users = Users {
        reads: members::reads(db.clone()),
        hasher: Hasher::new(&config.hashing).await?,
        db,
        nudge,
        limits,
        access_tokens,
    };
    let server = server.add(UserServiceServer::new(users)).await.describe(DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop));
    tasks.join().await
}
