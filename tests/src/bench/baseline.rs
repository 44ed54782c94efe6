//! What there is to compare with: a bare axum route that makes one call to a bare tonic service and answers some JSON, each
//! in a process of its own.

use std::process::{Child, Command, Stdio};

use axum::{Json, Router, routing::get};
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

pub(crate) struct Processes {
    pub(crate) url: String,
    children: [Child; 2],
}

impl Processes {
    pub(crate) async fn start() -> Self {
        let (http, grpc) = (free_port().await, free_port().await);
        let spawn = |kind: &str, port: u16, next: u16| {
            Command::new(std::env::current_exe().unwrap())
                .args(["baseline", kind, &port.to_string(), &next.to_string()])
                .stdin(Stdio::null())
                .spawn()
                .unwrap()
        };
        let children = [spawn("grpc", grpc, 0), spawn("http", http, grpc)];
        let url = format!("http://127.0.0.1:{http}/");
        while reqwest::get(&url).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Self { url, children }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// `baseline grpc|http PORT NEXT`, until killed.
pub(crate) async fn serve() {
    let arguments: Vec<String> = std::env::args().collect();
    let port: u16 = arguments[3].parse().unwrap();
    if arguments[2] == "grpc" {
        let (reporter, health) = tonic_health::server::health_reporter();
        reporter
            .set_service_status("", tonic_health::ServingStatus::Serving)
            .await;
        let address = ([127, 0, 0, 1], port).into();
        Server::builder()
            .tcp_nodelay(true)
            .add_service(health)
            .serve(address)
            .await
            .unwrap();
    } else {
        let next = Endpoint::from_shared(format!("http://127.0.0.1:{}", arguments[4])).unwrap();
        let client = HealthClient::new(next.tcp_nodelay(true).connect_lazy());
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "the baseline is axum without anything of matcha"
        )]
        let server = axum::serve(listener, Router::new().route("/", get(move || page(client))));
        server.await.unwrap();
    }
}

async fn page(mut client: HealthClient<Channel>) -> Json<serde_json::Value> {
    let answer = client.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    // About as large as a movie page.
    Json(serde_json::json!({ "status": answer.status, "filling": "x".repeat(2_000) }))
}
