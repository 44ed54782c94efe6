//! The user service: members, who follows whom, who may see what of a member, and sessions. Only this service reads
//! passwords and refresh tokens, and only it opens its database.
//!
//! `grpc` has a method per RPC and hands each request to its feature: `members`, `bulk_import`, `sessions`, `session_list`,
//! `settings`, `follows`, `suggestions`, `member_search` and `privacy`, each with its types, rules and SQL. `names` parses
//! what members type; `passwords`, `access_tokens` and `rate_limits` are what signing in needs.

mod access_tokens;
mod bulk_import;
pub mod config;
mod error;
mod follows;
mod grpc;
mod member_search;
mod members;
mod names;
mod passwords;
mod privacy;
mod rate_limits;
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
use futures::future::BoxFuture;
use matcha_protos::{DESCRIPTORS, user::v1::user_service_server::UserServiceServer};
use messaging::{
    events::Broker,
    outbox::{Nudge, Relay},
    postgres,
};
use sqlx::PgPool;
use tokio::net::TcpListener;

use crate::{
    access_tokens::AccessTokens, config::Config, members::MemberReads, passwords::Hasher, rate_limits::RateLimits,
};

/// What the RPCs work with.
struct Service {
    db: PgPool,
    nudge: Nudge,
    member_reads: MemberReads,
    hasher: Hasher,
    rate_limits: Arc<RateLimits>,
    access_tokens: AccessTokens,
}

/// Runs the service until the stop or the first failure of one of its parts.
pub fn run(config: Config, listener: TcpListener, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that this future is compiled once here and not again in every program and test that calls `run`.
    Box::pin(run_parts(config, listener, stop))
}

async fn run_parts(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    // Before anything waits for a store, so that a wrong setting is reported at once.
    let rate_limits = Arc::new(RateLimits::new(&config.limits)?);
    let access_key = std::fs::read_to_string(&config.access_key)
        .with_context(|| format!("cannot read {}", config.access_key.display()))?;
    let access_tokens = AccessTokens::new(&access_key, &config.issuer)?;
    let readiness = Readiness::default();
    let server = Server::new("user", &config.service, readiness.clone()).await?;

    let mut tasks = Tasks::new(stop.clone());
    let postgres_check = readiness.check("postgres");
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen for the admin port")?;
    tasks.spawn("admin", admin::serve(admin, readiness, stop.clone()));

    let db = postgres::connect(&config.database_url, postgres_check, &stop).await?;
    sqlx::migrate!().run(&db).await.context("cannot migrate the database")?;

    let broker = Broker::new(&config.broker, "user");
    let nudge = Nudge::default();

    let relay = Relay::new(db.clone(), broker, nudge.clone());
    tasks.spawn("relay", relay.run(stop.clone()));
    tasks.spawn("session sweep", sessions::sweep(db.clone(), stop.clone()));
    tasks.spawn("rate limits", rate_limits::prune(rate_limits.clone(), stop.clone()));

    let service = Service {
        member_reads: members::coalesced_reads(db.clone()),
        hasher: Hasher::new(&config.hashing).await?,
        db,
        nudge,
        rate_limits,
        access_tokens,
    };
    let server = server
        .add(UserServiceServer::new(service))
        .await
        .describe(DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop));
    tasks.join().await
}
