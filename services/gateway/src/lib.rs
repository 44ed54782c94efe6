//! The gateway: the only service that is reached from outside. It authenticates and validates requests, calls the services,
//! combines their answers, and serves the site. What both contracts say is in `features`; `rest` and `graphql` are thin shells
//! over it that do not know each other.

mod app;
pub mod config;
mod export;
mod features;
mod graphql;
mod http;
mod id;
mod imports;
mod rest;
mod site;
mod stars;
mod timestamp;
mod upstream;
mod wire_enum;

use std::sync::Arc;

use anyhow::Context as _;
use chassis::{
    admin::{self, Readiness},
    client::Channels,
    config::Environment,
    http::Limits,
    shutdown::Stop,
    tasks::Tasks,
};
use futures::future::BoxFuture;
use tokio::net::TcpListener;

use crate::{
    app::{App, Parts},
    config::Config,
    http::{access_tokens::AccessTokens, rate_limits::Attempts},
    upstream::clients::Clients,
};

/// Serves until `stop`.
pub fn run(config: Config, listener: TcpListener, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that this future is compiled once here and not again in every program and test that calls `run`.
    Box::pin(run_parts(config, listener, stop))
}

async fn run_parts(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen on the admin port")?;
    let readiness = Readiness::default();
    let clients = Clients::new(&Channels::new("gateway", &config.service)?);
    let tokens = AccessTokens::new(&config.issuer);
    let development = config.service.environment == Environment::Development;
    let proxies = config.trusted_proxies.clone();
    let app = App::new(Parts {
        attempts: Attempts::new(&config.attempts)?,
        clients: clients.clone(),
        tokens: tokens.clone(),
        config,
    });
    let routes = rest::routes()
        .merge(graphql::routes(development))
        .merge(site::routes(&app));
    let routes = http::middleware::layers(routes, &app).with_state(app.clone());

    let mut tasks = Tasks::new(stop.clone());
    tasks.spawn("admin", admin::serve(admin, readiness.clone(), stop.clone()));
    let known = readiness.check("the signing keys");
    tasks.spawn(
        "signing keys",
        tokens.clone().keep_keys(clients.clone(), known, stop.clone()),
    );
    let known = readiness.check("the ended sessions");
    tasks.spawn("ended sessions", tokens.keep_ended(clients, known, stop.clone()));
    let attempts = stop.clone();
    tasks.spawn("attempts", async move {
        app.attempts.prune(attempts).await;
        Ok(())
    });
    tracing::info!(address = %listener.local_addr()?, "serving HTTP");
    let limits = Limits {
        is_proxy: Arc::new(move |address| proxies.contains(address)),
        error_body: http::problem::error_body,
        ..Limits::default()
    };
    tasks.spawn("http", chassis::http::serve(listener, routes, limits, stop));
    tasks.join().await
}

/// The GraphQL schema; committed as `schema.graphql`.
pub fn graphql_schema() -> String {
    graphql::schema_text()
}

/// The OpenAPI document; committed as `openapi.json`.
pub fn openapi() -> String {
    rest::openapi_text()
}
