//! HTTP/1 accept loop. `axum::serve` never closes a connection that sends its headers slowly; this one gives headers five
//! seconds, caps connections, and drains at the stop.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, extract::ConnectInfo};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::ServiceExt as _;

use crate::shutdown::Stop;

const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
const DRAIN: Duration = Duration::from_secs(8);
/// Further ones wait in the listen queue of the kernel.
const MOST_CONNECTIONS: usize = 4096;

/// Serves routes until the stop; handlers can extract `ConnectInfo<SocketAddr>`.
pub async fn serve(listener: TcpListener, routes: Router, stop: Stop) -> anyhow::Result<()> {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut server = hyper::server::conn::http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(64 * 1024);

    loop {
        let place = places.clone().acquire_owned().await?;
        let (stream, peer) = match stop.until(listener.accept()).await {
            None => break,
            Some(Ok(accepted)) => accepted,
            // Such as no file descriptors left: wait for some to be given back instead of spinning.
            Some(Err(error)) => {
                tracing::warn!(%error, "cannot accept");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let service = routes
            .clone()
            .map_request(move |request: http::Request<hyper::body::Incoming>| with_peer(request, peer));
        let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "connection ended");
            }
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(DRAIN, graceful.shutdown()).await;
    Ok(())
}

fn with_peer(request: http::Request<hyper::body::Incoming>, peer: SocketAddr) -> http::Request<axum::body::Body> {
    let mut request = request.map(axum::body::Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}
