//! gRPC health, as a client of `grpc.health.v1` sees it.

use std::time::Duration;

use chassis::{
    admin::{Check, Readiness},
    grpc::Server,
    shutdown::Stop,
};
use testing::eventually;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{server::NamedService as _, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use crate::{
    keys::{CALLEE, Keys},
    probe::{Probe, config},
};

struct Running {
    stores: [Check; 2],
    client: HealthClient<Channel>,
    serving: JoinHandle<anyhow::Result<()>>,
    stop: Stop,
    _keys: Keys,
}

impl Running {
    async fn start() -> Self {
        let (keys, readiness, stop) = (Keys::new(), Readiness::default(), Stop::new());
        let stores = [readiness.check("database"), readiness.check("cache")];
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Server::new(CALLEE, &config(&keys, CALLEE, &[]), readiness)
            .await
            .unwrap();
        let server = server
            .with_drain_timeout(Duration::from_secs(2))
            .add(Probe::default())
            .await;
        let serving = tokio::spawn(server.serve(listener, stop.clone()));
        Self {
            stores,
            client: HealthClient::new(Channel::from_shared(address).unwrap().connect_lazy()),
            serving,
            stop,
            _keys: keys,
        }
    }

    /// Of the process and of its service.
    async fn statuses(&self) -> [ServingStatus; 2] {
        let check = async |service: &str| {
            let request = HealthCheckRequest {
                service: service.to_owned(),
            };
            let answer = self.client.clone().check(request).await.unwrap();
            answer.into_inner().status()
        };
        [check("").await, check(Probe::NAME).await]
    }

    async fn become_both(&self, status: ServingStatus) {
        eventually(status.as_str_name(), async || self.statuses().await == [status; 2]).await;
    }
}

#[tokio::test]
async fn health_is_serving_while_all_checks_hold_and_not_serving_otherwise() {
    let server = Running::start().await;
    assert_eq!(server.statuses().await, [ServingStatus::NotServing; 2]);
    let [database, cache] = &server.stores;
    database.ok();
    // One check of two: give the server the time to report a wrong status.
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.statuses().await, [ServingStatus::NotServing; 2]);
    cache.ok();
    server.become_both(ServingStatus::Serving).await;
    database.failed();
    server.become_both(ServingStatus::NotServing).await;
    database.ok();
    server.become_both(ServingStatus::Serving).await;
}

#[tokio::test]
async fn a_watching_client_sees_the_stop_and_does_not_hold_it_up() {
    let mut server = Running::start().await;
    server.stores.iter().for_each(Check::ok);
    server.become_both(ServingStatus::Serving).await;
    let watch = server.client.watch(HealthCheckRequest::default()).await.unwrap();
    let mut watch = watch.into_inner();
    let mut seen = Vec::new();
    seen.push(watch.message().await.unwrap().unwrap().status());
    server.stop.stop();
    let rest = async {
        while let Some(answer) = watch.message().await.unwrap() {
            seen.push(answer.status());
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(5), rest).await;
    ended.expect("the stream of the watch ends");
    assert_eq!(seen, [ServingStatus::Serving, ServingStatus::NotServing]);
    server
        .serving
        .await
        .unwrap()
        .expect("the stream of the watch ended before the drain ran out");
}
