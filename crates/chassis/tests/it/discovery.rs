//! Registration, watching, balancing and ejection, with a real etcd and real servers: processes that are frozen by SIGSTOP and
//! killed by SIGKILL.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chassis::{
    client::{Channel, Channels},
    config::{RegistryKind, ServiceConfig},
    discovery::Registry,
};
use testing::eventually;
use tokio::task::JoinSet;

use crate::{
    keys::{CALLEE, CALLER, Keys},
    probe::{self, call},
    process::{Process, Settings},
};

const CALLERS: usize = 8;

/// Settings of a client that finds instances by etcd.
fn config(keys: &Keys, namespace: &str) -> ServiceConfig {
    let mut config = probe::config(keys, CALLER, &[]);
    config.registry.registry = RegistryKind::Etcd;
    config.registry.etcd_namespace = namespace.to_owned();
    config
}

fn namespace() -> String {
    format!("test-{}", uuid::Uuid::now_v7())
}

async fn registered(keys: &Keys, namespace: &str, instance: &'static str) -> Process {
    let settings = Settings {
        instance,
        namespace: Some(namespace.to_owned()),
        ..Settings::default()
    };
    Process::start(keys, &settings).await
}

/// Two instances at fixed addresses, which no registry takes off, and a channel to both.
async fn pair(keys: &Keys, latencies: [u64; 2]) -> ([Process; 2], Channel) {
    let start = async |instance, latency| {
        let settings = Settings {
            instance,
            latency: Duration::from_millis(latency),
            ..Settings::default()
        };
        Process::start(keys, &settings).await
    };
    let instances = [
        start("callee-1", latencies[0]).await,
        start("callee-2", latencies[1]).await,
    ];
    let addresses = [
        instances[0].address("serving gRPC").await,
        instances[1].address("serving gRPC").await,
    ];
    (instances, probe::channel(keys, &addresses))
}

/// Calls that several callers made, each one after the other.
#[derive(Default)]
struct Tally {
    by_instance: HashMap<String, usize>,
    failed: usize,
}

impl Tally {
    fn of(&self, instance: &str) -> usize {
        self.by_instance.get(instance).copied().unwrap_or(0)
    }

    fn succeeded(&self) -> usize {
        self.by_instance.values().sum()
    }
}

async fn call_for(time: Duration, channel: &Channel) -> Tally {
    let tally = Arc::<Mutex<Tally>>::default();
    let end = Instant::now() + time;
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (channel, tally) = (channel.clone(), tally.clone());
        callers.spawn(async move {
            while Instant::now() < end {
                let answer = call(&channel, "Left").await;
                let mut tally = tally.lock().unwrap();
                match answer {
                    Ok(headers) => {
                        let instance = headers["instance"].to_str().unwrap().to_owned();
                        *tally.by_instance.entry(instance).or_default() += 1;
                    }
                    Err(_) => tally.failed += 1,
                }
            }
        });
    }
    while let Some(ended) = callers.join_next().await {
        ended.unwrap();
    }
    std::mem::take(&mut tally.lock().unwrap())
}

#[tokio::test]
async fn instances_are_found_when_they_come_and_forgotten_when_they_leave() {
    let (keys, namespace) = (Keys::new(), namespace());
    let endpoints = Registry::new(&config(&keys, &namespace).registry).endpoints(CALLEE);
    let one = registered(&keys, &namespace, "callee-1").await;
    let _two = registered(&keys, &namespace, "callee-2").await;
    eventually("both are known", async || endpoints.borrow().len() == 2).await;
    one.signal("TERM").await;
    eventually("one has left", async || endpoints.borrow().keys().eq(["callee-2"])).await;
}

#[tokio::test]
async fn two_equal_instances_get_about_half_of_the_calls_each() {
    let keys = Keys::new();
    let (_instances, channel) = pair(&keys, [10, 10]).await;
    let tally = call_for(Duration::from_secs(2), &channel).await;
    assert_eq!(tally.failed, 0);
    for instance in ["callee-1", "callee-2"] {
        let share = tally.of(instance) as f64 / tally.succeeded() as f64;
        assert!((0.3..=0.7).contains(&share), "{instance} got {share:.2}");
    }
}

#[tokio::test]
async fn a_slow_instance_gets_few_of_the_calls() {
    let keys = Keys::new();
    let (_instances, channel) = pair(&keys, [5, 100]).await;
    let tally = call_for(Duration::from_secs(2), &channel).await;
    assert_eq!(tally.failed, 0);
    let share = tally.of("callee-2") as f64 / tally.succeeded() as f64;
    // By the calls under way alone it would be one in twenty; spread evenly, every second.
    assert!((0.001..=0.1).contains(&share), "the slow one got {share:.3}");
}

#[tokio::test]
async fn calls_go_on_when_one_of_two_instances_dies_without_a_word() {
    let (keys, namespace) = (Keys::new(), namespace());
    let dying = registered(&keys, &namespace, "callee-1").await;
    let _two = registered(&keys, &namespace, "callee-2").await;
    let config = config(&keys, &namespace);
    let endpoints = Registry::new(&config.registry).endpoints(CALLEE);
    eventually("both are known", async || endpoints.borrow().len() == 2).await;
    let channel = Channels::new(CALLER, &config).unwrap().channel(CALLEE);
    eventually("both are called", async || {
        let tally = call_for(Duration::from_millis(200), &channel).await;
        tally.by_instance.len() == 2
    })
    .await;

    // The endpoint stays listed until its lease ends.
    dying.signal("KILL").await;
    let mut failed = 0;
    for _ in 0..300 {
        failed += i32::from(call(&channel, "Left").await.is_err());
    }
    // Those under way on the dead instance may fail; after that it is left alone.
    assert!(failed <= 5, "{failed} of 300 calls failed");
}

#[tokio::test]
async fn a_frozen_instance_is_left_alone_while_the_other_serves_and_is_called_again_after() {
    let keys = Keys::new();
    let (instances, channel) = pair(&keys, [20, 20]).await;
    let channel = channel.with_limit(Duration::from_millis(200));
    let before = call_for(Duration::from_secs(2), &channel).await;
    assert_eq!(before.failed, 0);
    assert_eq!(before.by_instance.len(), 2);

    // Its sockets stay open and the kernel goes on accepting; nothing answers.
    instances[0].signal("STOP").await;
    let during = call_for(Duration::from_secs(6), &channel).await;
    assert_eq!(during.of("callee-1"), 0);
    // Each caller may run into it once, and it is tried again now and then. With half of the calls it would be some 200.
    assert!(during.failed <= 40, "{} calls failed", during.failed);
    // In three times the time, at least as many as before.
    let (before, during) = (before.succeeded(), during.succeeded());
    assert!(
        during >= before,
        "only {during} calls succeeded in 6 s, after {before} in 2 s"
    );

    instances[0].signal("CONT").await;
    eventually("it is called again", async || {
        let after = call_for(Duration::from_secs(1), &channel).await;
        after.failed == 0 && after.of("callee-1") * 10 >= after.succeeded()
    })
    .await;
}

#[tokio::test]
async fn a_frozen_instance_leaves_the_registry_and_comes_back() {
    let (keys, namespace) = (Keys::new(), namespace());
    let frozen = registered(&keys, &namespace, "callee-1").await;
    let _two = registered(&keys, &namespace, "callee-2").await;
    let endpoints = Registry::new(&config(&keys, &namespace).registry).endpoints(CALLEE);
    eventually("both are known", async || endpoints.borrow().len() == 2).await;
    frozen.signal("STOP").await;
    eventually("its lease ends", async || endpoints.borrow().keys().eq(["callee-2"])).await;
    frozen.signal("CONT").await;
    eventually("it takes a new lease", async || endpoints.borrow().len() == 2).await;
}

#[tokio::test]
async fn a_call_without_any_instance_ends_with_its_deadline() {
    let (keys, namespace) = (Keys::new(), namespace());
    let channels = Channels::new(CALLER, &config(&keys, &namespace)).unwrap();
    let began = Instant::now();
    let status = call(&channels.channel(CALLEE), "Left").await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::DeadlineExceeded);
    assert!(began.elapsed() < Duration::from_secs(3));
}
