//! The admin port: `/livez` (the process runs), `/readyz` (its stores answer), `/metrics` (Prometheus text).

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context as _;
use axum::{Router, http::StatusCode, routing::get};
use futures::future::BoxFuture;
use tokio::{net::TcpListener, sync::watch};

use crate::{http, shutdown::Stop, telemetry};

/// Named conditions; the process is ready while all of them hold. `/readyz` and gRPC health report it.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Arc<watch::Sender<BTreeMap<&'static str, bool>>>,
}

/// One condition. It does not hold until [`Check::ok`] is called.
#[derive(Clone)]
pub struct Check {
    name: &'static str,
    checks: Arc<watch::Sender<BTreeMap<&'static str, bool>>>,
}

impl Check {
    pub fn ok(&self) {
        self.set(true);
    }

    pub fn failed(&self) {
        self.set(false);
    }

    fn set(&self, holds: bool) {
        self.checks
            .send_if_modified(|checks| checks.insert(self.name, holds) != Some(holds));
    }
}

impl Readiness {
    /// The condition of that name, created if it does not exist.
    pub fn check(&self, name: &'static str) -> Check {
        self.checks.send_if_modified(|checks| {
            let is_new = !checks.contains_key(name);
            checks.entry(name).or_insert(false);
            is_new
        });
        Check {
            name,
            checks: self.checks.clone(),
        }
    }

    /// Names of the conditions that do not hold.
    pub fn missing(&self) -> Vec<&'static str> {
        let checks = self.checks.borrow();
        let failing = checks.iter().filter(|(_, holds)| !**holds);
        failing.map(|(name, _)| *name).collect()
    }

    pub fn is_ready(&self) -> bool {
        self.checks.borrow().values().all(|holds| *holds)
    }

    /// Waits until `is_ready` is no longer `before`.
    pub async fn changed_from(&self, before: bool) {
        let mut checks = self.checks.subscribe();
        // An error means that the sender is gone, and `self` has one.
        let _ = checks
            .wait_for(|checks| checks.values().all(|holds| *holds) != before)
            .await;
    }
}

/// Serves the admin port until the stop.
pub fn serve(listener: TcpListener, readiness: Readiness, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that each service does not compile it again.
    Box::pin(serve_until(listener, readiness, stop))
}

async fn serve_until(listener: TcpListener, readiness: Readiness, stop: Stop) -> anyhow::Result<()> {
    let address = listener.local_addr().context("the admin port has no address")?;
    tracing::info!(%address, "serving the admin port");
    let routes = Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/readyz", get(move || readyz(readiness)))
        .route("/metrics", get(|| async { telemetry::render_metrics() }));
    http::serve(listener, routes, http::Limits::default(), stop).await
}

async fn readyz(readiness: Readiness) -> (StatusCode, String) {
    let missing = readiness.missing();
    if missing.is_empty() {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        let waiting = format!("waiting for {}\n", missing.join(", "));
        (StatusCode::SERVICE_UNAVAILABLE, waiting)
    }
}
