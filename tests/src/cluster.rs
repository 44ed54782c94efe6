//! The cluster under test: addresses from its `env` file, the operator's commands, and signals to its processes.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use chassis::{
    client::{Channel, Channels},
    config::{RegistryKind, Secret},
};
use matcha_protos::recommendation::v1::recommendation_service_client::RecommendationServiceClient;
use messaging::postgres;
use sqlx::PgPool;
use testing::Stores;
use tokio::{
    process::{Child, Command},
    time::Instant,
};

/// Longest wait for something that a busy machine does slowly, such as RabbitMQ's start. Waits end as soon as they can.
pub const MAX_WAIT: Duration = Duration::from_secs(90);

/// Address of the gateway, such as `http://localhost:18080`.
pub fn gateway() -> &'static str {
    Stores::shared().setting("GATEWAY_URL")
}

/// Calls as an operator, found through the cluster's own registry.
pub fn recommendation() -> RecommendationServiceClient<Channel> {
    let channel = channels("operator").channel("recommendation");
    RecommendationServiceClient::new(channel.with_limit(Duration::from_secs(5)))
}

/// Channels to the services as the gateway has them, with its key.
pub fn gateway_channels() -> Channels {
    channels("gateway")
}

fn channels(issuer: &'static str) -> Channels {
    let stores = Stores::shared();
    let mut config = stores.service_config(issuer, &[]);
    config.registry.registry = RegistryKind::Etcd;
    config.registry.etcd_namespace = stores.setting("ETCD_NAMESPACE").to_owned();
    Channels::new(issuer, &config).unwrap()
}

/// A service that has a database of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    User,
    Movie,
    Rating,
}

impl Database {
    pub const ALL: [Self; 3] = [Self::User, Self::Movie, Self::Rating];

    /// The address with the owner's role and password.
    pub fn url(self) -> &'static str {
        Stores::shared().setting(match self {
            Self::User => "USER_DATABASE_URL",
            Self::Movie => "MOVIE_DATABASE_URL",
            Self::Rating => "RATING_DATABASE_URL",
        })
    }

    /// Of the database, and of the role that owns it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "matcha_user",
            Self::Movie => "matcha_movie",
            Self::Rating => "matcha_rating",
        }
    }

    pub fn pool(self) -> PgPool {
        postgres::pool(&Secret::new(self.url()), 4).unwrap()
    }
}

/// Runs a query until Postgres answers: a test reads also just after it killed the server.
pub async fn read<T, F: Future<Output = sqlx::Result<T>>>(query: impl Fn() -> F) -> T {
    let end = Instant::now() + MAX_WAIT;
    loop {
        match query().await {
            Ok(found) => return found,
            Err(error) => assert!(Instant::now() < end, "Postgres does not answer: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the condition holds. Unlike `testing::eventually`, long enough for the restart of a killed store.
pub async fn wait_until<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let end = Instant::now() + MAX_WAIT;
    while !condition().await {
        assert!(Instant::now() < end, "this never came true: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// SIGKILL to the program's process; the supervisor starts it again.
pub async fn kill(program: &str) {
    let process = pid(program);
    signal("KILL", &[process]).await;
    // A signal that was sent is not yet a process that has died.
    wait_until(&format!("{program} is dead"), async || {
        pids().await.iter().all(|(pid, _)| *pid != process)
    })
    .await;
}

/// SIGSTOP to the program's process and all its children: it keeps its connections and answers nothing.
pub async fn freeze(program: &str) {
    signal("STOP", &tree(pid(program)).await).await;
}

/// SIGCONT after [`freeze`].
pub async fn thaw(program: &str) {
    signal("CONT", &tree(pid(program)).await).await;
}

/// Stops a program until [`start`].
pub async fn stop(program: &str) {
    operate(&["stop", program]).await;
}

/// Starts a stopped program and waits until it is ready.
pub async fn start(program: &str) {
    operate(&["start", program]).await;
}

/// Sets the number of replicas and waits until all are ready.
pub async fn scale(service: &str, replicas: u16) {
    operate(&["scale", service, &replicas.to_string()]).await;
}

/// `Some(true)`: /readyz answers 200; `Some(false)`: another status; `None`: nothing answers.
pub async fn ready(program: &str) -> Option<bool> {
    let answer = ask_admin_port(program, "readyz").await?;
    Some(answer.status().is_success())
}

pub async fn wait_until_ready(program: &str) {
    wait_until(&format!("{program} is ready"), async || {
        ready(program).await == Some(true)
    })
    .await;
}

/// The metrics of a program, in Prometheus' text format; empty while it does not answer.
pub async fn metrics(program: &str) -> String {
    match ask_admin_port(program, "metrics").await {
        Some(answer) => answer.text().await.unwrap_or_default(),
        None => String::new(),
    }
}

async fn ask_admin_port(program: &str, path: &str) -> Option<reqwest::Response> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let address = format!("http://127.0.0.1:{}/{path}", admin_port(program));
    client.get(address).send().await.ok()
}

/// The rating replica that relays the outbox now.
pub async fn relaying_replica() -> String {
    let end = Instant::now() + MAX_WAIT;
    loop {
        for program in ["rating-1", "rating-2"] {
            if metrics(program).await.lines().any(|line| line == "outbox_relaying 1") {
                return program.to_owned();
            }
        }
        assert!(Instant::now() < end, "no rating replica relays");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// An instance of a service that the test starts beside those of the supervisor, with the cluster's settings and a port of its
/// own. It dies with the test.
pub struct Instance {
    program: String,
    child: Child,
}

impl Instance {
    /// `program` is the service's name with a number that no replica has, such as `rating-9`. Returns when it is ready.
    pub async fn start(program: &str) -> Self {
        let log = std::fs::File::create(home().join("logs").join(format!("{program}.log"))).unwrap();
        let child = command(&["run", program])
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("the program starts");
        wait_until_ready(program).await;
        Self {
            program: program.to_owned(),
            child,
        }
    }

    pub fn address(&self) -> String {
        format!("http://localhost:{}", port(&self.program))
    }

    pub async fn terminate(&self) {
        signal("TERM", &[self.child.id().expect("it runs")]).await;
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for the end; `None`: a signal ended it.
    pub async fn exit_code(&mut self) -> Option<i32> {
        let ended = tokio::time::timeout(MAX_WAIT, self.child.wait()).await;
        ended.expect("it ends").unwrap().code()
    }
}

fn base() -> u16 {
    Stores::shared().setting("MATCHA_PORT_BASE").parse().unwrap()
}

fn home() -> PathBuf {
    PathBuf::from(Stores::shared().setting("MATCHA_HOME"))
}

/// As `port_of` in infra/local/lib/environment.sh.
fn port(program: &str) -> u16 {
    let (service, number) = program.rsplit_once('-').unwrap_or((program, "1"));
    let number: u16 = number.parse().unwrap();
    match service {
        "user" => base() + 10 + number,
        "movie" => base() + 20 + number,
        "rating" => base() + 30 + number,
        "recommendation" => base() + 40 + number,
        "gateway" => Stores::shared().setting("MATCHA_PORT").parse::<u16>().unwrap() + number - 1,
        _ => panic!("{program} has no port"),
    }
}

fn admin_port(program: &str) -> u16 {
    match program.strip_prefix("gateway") {
        Some(number) => base() + 99 + number.trim_start_matches('-').parse().unwrap_or(1),
        None => port(program) + 100,
    }
}

/// Each program notes its process id before it begins.
fn pid(program: &str) -> u32 {
    let noted = std::fs::read_to_string(home().join("run").join(format!("{program}.pid")));
    let noted = noted.unwrap_or_else(|error| panic!("{program} has no process: {error}"));
    noted.split_whitespace().next().unwrap().parse().unwrap()
}

/// Process ids with their parents', zombies left out.
async fn pids() -> Vec<(u32, u32)> {
    let listed = Command::new("ps")
        .args(["-eo", "pid=,ppid=,stat="])
        .output()
        .await
        .unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let lines = listed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines
        .filter(|fields| fields.len() == 3 && !fields[2].starts_with('Z'))
        .map(|fields| (fields[0].parse().unwrap(), fields[1].parse().unwrap()))
        .collect()
}

async fn tree(root: u32) -> Vec<u32> {
    let all = pids().await;
    let mut found = vec![root];
    let mut next = 0;
    while next < found.len() {
        let parent = found[next];
        found.extend(all.iter().filter(|(_, of)| *of == parent).map(|(pid, _)| *pid));
        next += 1;
    }
    found
}

async fn signal(name: &str, processes: &[u32]) {
    let sent = Command::new("kill")
        .args(["-s", name])
        .args(processes.iter().map(u32::to_string))
        .stderr(Stdio::null())
        .status()
        .await
        .unwrap();
    // A child may have ended by itself meanwhile.
    assert!(sent.success() || processes.len() > 1, "SIG{name} to {processes:?}");
}

async fn operate(arguments: &[&str]) {
    let done = command(arguments)
        .output()
        .await
        .expect("the operator's command starts");
    assert!(
        done.status.success(),
        "{arguments:?}: {}{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
}

/// infra/local/matcha, with an environment in which nothing of the test's own is set.
#[expect(
    clippy::disallowed_methods,
    reason = "what a child process needs of the environment is no setting"
)]
fn command(arguments: &[&str]) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let stores = Stores::shared();
    let mut command = Command::new(root.join("infra/local/matcha"));
    command.args(arguments).current_dir(&root).env_clear();
    for name in ["PATH", "HOME", "LANG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
        .env("MATCHA_HOME", stores.setting("MATCHA_HOME"))
        .env("MATCHA_PORT_BASE", stores.setting("MATCHA_PORT_BASE"))
        .stdin(Stdio::null());
    command
}
