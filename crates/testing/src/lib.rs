//! For tests of services: the real stores of the test cluster, a database and a namespace for each test, internal tokens, and
//! waiting for a condition.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot be set up should stop"
)]

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;

use chassis::{
    config::{
        Environment, IdentityConfig, LogFormat, RegistryConfig, RegistryKind, Secret, ServiceConfig, TelemetryConfig,
    },
    identity::{Caller, Signer},
};
#[cfg(feature = "broker")]
use messaging::events::BrokerConfig;

/// The running test stores. `infra/local/matcha stores` starts them and writes their addresses to `.matcha-test/env` (or
/// `$MATCHA_TEST_HOME/env`).
pub struct Stores {
    settings: HashMap<String, String>,
    home: PathBuf,
}

impl Stores {
    pub fn shared() -> &'static Self {
        static STORES: OnceLock<Stores> = OnceLock::new();
        STORES.get_or_init(|| {
            #[expect(
                clippy::disallowed_methods,
                reason = "tests have no config; this is their one setting"
            )]
            let home = std::env::var("MATCHA_TEST_HOME").map_or_else(
                |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.matcha-test"),
                PathBuf::from,
            );
            let mut env = std::fs::read_to_string(home.join("env")).expect(
                "the test stores run: MATCHA_HOME=.matcha-test MATCHA_PORT_BASE=17800 infra/local/matcha stores",
            );
            env.push_str(&std::fs::read_to_string(home.join("env.local")).unwrap_or_default());
            let settings = env
                .lines()
                .filter_map(|line| line.trim().trim_start_matches("export ").split_once('='))
                .map(|(key, value)| (key.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
                .collect();
            Self { settings, home }
        })
    }

    pub fn setting(&self, key: &str) -> &str {
        let found = self.settings.get(key);
        found.unwrap_or_else(|| panic!("{key} is not in the test stores' env"))
    }

    /// Creates an empty database and returns its URL.
    #[cfg(feature = "postgres")]
    pub async fn database(&self, service: &str) -> Secret {
        use sqlx::{Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions};
        use std::str::FromStr as _;
        let options = PgConnectOptions::from_str(self.setting("POSTGRES_SUPERUSER_URL")).unwrap();
        let name = format!("test_{service}_{}", Uuid::now_v7().simple());
        let mut session = PgConnection::connect_with(&options).await.expect("test Postgres is up");
        session
            .execute(sqlx::AssertSqlSafe(format!("create database {name}")))
            .await
            .unwrap();
        let url = self.setting("POSTGRES_SUPERUSER_URL");
        let (server, _) = url.rsplit_once('/').expect("an address ends with the database");
        Secret::new(format!("{server}/{name}"))
    }

    /// The broker, with a prefix of the test's own.
    #[cfg(feature = "broker")]
    pub fn broker(&self) -> BrokerConfig {
        BrokerConfig {
            amqp_url: Secret::new(self.setting("AMQP_URL")),
            amqp_prefix: format!("test.{}", Uuid::now_v7().simple()),
        }
    }

    pub fn redis_url(&self) -> Secret {
        Secret::new(self.setting("REDIS_URL"))
    }

    /// A key prefix of the test's own.
    pub fn redis_prefix(&self) -> String {
        format!("test:{}", Uuid::now_v7().simple())
    }

    pub fn keys(&self) -> PathBuf {
        let keys = Path::new(self.setting("KEYS_DIR")).to_path_buf();
        if keys.is_absolute() {
            keys
        } else {
            self.home.join("..").join(keys)
        }
    }

    pub fn signer(&self, issuer: &str) -> Signer {
        Signer::load(issuer, &self.keys().join(format!("{issuer}.key.pem"))).expect("the test keys are there")
    }

    /// Settings of a service under test: free ports, and a fixed list of peers (`name=host:port`).
    pub fn service_config(&self, name: &str, peers: &[String]) -> ServiceConfig {
        ServiceConfig {
            listen: ([127, 0, 0, 1], 0).into(),
            admin_listen: ([127, 0, 0, 1], 0).into(),
            instance: format!("{name}-test"),
            environment: Environment::Development,
            registry: RegistryConfig {
                registry: RegistryKind::Static,
                etcd_endpoints: vec![self.setting("ETCD_ENDPOINTS").to_owned()],
                etcd_namespace: format!("test-{}", Uuid::now_v7().simple()),
                peers: peers.to_vec(),
            },
            identity: IdentityConfig {
                internal_key: self.keys().join(format!("{name}.key.pem")),
                internal_trust: self.keys().join("trust"),
                internal_member_issuer: self.setting("INTERNAL_MEMBER_ISSUER").to_owned(),
            },
            telemetry: TelemetryConfig {
                log_format: LogFormat::Pretty,
                otlp_endpoint: None,
            },
        }
    }
}

/// A TCP proxy in front of a store. Frozen, it accepts connections and passes nothing on, like a store that hangs.
pub struct Proxy {
    address: std::net::SocketAddr,
    frozen: tokio::sync::watch::Sender<bool>,
}

impl Proxy {
    /// A proxy to the server of this URL, and the URL that leads through it.
    pub async fn before(url: &Secret) -> (Self, Secret) {
        let (scheme, rest) = url.expose().split_once("://").expect("a URL has a scheme");
        let (server, path) = rest.split_once('/').expect("the URL of a store has a path");
        let (login, target) = server.rsplit_once('@').expect("the URL of a store has a login");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            frozen: tokio::sync::watch::Sender::new(false),
        };
        let (target, frozen) = (target.to_owned(), proxy.frozen.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, target.clone(), frozen.clone()));
            }
        });
        let through = format!("{scheme}://{login}@{}/{path}", proxy.address);
        (proxy, Secret::new(through))
    }

    pub fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    pub fn thaw(&self) {
        self.frozen.send_replace(false);
    }
}

async fn pass(client: tokio::net::TcpStream, target: String, frozen: tokio::sync::watch::Sender<bool>) {
    let Ok(server) = tokio::net::TcpStream::connect(target).await else {
        return;
    };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(
        copy(from_client, to_server, frozen.subscribe()),
        copy(from_server, to_client, frozen.subscribe())
    );
}

async fn copy(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut frozen: tokio::sync::watch::Receiver<bool>,
) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if frozen.wait_for(|frozen| !frozen).await.is_err() || to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

/// A request with a token for `callee`, signed by the member issuer, a service or the operator, depending on the caller.
pub fn request<T>(message: T, caller: &Caller, callee: &'static str) -> tonic::Request<T> {
    let issuer = match caller {
        Caller::Member { .. } | Caller::Anonymous => Stores::shared().setting("INTERNAL_MEMBER_ISSUER"),
        Caller::Service(name) => name,
        Caller::Operator => "operator",
    };
    let token = Stores::shared().signer(issuer).token(caller, callee).unwrap();
    let mut request = tonic::Request::new(message);
    let value = format!("Bearer {token}").parse().expect("a token is ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}

/// A new member.
pub fn some_member() -> Caller {
    Caller::Member {
        id: Uuid::now_v7(),
        session: Uuid::now_v7(),
    }
}

/// Waits until the condition holds; fails after 15 seconds.
pub async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let end = Instant::now() + Duration::from_secs(15);
    while !condition().await {
        assert!(Instant::now() < end, "this never came true: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
