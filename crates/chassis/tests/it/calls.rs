//! What a call carries and what becomes of one that goes wrong, with a real channel and a real server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chassis::{admin::Readiness, client::Channel, deadline, grpc::Server, shutdown::Stop};
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::Code;

use crate::{
    keys::{CALLEE, Keys},
    probe::{Probe, call, channel, config, left},
};

struct Running {
    channel: Channel,
    calls: Arc<AtomicUsize>,
    serving: JoinHandle<anyhow::Result<()>>,
    stop: Stop,
}

/// Starts a server that drains for at most 300 ms.
async fn start(keys: &Keys, next: Option<Channel>) -> Running {
    let stop = Stop::new();
    let probe = Probe {
        next,
        ..Probe::default()
    };
    let calls = probe.calls.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let channel = channel(keys, &[listener.local_addr().unwrap()]);
    let config = config(keys, CALLEE, &[]);
    let server = Server::new(CALLEE, &config, Readiness::default());
    let server = server.await.unwrap().with_drain_timeout(Duration::from_millis(300));
    let serving = tokio::spawn(server.add(probe).await.serve(listener, stop.clone()));
    Running {
        channel,
        calls,
        serving,
        stop,
    }
}

#[tokio::test]
async fn what_is_left_of_a_deadline_is_passed_on_from_service_to_service() {
    let keys = Keys::new();
    let last = start(&keys, None).await;
    let first = start(&keys, Some(last.channel)).await;
    let limit = Duration::from_millis(500);
    let there = deadline::within(limit, left(&first.channel)).await.unwrap();
    assert!(
        there < limit && there > Duration::ZERO,
        "{there:?} left at the second service"
    );
}

#[tokio::test]
async fn a_panic_is_an_internal_error_of_one_call_and_does_not_eject_the_instance() {
    // The first backtrace of a process reads its symbols, which takes longer than a call may.
    let _ = std::panic::catch_unwind(|| panic!("before the server starts"));
    let keys = Keys::new();
    let server = start(&keys, None).await;
    for _ in 0..20 {
        let status = call(&server.channel, "Panic").await.unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::Internal, "internal error"));
        left(&server.channel).await.unwrap();
    }
    assert_eq!(server.calls.load(Ordering::SeqCst), 40);
}

#[tokio::test]
async fn a_server_whose_calls_end_drains_without_an_error() {
    let keys = Keys::new();
    let server = start(&keys, None).await;
    left(&server.channel).await.unwrap();
    server.stop.stop();
    server.serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_call_that_outlasts_the_drain_is_an_error_of_the_server() {
    let keys = Keys::new();
    let server = start(&keys, None).await;
    let channel = server.channel.with_limit(Duration::from_secs(2));
    let call = tokio::spawn(async move { call(&channel, "Never").await });
    testing::eventually("the call is under way", async || {
        server.calls.load(Ordering::SeqCst) == 1
    })
    .await;
    server.stop.stop();
    let error = server.serving.await.unwrap().expect_err("a call was cut off");
    assert_eq!(error.to_string(), "calls were still running 300ms after the stop");
    assert!(call.await.unwrap().is_err());
}
