//! The cluster under test: addresses from its `env` file, and its operator's commands.

use std::{path::Path, process::Command, time::Duration};

use chassis::{
    client::{Channel, Channels},
    config::RegistryKind,
};
use matcha_protos::recommendation::v1::recommendation_service_client::RecommendationServiceClient;
use messaging::postgres;
use sqlx::PgPool;
use testing::Stores;

/// Address of the gateway, such as `http://localhost:18080`.
pub fn gateway() -> &'static str {
    Stores::shared().setting("GATEWAY_URL")
}

/// Calls as an operator, found through the cluster's own registry.
pub fn recommendation() -> RecommendationServiceClient<Channel> {
    let channel = channels("operator").channel("recommendation");
    RecommendationServiceClient::new(channel.with_limit(Duration::from_secs(5)))
}

/// Channels to the services as the gateway has them, with its key.
pub fn gateway_channels() -> Channels {
    channels("gateway")
}

fn channels(issuer: &'static str) -> Channels {
    let stores = Stores::shared();
    let mut config = stores.service_config(issuer, &[]);
    config.registry.registry = RegistryKind::Etcd;
    config.registry.etcd_namespace = stores.setting("ETCD_NAMESPACE").to_owned();
    Channels::new(issuer, &config).unwrap()
}

/// A look into rating's database, to recount what its view says.
pub fn rating_database() -> PgPool {
    let url = Stores::shared().setting("RATING_DATABASE_URL");
    postgres::pool(&chassis::config::Secret::new(url), 2).unwrap()
}

/// kill -9; the process manager starts it again.
pub fn kill(program: &str) {
    operate(&["kill", program, "KILL"]);
}

/// Stops a program until [`start`].
pub fn stop(program: &str) {
    operate(&["stop", program]);
}

pub fn start(program: &str) {
    operate(&["start", program]);
}

/// The rating replica that relays the outbox now.
pub async fn relaying_replica() -> String {
    let base: u16 = Stores::shared().setting("MATCHA_PORT_BASE").parse().unwrap();
    for replica in 1..=2_u16 {
        let metrics = format!("http://127.0.0.1:{}/metrics", base + 130 + replica);
        let Ok(answer) = reqwest::get(metrics).await else {
            continue;
        };
        if answer
            .text()
            .await
            .unwrap_or_default()
            .lines()
            .any(|line| line == "outbox_relaying 1")
        {
            return format!("rating-{replica}");
        }
    }
    "rating-1".to_owned()
}

fn operate(arguments: &[&str]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let stores = Stores::shared();
    let done = Command::new(root.join("infra/local/matcha"))
        .args(arguments)
        .current_dir(&root)
        .env("MATCHA_HOME", stores.setting("MATCHA_HOME"))
        .env("MATCHA_PORT_BASE", stores.setting("MATCHA_PORT_BASE"))
        .output()
        .expect("the operator's command starts");
    assert!(
        done.status.success(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}
