//! The gateway: the only door from outside. It checks who asks and what they ask, asks the services, puts their answers
//! together and serves the site. REST (`rest`) and GraphQL (`graphql`) are siblings over the same gRPC clients.

pub mod config;
mod features;
mod graphql;
mod http;
mod imports;
mod rest;
mod stars;
mod upstream;

use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::FromRef;
use chassis::{
    admin::{self, Readiness},
    client::Channels,
    config::Environment,
    http::Limits,
    shutdown::Stop,
    tasks::Tasks,
};
use tokio::net::TcpListener;

use crate::{
    config::Config,
    http::{access_tokens::AccessTokens, rate_limits::Attempts},
    upstream::clients::Clients,
};

/// What every handler can have.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) clients: Clients,
    pub(crate) tokens: Arc<AccessTokens>,
    pub(crate) attempts: Attempts,
    pub(crate) graphql: graphql::Endpoint,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl FromRef<App> for Clients {
    fn from_ref(app: &App) -> Self {
        app.clients.clone()
    }
}

/// Serves until the stop.
pub async fn run(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen on the admin port")?;
    let readiness = Readiness::default();
    let clients = Clients::new(&Channels::new("gateway", &config.service)?);
    let tokens = AccessTokens::new(&config.issuer);
    let development = config.service.environment == Environment::Development;
    let app = App(Arc::new(Parts {
        attempts: Attempts::new(&config.attempts)?,
        graphql: graphql::Endpoint::new(development),
        clients: clients.clone(),
        tokens: tokens.clone(),
        config,
    }));
    let routes = http::middleware::wrap(rest::routes().merge(graphql::routes()), &app).with_state(app.clone());

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
        app.attempts.forget(attempts).await;
        Ok(())
    });
    tracing::info!(address = %listener.local_addr()?, "serving");
    let limits = Limits {
        explain: http::problem::explain,
        ..Limits::default()
    };
    tasks.spawn("http", chassis::http::serve(listener, routes, limits, stop));
    tasks.join().await
}

/// The GraphQL contract as the code has it; `schema.graphql` is this.
pub fn graphql_schema() -> String {
    graphql::schema_text()
}

/// The REST contract as the code has it; `openapi.json` is this.
pub fn openapi() -> String {
    rest::openapi_text()
}
