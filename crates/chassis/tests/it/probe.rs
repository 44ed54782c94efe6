//! A gRPC service whose answers say what reached it, and a server of it.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use chassis::{
    client::{Channel, Channels},
    config::ServiceConfig,
    deadline,
    identity::Caller,
};
use testing::Stores;
use tonic::{Code, Status, body::Body, server::NamedService};
use tower::{Service, ServiceExt as _};

use crate::keys::{CALLEE, CALLER, Keys};

/// `Left` answers with the milliseconds that are left of the deadline, here or at the next service; `Panic` panics; `Never` does
/// not answer. Every answer names the instance and the caller.
#[derive(Clone, Default)]
pub(crate) struct Probe {
    pub(crate) calls: Arc<AtomicUsize>,
    pub(crate) next: Option<Channel>,
    pub(crate) instance: String,
    pub(crate) latency: Duration,
}

impl NamedService for Probe {
    const NAME: &'static str = "matcha.test.Probe";
}

impl Service<http::Request<Body>> for Probe {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let probe = self.clone();
        Box::pin(async move {
            probe.calls.fetch_add(1, Ordering::SeqCst);
            match request.uri().path().rsplit('/').next() {
                Some("Panic") => panic!("this method panics"),
                Some("Never") => std::future::pending().await,
                _ => {}
            }
            tokio::time::sleep(probe.latency).await;
            let left = match &probe.next {
                Some(next) => left(next).await.unwrap(),
                None => deadline::left(Duration::from_secs(60)),
            };
            let mut response = Status::ok("").into_http();
            let mut set = |key, value: String| response.headers_mut().insert(key, value.parse().unwrap());
            set("left", left.as_millis().to_string());
            set("instance", probe.instance);
            set("caller", format!("{:?}", request.extensions().get::<Caller>()));
            Ok(response)
        })
    }
}

/// Settings of a server or a client with keys of the test's own.
pub(crate) fn config(keys: &Keys, own: &str, peers: &[String]) -> ServiceConfig {
    ServiceConfig {
        identity: keys.config(own),
        ..Stores::shared().service_config(own, peers)
    }
}

/// A channel to instances at fixed addresses.
pub(crate) fn channel(keys: &Keys, addresses: &[SocketAddr]) -> Channel {
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let peers = [format!("{CALLEE}={}", addresses.join("|"))];
    Channels::new(CALLER, &config(keys, CALLER, &peers))
        .unwrap()
        .channel(CALLEE)
}

pub(crate) fn post(method: &str) -> http::Request<Body> {
    let uri = format!("http://{CALLEE}/{}/{method}", Probe::NAME);
    http::Request::post(uri).body(Body::empty()).unwrap()
}

/// Calls a method; an error status in the answer is an error.
pub(crate) async fn call(channel: &Channel, method: &str) -> Result<http::HeaderMap, Status> {
    let response = channel.clone().oneshot(post(method)).await?;
    match Status::from_header_map(response.headers()) {
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => Ok(response.headers().clone()),
    }
}

pub(crate) async fn left(channel: &Channel) -> Result<Duration, Status> {
    let headers = call(channel, "Left").await?;
    let left = headers["left"].to_str().unwrap().parse().unwrap();
    Ok(Duration::from_millis(left))
}
