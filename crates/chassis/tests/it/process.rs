//! A service as a process of its own, so that it can be sent signals: this test binary, started once more.

use std::{
    net::SocketAddr,
    os::unix::process::ExitStatusExt as _,
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use chassis::{
    admin::{self, Readiness},
    config::ServiceConfig,
    grpc::Server,
    shutdown,
    tasks::Tasks,
    telemetry,
};
use clap::Parser as _;
use testing::{Stores, eventually};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    net::TcpListener,
    process::{Child, Command},
};

use crate::{
    keys::{CALLEE, Keys, MEMBER_ISSUER},
    probe::Probe,
};

/// Settings of the process, from its environment.
#[derive(clap::Parser)]
struct Config {
    #[command(flatten)]
    service: ServiceConfig,
    #[arg(long, env = "LATENCY_MS")]
    latency_ms: u64,
    /// One of its parts does not follow the stop.
    #[arg(long, env = "DEAF")]
    deaf: bool,
    #[arg(long, env = "DRAIN_MS")]
    drain_ms: u64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the process that other tests start"]
async fn service() {
    let config = Config::parse_from(["service"]);
    let _telemetry = telemetry::init(CALLEE, &config.service.telemetry).unwrap();
    let stop = shutdown::on_signal().unwrap();
    let listener = TcpListener::bind(config.service.listen).await.unwrap();
    let admin = TcpListener::bind(config.service.admin_listen).await.unwrap();
    let readiness = Readiness::default();
    let drain = Duration::from_millis(config.drain_ms);
    let mut tasks = Tasks::new(stop.clone()).with_drain_timeout(drain);
    tasks.spawn("admin", admin::serve(admin, readiness.clone(), stop.clone()));
    if config.deaf {
        tasks.spawn("deaf", std::future::pending());
    }
    let probe = Probe {
        instance: config.service.instance.clone(),
        latency: Duration::from_millis(config.latency_ms),
        ..Probe::default()
    };
    let server = Server::new(CALLEE, &config.service, readiness).await.unwrap();
    tasks.spawn("grpc", server.add(probe).await.serve(listener, stop));
    // Not a panic, which has an exit code of its own in a test binary.
    if let Err(error) = tasks.join().await {
        tracing::error!("{error:#}");
        #[expect(
            clippy::disallowed_methods,
            reason = "a test binary has no main that could return an error"
        )]
        std::process::exit(1);
    }
}

pub(crate) struct Process {
    child: Child,
    log: Arc<Mutex<Vec<serde_json::Value>>>,
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) instance: &'static str,
    pub(crate) latency: Duration,
    pub(crate) deaf: bool,
    pub(crate) drain: Duration,
    /// The namespace in the registry; with none, the instance does not register.
    pub(crate) namespace: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            instance: "callee-1",
            latency: Duration::ZERO,
            deaf: false,
            drain: Duration::from_secs(5),
            namespace: None,
        }
    }
}

impl Process {
    pub(crate) async fn start(keys: &Keys, settings: &Settings) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["process::service", "--exact", "--ignored", "--nocapture"])
            .env("LISTEN", "127.0.0.1:0")
            .env("ADMIN_LISTEN", "127.0.0.1:0")
            .env("INSTANCE", settings.instance)
            .env("INTERNAL_KEY", keys.private(CALLEE))
            .env("INTERNAL_TRUST", keys.trust())
            .env("INTERNAL_MEMBER_ISSUER", MEMBER_ISSUER)
            .env("LOG_FORMAT", "json")
            .env("RUST_LOG", "info")
            .env("LATENCY_MS", settings.latency.as_millis().to_string())
            .env("DEAF", settings.deaf.to_string())
            .env("DRAIN_MS", settings.drain.as_millis().to_string())
            .env_remove("OTLP_ENDPOINT")
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        match &settings.namespace {
            None => command.env("REGISTRY", "static"),
            Some(namespace) => command
                .env("REGISTRY", "etcd")
                .env("ETCD_ENDPOINTS", Stores::shared().setting("ETCD_ENDPOINTS"))
                .env("ETCD_NAMESPACE", namespace),
        };
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let log = Arc::<Mutex<Vec<_>>>::default();
        let process = Self {
            child,
            log: log.clone(),
        };
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                // The test harness prints lines of its own.
                if let Ok(line) = serde_json::from_str(&line) {
                    log.lock().unwrap().push(line);
                }
            }
        });
        process.logged("serving gRPC").await;
        process.logged("serving the admin port").await;
        process
    }

    /// Waits for a line with this message.
    pub(crate) async fn logged(&self, message: &str) -> serde_json::Value {
        let find = || {
            let log = self.log.lock().unwrap();
            log.iter().find(|line| line["message"] == message).cloned()
        };
        eventually(message, async || find().is_some()).await;
        find().unwrap()
    }

    pub(crate) async fn address(&self, message: &str) -> SocketAddr {
        let line = self.logged(message).await;
        line["address"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) async fn signal(&self, signal: &str) {
        let pid = self.child.id().expect("the process runs").to_string();
        let sent = Command::new("kill").args(["-s", signal, &pid]).status().await;
        assert!(sent.unwrap().success());
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The exit code; fails when the process does not end within the limit, or when a signal killed it.
    pub(crate) async fn exit_code(mut self, limit: Duration) -> i32 {
        let ended = tokio::time::timeout(limit, self.child.wait()).await;
        let status = ended.expect("the process ends in time").unwrap();
        assert_eq!(status.signal(), None);
        status.code().unwrap()
    }
}
