//! Peers that hold connections without using them.

use std::time::Duration;

use axum::{Router, routing::get};
use chassis::{
    http::{Limits, serve},
    shutdown::Stop,
};
use testing::eventually;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// Larger than all buffers between the two ends.
const LARGE: usize = 64 << 20;

async fn start(limits: Limits) -> (std::net::SocketAddr, Stop) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new()
        .route("/small", get(async || "small"))
        .route("/large", get(async || vec![b'x'; LARGE]));
    let stop = Stop::new();
    tokio::spawn(serve(listener, routes, limits, stop.clone()));
    (address, stop)
}

async fn ask(address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_peer_that_sends_half_a_header_loses_its_connection() {
    let (address, stop) = start(Limits {
        headers: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /small HTTP/1.1\r\nhost: x\r\nx-slow: ")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection was still open after ten seconds");
    assert!(ask(address).await.ends_with("small"));
    stop.stop();
}

#[tokio::test]
async fn beyond_the_cap_connections_wait_and_are_served_when_one_ends() {
    let (address, stop) = start(Limits {
        connections: 2,
        ..Limits::default()
    })
    .await;
    let idle = [
        TcpStream::connect(address).await.unwrap(),
        TcpStream::connect(address).await.unwrap(),
    ];
    let third = tokio::spawn(ask(address));
    tokio::time::timeout(Duration::from_millis(300), async {
        eventually("it is answered, which it must not be", async || third.is_finished()).await;
    })
    .await
    .unwrap_err();
    drop(idle);
    assert!(third.await.unwrap().ends_with("small"));
    stop.stop();
}

/// A connection from this address of the machine itself.
#[cfg(target_os = "linux")]
async fn connect_from(own: &str, to: std::net::SocketAddr) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(format!("{own}:0").parse().unwrap()).unwrap();
    socket.connect(to).await.unwrap()
}

#[cfg(target_os = "linux")]
async fn ask_from(own: &str, to: std::net::SocketAddr) -> String {
    let mut stream = connect_from(own, to).await;
    let request = b"GET /small HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut answer = Vec::new();
    // A connection that is closed at once may break while the request is written.
    if stream.write_all(request).await.is_ok() {
        let _ = stream.read_to_end(&mut answer).await;
    }
    String::from_utf8(answer).unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_address_takes_its_share_of_the_connections_and_a_proxy_all_of_them() {
    let (address, stop) = start(Limits {
        connections: 8,
        connections_of_address: 2,
        is_proxy: std::sync::Arc::new(|peer| peer.to_string() == "127.0.0.3"),
        ..Limits::default()
    })
    .await;
    let mut idle = Vec::new();
    for _ in 0..6 {
        idle.push(connect_from("127.0.0.1", address).await);
    }
    assert!(
        ask_from("127.0.0.2", address).await.ends_with("small"),
        "another address"
    );
    assert_eq!(ask_from("127.0.0.1", address).await, "", "closed at once");
    let proxied = [
        connect_from("127.0.0.3", address).await,
        connect_from("127.0.0.3", address).await,
    ];
    assert!(ask_from("127.0.0.3", address).await.ends_with("small"), "a proxy");
    drop((idle, proxied));
    eventually("the share is free again", async || {
        ask_from("127.0.0.1", address).await.ends_with("small")
    })
    .await;
    stop.stop();
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_peer_that_never_reads_its_answer_gives_its_place_back() {
    let (address, stop) = start(Limits {
        stuck: Duration::from_millis(500),
        connections: 1,
        ..Limits::default()
    })
    .await;
    let mut stuck = TcpStream::connect(address).await.unwrap();
    stuck
        .write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    let other = tokio::time::timeout(Duration::from_secs(30), ask(address)).await;
    assert!(other.expect("the only place was given back").ends_with("small"));
    drop(stuck);
    stop.stop();
}
