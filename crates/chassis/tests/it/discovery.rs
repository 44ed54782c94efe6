//! Registration, watching, balancing and ejection, with a real etcd and real gRPC servers.

use chassis::{
    client::Channels,
    config::{RegistryKind, ServiceConfig},
    discovery::Registry,
    grpc::Server,
    shutdown::Stop,
};
use testing::{Stores, eventually};
use tokio::net::TcpListener;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

fn config(namespace: &str, instance: &str) -> ServiceConfig {
    // Any of the known names; what counts is that tokens are made for and checked by the same one.
    let mut config = Stores::shared().service_config("rating", &[]);
    config.registry.registry = RegistryKind::Etcd;
    config.registry.etcd_namespace = namespace.to_owned();
    config.instance = instance.to_owned();
    config
}

/// A server with nothing but health, on a runtime of its own: dropping that is as sudden as kill -9.
struct Instance {
    stop: Stop,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Instance {
    fn start(namespace: &str, name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let stop = Stop::new();
        let (config, until) = (config(namespace, name), stop.clone());
        runtime.spawn(async move {
            let server = Server::new("rating", &config).await.unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            server.serve(listener, until).await
        });
        Self {
            stop,
            runtime: Some(runtime),
        }
    }

    /// Every connection is cut and nobody tells the registry.
    fn kill(mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[tokio::test]
async fn instances_are_found_when_they_come_and_forgotten_when_they_leave() {
    let namespace = format!("test-{}", uuid::Uuid::now_v7());
    let endpoints = Registry::new(&config(&namespace, "").registry).endpoints("rating");
    let one = Instance::start(&namespace, "rating-1");
    let _two = Instance::start(&namespace, "rating-2");
    eventually("both are known", async || endpoints.borrow().len() == 2).await;
    one.stop.stop();
    eventually("one has left", async || endpoints.borrow().keys().eq(["rating-2"])).await;
}

#[tokio::test]
async fn calls_go_on_when_one_of_two_instances_dies_without_a_word() {
    let namespace = format!("test-{}", uuid::Uuid::now_v7());
    let dying = Instance::start(&namespace, "rating-1");
    let _two = Instance::start(&namespace, "rating-2");
    let config = config(&namespace, "");
    let endpoints = Registry::new(&config.registry).endpoints("rating");
    eventually("both are known", async || endpoints.borrow().len() == 2).await;

    let client = HealthClient::new(Channels::new("rating", &config).unwrap().channel("rating"));
    let call = async || client.clone().check(HealthCheckRequest::default()).await;
    for _ in 0..20 {
        eventually("calls succeed", async || call().await.is_ok()).await;
    }
    // The endpoint stays listed until its lease ends.
    dying.kill();
    let mut failed = 0;
    for _ in 0..300 {
        failed += i32::from(call().await.is_err());
    }
    // What was under way on the dead instance may fail; after that it is left alone.
    assert!(failed <= 5, "{failed} of 300 calls failed");
}

#[tokio::test]
async fn a_call_to_nobody_ends_with_its_deadline() {
    let namespace = format!("test-{}", uuid::Uuid::now_v7());
    let client = HealthClient::new(
        Channels::new("rating", &config(&namespace, ""))
            .unwrap()
            .channel("rating"),
    );
    let began = std::time::Instant::now();
    let status = client.clone().check(HealthCheckRequest::default()).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    assert!(began.elapsed() < std::time::Duration::from_secs(3));
}
