//! What a call carries and what becomes of one that goes wrong, with a real channel and a real server.

use std::{
    convert::Infallible,
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
    deadline,
    grpc::Server,
    shutdown::Stop,
};
use testing::Stores;
use tokio::net::TcpListener;
use tonic::{Code, Status, body::Body, server::NamedService};
use tower::{Service, ServiceExt as _};

/// Answers with the milliseconds that are left for it, or panics, or calls on and answers what was left there.
#[derive(Clone)]
struct Probe {
    calls: Arc<AtomicUsize>,
    next: Option<Channel>,
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
            assert!(!request.uri().path().ends_with("/Panic"), "told to");
            let left = match &probe.next {
                Some(next) => left(next).await.unwrap(),
                None => deadline::left(Duration::from_secs(60)),
            };
            let mut response = Status::ok("").into_http();
            let left = left.as_millis().to_string().parse().unwrap();
            response.headers_mut().insert("left", left);
            Ok(response)
        })
    }
}

/// Starts a server and gives the channel to it.
async fn start(next: Option<Channel>, stop: &Stop) -> (Channel, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peers = [format!("rating={}", listener.local_addr().unwrap())];
    let config = Stores::shared().service_config("rating", &peers);
    let server = Server::new("rating", &config).await.unwrap();
    let server = server
        .add(Probe {
            calls: calls.clone(),
            next,
        })
        .await;
    tokio::spawn(server.serve(listener, stop.clone()));
    (Channels::new("rating", &config).unwrap().channel("rating"), calls)
}

async fn call(channel: &Channel, method: &str) -> Result<http::Response<Body>, Status> {
    let uri = format!("http://rating/matcha.test.Probe/{method}");
    let request = http::Request::post(uri).body(Body::empty()).unwrap();
    channel.clone().oneshot(request).await
}

async fn left(channel: &Channel) -> Result<Duration, Status> {
    let response = call(channel, "Left").await?;
    let left = response.headers().get("left").and_then(|left| left.to_str().ok());
    let left = left
        .and_then(|left| left.parse().ok())
        .ok_or_else(|| Status::internal("no answer"))?;
    Ok(Duration::from_millis(left))
}

#[tokio::test]
async fn what_is_left_of_a_deadline_is_passed_on_from_service_to_service() {
    let stop = Stop::new();
    let (last, _) = start(None, &stop).await;
    let (first, _) = start(Some(last), &stop).await;
    let limit = Duration::from_millis(500);
    let there = deadline::within(limit, left(&first)).await.unwrap();
    assert!(
        there < limit && there > Duration::ZERO,
        "{there:?} left at the second service"
    );
    stop.stop();
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_one_call_and_nobody_leaves_the_instance_alone() {
    // The first trace of a process reads its symbols, which takes longer than a call may.
    let _ = std::panic::catch_unwind(|| panic!("told to, once before"));
    let stop = Stop::new();
    let (channel, calls) = start(None, &stop).await;
    for _ in 0..20 {
        let response = call(&channel, "Panic").await.unwrap();
        let status = Status::from_header_map(response.headers()).unwrap();
        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
        left(&channel).await.unwrap();
    }
    assert_eq!(calls.load(Ordering::SeqCst), 40);
    stop.stop();
}
