//! What every handler can use: configuration, clients, access tokens and rate limits.

use std::{ops::Deref, sync::Arc};

use axum::extract::FromRef;

use crate::{
    config::Config,
    http::{access_tokens::AccessTokens, rate_limits::Attempts},
    upstream::clients::Clients,
};

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Parts>);

pub(crate) struct Parts {
    pub(crate) config: Config,
    pub(crate) clients: Clients,
    pub(crate) tokens: Arc<AccessTokens>,
    pub(crate) attempts: Attempts,
}

impl App {
    pub(crate) fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
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
