//! HTTP/1 server. `axum::serve` never closes a connection that sends its headers slowly or does not read its response; this one
//! allows five seconds for headers and twenty without reading, caps the connections in all and of one address, and drains at the
//! stop.

mod address_share;
mod error_body;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use axum::{Router, extract::ConnectInfo};
use futures::future::BoxFuture;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tower::ServiceExt as _;

use self::{address_share::AddressShares, error_body::WithErrorBodies};
pub use self::{
    address_share::client_network,
    error_body::{ErrorBody, ErrorBodyFor},
};
use crate::shutdown::Stop;

const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);

/// Limits of a connection and of their number.
#[derive(Clone)]
pub struct Limits {
    /// From the first byte of a request to the end of its headers.
    pub headers: Duration,
    /// How long a peer may leave a response unread.
    pub stuck: Duration,
    /// Open connections; further ones wait in the listen queue of the kernel.
    pub connections: usize,
    /// Open connections of one address, or of one IPv6 network of 64 bits; further ones are closed at once.
    pub connections_of_address: usize,
    /// Addresses without that limit: proxies, through which many clients come.
    pub is_proxy: Arc<dyn Fn(IpAddr) -> bool + Send + Sync>,
    /// Bodies for the responses of hyper itself.
    pub error_body: ErrorBodyFor,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            headers: Duration::from_secs(5),
            stuck: Duration::from_secs(20),
            connections: 4096,
            connections_of_address: 4096 / 4,
            is_proxy: Arc::new(|_| false),
            error_body: |_| None,
        }
    }
}

/// Serves routes until the stop; handlers can extract `ConnectInfo<SocketAddr>`. A drain that runs out is an error.
pub fn serve(
    listener: TcpListener,
    routes: Router,
    limits: Limits,
    stop: Stop,
) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that each service does not compile it again.
    Box::pin(serve_until(listener, routes, limits, stop))
}

async fn serve_until(listener: TcpListener, routes: Router, limits: Limits, stop: Stop) -> anyhow::Result<()> {
    let places = Arc::new(Semaphore::new(limits.connections));
    let shares = Arc::new(AddressShares::default());
    let graceful = GracefulShutdown::new();
    let mut server = hyper::server::conn::http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers)
        .max_buf_size(64 * 1024);

    loop {
        let place = match stop.until(places.clone().acquire_owned()).await {
            None => break,
            Some(place) => place?,
        };
        let (stream, peer) = match stop.until(listener.accept()).await {
            None => break,
            Some(Ok(accepted)) => accepted,
            // Usually no file descriptor is free: wait instead of spinning.
            Some(Err(error)) => {
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let most = if (limits.is_proxy)(peer.ip()) {
            limits.connections
        } else {
            limits.connections_of_address
        };
        let Some(counted) = shares.take(peer.ip(), most) else {
            metrics::counter!("http_connections_refused_total").increment(1);
            tracing::debug!(%peer, "this address has its share of the connections already");
            continue;
        };
        let _ = stream.set_nodelay(true);
        give_up_on_stuck_readers(&stream, limits.stuck);
        let service = routes
            .clone()
            .map_request(move |request: http::Request<hyper::body::Incoming>| with_peer(request, peer));
        let connection = server.serve_connection(
            TokioIo::new(WithErrorBodies::new(stream, limits.error_body)),
            TowerToHyperService::new(service),
        );
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "connection ended");
            }
            drop((place, counted));
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await;
    drained.with_context(|| format!("requests were still running {DRAIN_TIMEOUT:?} after the stop"))
}

/// Makes the kernel close a connection whose peer does not acknowledge data for so long. Neither the header timeout nor a handler's
/// deadline covers this, since the response is already being written. Linux only.
fn give_up_on_stuck_readers(stream: &TcpStream, after: Duration) {
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(after));
    #[cfg(not(target_os = "linux"))]
    let _ = (stream, after);
}

fn with_peer(request: http::Request<hyper::body::Incoming>, peer: SocketAddr) -> http::Request<axum::body::Body> {
    let mut request = request.map(axum::body::Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}
