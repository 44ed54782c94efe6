//! Service registry in etcd. An instance registers under a lease and renews it; clients watch the keys. While etcd does not answer,
//! clients keep the last known endpoints; an instance that lost its lease takes a new one.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context as _;
use etcd_client::{Client, ConnectOptions, EventType, GetOptions, PutOptions, WatchOptions};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    config::{RegistryConfig, RegistryKind, ServiceConfig},
    shutdown::Stop,
};

const LEASE_SECONDS: i64 = 5;
const RENEW: Duration = Duration::from_millis(1500);
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The registered value of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub address: String,
    pub version: String,
    /// `stable`, or the name of a canary that gets some of the calls.
    pub track: String,
}

/// Endpoints of one service by instance name.
pub type Endpoints = BTreeMap<String, Endpoint>;

/// Keeps this instance of the service `name` registered until the stop, and removes it then.
pub async fn register(
    config: ServiceConfig,
    name: &'static str,
    address: SocketAddr,
    stop: Stop,
) -> anyhow::Result<()> {
    if config.registry.registry == RegistryKind::Static {
        stop.stopped().await;
        return Ok(());
    }
    let instance = if config.instance.is_empty() {
        format!("{name}-{}", uuid::Uuid::new_v4())
    } else {
        config.instance.clone()
    };
    let key = format!("{}/{instance}", prefix(&config.registry, name));
    let endpoint = Endpoint {
        address: address.to_string(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        track: "stable".to_owned(),
    };
    let value = serde_json::to_string(&endpoint).context("an endpoint is plain data")?;
    while !stop.is_stopped() {
        if let Err(error) = hold_lease(&config.registry, &key, &value, &stop).await {
            tracing::warn!(error = %format!("{error:#}"), "not registered; trying again");
            metrics::counter!("registry_losses_total").increment(1);
            stop.until(tokio::time::sleep(RETRY_PAUSE)).await;
        }
    }
    Ok(())
}

/// Registers under a new lease and renews it until the stop, when the lease is revoked and with it the key. A lost lease is an
/// error.
async fn hold_lease(registry: &RegistryConfig, key: &str, value: &str, stop: &Stop) -> anyhow::Result<()> {
    let mut client = connect(registry).await?;
    let lease = client.lease_grant(LEASE_SECONDS, None).await?.id();
    client
        .put(key, value, Some(PutOptions::new().with_lease(lease)))
        .await?;
    let (mut keeper, mut answers) = client.lease_keep_alive(lease).await?;
    tracing::info!(key, "registered");
    while stop.until(tokio::time::sleep(RENEW)).await.is_some() {
        let renewed = async {
            keeper.keep_alive().await?;
            answers.message().await
        };
        let answer = tokio::time::timeout(Duration::from_secs(3), renewed)
            .await
            .context("etcd does not answer")??;
        anyhow::ensure!(answer.is_some_and(|answer| answer.ttl() > 0), "the lease is gone");
    }
    client.lease_revoke(lease).await?;
    Ok(())
}

/// The endpoints of other services; one watch per service and process.
#[derive(Clone)]
pub struct Registry {
    config: RegistryConfig,
    watched: Arc<Mutex<HashMap<&'static str, watch::Receiver<Endpoints>>>>,
}

impl Registry {
    pub fn new(config: &RegistryConfig) -> Self {
        Self {
            config: config.clone(),
            watched: Arc::default(),
        }
    }

    /// The endpoints of a service; the receiver sees every change.
    pub fn endpoints(&self, name: &'static str) -> watch::Receiver<Endpoints> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched
            .entry(name)
            .or_insert_with(|| {
                let (sender, receiver) = watch::channel(Endpoints::new());
                match self.config.registry {
                    RegistryKind::Static => {
                        sender.send_replace(fixed(&self.config.peers, name));
                    }
                    RegistryKind::Etcd => {
                        tokio::spawn(follow(self.config.clone(), name, sender));
                    }
                }
                receiver
            })
            .clone()
    }
}

/// Parses `name=host:port|host:port`.
fn fixed(peers: &[String], name: &str) -> Endpoints {
    let ours = peers.iter().filter_map(|peer| peer.split_once('='));
    let addresses = ours
        .filter(|(peer, _)| *peer == name)
        .flat_map(|(_, list)| list.split('|'));
    addresses
        .enumerate()
        .map(|(number, address)| {
            let endpoint = Endpoint {
                address: address.to_owned(),
                version: String::new(),
                track: "stable".to_owned(),
            };
            (format!("{name}-{}", number + 1), endpoint)
        })
        .collect()
}

/// Watches etcd as long as there is a receiver. The known endpoints stay while etcd does not answer.
async fn follow(config: RegistryConfig, name: &'static str, sender: watch::Sender<Endpoints>) {
    let mut first = true;
    while !sender.is_closed() {
        if let Err(error) = list_and_watch(&config, name, &sender, first).await {
            tracing::warn!(service = name, error = %format!("{error:#}"), known = sender.borrow().len(),
                "the registry is away; going on with the endpoints known");
        }
        first = false;
        tokio::time::sleep(RETRY_PAUSE).await;
    }
}

async fn list_and_watch(
    config: &RegistryConfig,
    name: &str,
    sender: &watch::Sender<Endpoints>,
    first: bool,
) -> anyhow::Result<()> {
    let prefix = format!("{}/", prefix(config, name));
    let mut client = connect(config).await?;
    let listed = list(&mut client, &prefix).await?.1;
    // After an outage of etcd, instances have to register again: wait for the longest time this takes before removing any.
    sender.send_modify(|endpoints| endpoints.extend(listed));
    if !first {
        tokio::time::sleep(Duration::from_secs(LEASE_SECONDS as u64 + 1)).await;
    }
    let (revision, listed) = list(&mut client, &prefix).await?;
    sender.send_if_modified(|endpoints| {
        let changed = *endpoints != listed;
        *endpoints = listed;
        changed
    });

    let options = WatchOptions::new()
        .with_prefix()
        .with_start_revision(revision + 1)
        .with_progress_notify();
    let mut changes = client.watch(prefix.clone(), Some(options)).await?;
    while let Some(change) = changes.message().await? {
        anyhow::ensure!(!change.canceled(), "the watch was cancelled");
        for event in change.events() {
            let Some(pair) = event.kv() else { continue };
            let instance = pair.key_str()?.trim_start_matches(&prefix).to_owned();
            match event.event_type() {
                EventType::Put => {
                    let endpoint: Endpoint = serde_json::from_slice(pair.value())?;
                    sender.send_modify(|endpoints| {
                        endpoints.insert(instance, endpoint);
                    });
                }
                EventType::Delete => sender.send_modify(|endpoints| {
                    endpoints.remove(&instance);
                }),
            }
        }
    }
    anyhow::bail!("the watch ended")
}

async fn list(client: &mut Client, prefix: &str) -> anyhow::Result<(i64, Endpoints)> {
    let listed = client.get(prefix, Some(GetOptions::new().with_prefix())).await?;
    let revision = listed.header().map_or(0, etcd_client::ResponseHeader::revision);
    let mut endpoints = Endpoints::new();
    for pair in listed.kvs() {
        let instance = pair.key_str()?.trim_start_matches(prefix).to_owned();
        endpoints.insert(instance, serde_json::from_slice(pair.value())?);
    }
    Ok((revision, endpoints))
}

async fn connect(config: &RegistryConfig) -> anyhow::Result<Client> {
    // etcd ends connections that ping more often than every 5 s.
    let options = ConnectOptions::new()
        .with_connect_timeout(Duration::from_secs(2))
        .with_keep_alive(Duration::from_secs(6), Duration::from_secs(3))
        .with_keep_alive_while_idle(true);
    Client::connect(&config.etcd_endpoints, Some(options))
        .await
        .context("cannot connect to etcd")
}

fn prefix(config: &RegistryConfig, name: &str) -> String {
    format!("/{}/services/{name}", config.etcd_namespace)
}
