//! Balances calls over the instances in the registry: power of two choices, by peak EWMA of their latency.
//!
//! tonic's own `balance_channel` has no load metric and can go on picking a dead instance.

use std::{convert::Infallible, future::Future, pin::Pin, time::Duration};

use futures::Stream;
use tokio::sync::watch;
use tonic::{body::Body, transport};
use tower::{
    BoxError, ServiceExt as _,
    balance::p2c::Balance,
    buffer::Buffer,
    discover::Change,
    load::{CompleteOnResponse, PeakEwmaDiscover},
};

use super::eject::Eject;
use crate::discovery::Endpoints;

pub(super) type Answer = Pin<Box<dyn Future<Output = Result<http::Response<Body>, BoxError>> + Send>>;
pub(super) type Balanced = Buffer<http::Request<Body>, Answer>;

/// Calls that may wait for an instance in the buffer; further ones wait for a place in it, under their own deadline.
const MAX_WAITING: usize = 1024;
const CONNECT: Duration = Duration::from_millis(300);
/// Assumed latency of an instance without calls, so that a new one gets some of them and not all.
const FIRST_LATENCY: Duration = Duration::from_millis(20);
const DECAY: Duration = Duration::from_secs(10);

pub(super) fn balance(callee: &'static str, endpoints: watch::Receiver<Endpoints>) -> Balanced {
    let changes = Box::pin(changes(callee, endpoints));
    let loads =
        PeakEwmaDiscover::new::<http::Request<Body>>(changes, FIRST_LATENCY, DECAY, CompleteOnResponse::default());
    let balance = Balance::new(loads);
    Buffer::new(balance.map_future(|answer| Box::pin(answer) as Answer), MAX_WAITING)
}

type Found = Result<Change<String, Eject<transport::Channel>>, Infallible>;

/// The differences between one set of endpoints and the next, as a stream of insertions and removals.
fn changes(callee: &'static str, endpoints: watch::Receiver<Endpoints>) -> impl Stream<Item = Found> + Send {
    let begin = (endpoints, Endpoints::new(), Vec::new(), true);
    futures::stream::unfold(
        begin,
        move |(mut endpoints, mut known, mut pending, mut first)| async move {
            while pending.is_empty() {
                if !first && endpoints.changed().await.is_err() {
                    // The sender is gone: keep the known endpoints.
                    std::future::pending::<()>().await;
                }
                first = false;
                let now = endpoints.borrow_and_update().clone();
                pending = differences(callee, &known, &now);
                metrics::gauge!("discovered_endpoints", "service" => callee).set(now.len() as f64);
                known = now;
            }
            pending
                .pop()
                .map(|change| (Ok(change), (endpoints, known, pending, first)))
        },
    )
}

fn differences(
    callee: &'static str,
    before: &Endpoints,
    now: &Endpoints,
) -> Vec<Change<String, Eject<transport::Channel>>> {
    let mut changes = Vec::new();
    for gone in before.keys().filter(|instance| !now.contains_key(*instance)) {
        tracing::info!(callee, instance = gone, "endpoint gone");
        changes.push(Change::Remove(gone.clone()));
    }
    for (instance, endpoint) in now {
        if before.get(instance).is_some_and(|old| old.address == endpoint.address) {
            continue;
        }
        let Ok(target) = transport::Endpoint::from_shared(format!("http://{}", endpoint.address)) else {
            tracing::error!(callee, instance, address = endpoint.address, "no usable address");
            continue;
        };
        tracing::info!(callee, instance, address = endpoint.address, "endpoint found");
        let channel = target
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(5))
            .keep_alive_timeout(Duration::from_secs(3))
            .connect_lazy();
        changes.push(Change::Insert(
            instance.clone(),
            Eject::new(channel, callee, instance.clone()),
        ));
    }
    changes
}
