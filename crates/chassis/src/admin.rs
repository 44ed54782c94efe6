//! The admin port: `/livez` (the process runs), `/readyz` (its stores are there), `/metrics` (Prometheus text).

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{Router, http::StatusCode, routing::get};
use tokio::net::TcpListener;

use crate::{http, shutdown::Stop, telemetry};

/// Named conditions; ready means that all of them hold.
#[derive(Clone, Default)]
pub struct Readiness {
    checks: Arc<Mutex<BTreeMap<&'static str, Check>>>,
}

/// One condition. Begins as not ready.
#[derive(Clone, Default)]
pub struct Check(Arc<AtomicBool>);

impl Check {
    pub fn ok(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn failed(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn holds(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Readiness {
    /// The condition of that name, made when it is new.
    pub fn check(&self, name: &'static str) -> Check {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        checks.entry(name).or_default().clone()
    }

    /// Names of the conditions that do not hold.
    pub fn missing(&self) -> Vec<&'static str> {
        let checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        let failing = checks.iter().filter(|(_, check)| !check.holds());
        failing.map(|(name, _)| *name).collect()
    }
}

/// Serves the admin port until the stop.
pub async fn serve(listener: TcpListener, readiness: Readiness, stop: Stop) -> anyhow::Result<()> {
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
