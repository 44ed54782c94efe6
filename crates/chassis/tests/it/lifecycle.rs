//! From the start to the end of a process: what it says, and what it does at SIGTERM and SIGINT.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    keys::Keys,
    probe::{call, channel, left},
    process::{Process, Settings},
};

const SOON: Duration = Duration::from_secs(3);

#[tokio::test]
async fn a_started_service_logs_the_addresses_that_it_answers_on() {
    let keys = Keys::new();
    let process = Process::start(&keys, &Settings::default()).await;
    let grpc = process.address("serving gRPC").await;
    left(&channel(&keys, &[grpc])).await.unwrap();

    let admin = process.address("serving the admin port").await;
    let mut stream = TcpStream::connect(admin).await.unwrap();
    let request = b"GET /livez HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("alive\n"), "{answer}");
}

#[tokio::test]
async fn sigterm_lets_a_call_under_way_finish_and_the_exit_code_is_zero() {
    let keys = Keys::new();
    let settings = Settings {
        latency: Duration::from_millis(700),
        ..Settings::default()
    };
    let process = Process::start(&keys, &settings).await;
    let channel = channel(&keys, &[process.address("serving gRPC").await]).with_limit(SOON);
    let under_way = tokio::spawn(async move { call(&channel, "Left").await });
    // The call takes longer than this and the time until the server stops accepting.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!under_way.is_finished());
    process.signal("TERM").await;
    under_way.await.unwrap().unwrap();
    assert_eq!(process.exit_code(SOON).await, 0);
}

#[tokio::test]
async fn a_second_signal_ends_a_draining_process_at_once() {
    let keys = Keys::new();
    let settings = Settings {
        deaf: true,
        drain: Duration::from_secs(60),
        ..Settings::default()
    };
    for (first, second, code) in [("TERM", "TERM", 143), ("INT", "INT", 130), ("INT", "TERM", 143)] {
        let mut process = Process::start(&keys, &settings).await;
        process.signal(first).await;
        process.logged("draining").await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(process.is_running(), "one {first} is no reason not to drain");
        process.signal(second).await;
        assert_eq!(process.exit_code(SOON).await, code);
    }
}

#[tokio::test]
async fn a_drain_that_runs_out_ends_with_an_exit_code_that_is_not_zero() {
    let keys = Keys::new();
    let settings = Settings {
        deaf: true,
        drain: Duration::from_millis(500),
        ..Settings::default()
    };
    let process = Process::start(&keys, &settings).await;
    process.signal("TERM").await;
    assert_eq!(process.exit_code(SOON).await, 1);
}
