//! Settings of every service, read once from the environment or from flags, before anything listens.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// A setting whose `Debug` output is `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Ok(Self(value.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Addresses, name, registry, keys and telemetry of a process.
#[derive(Clone, Debug, clap::Args)]
pub struct ServiceConfig {
    /// Address of the service; port 0 takes a free one.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Address of /livez, /readyz and /metrics.
    #[arg(long, env = "ADMIN_LISTEN", default_value = "127.0.0.1:0")]
    pub admin_listen: SocketAddr,
    /// Name of this instance in logs and in the registry, such as `orders-1`; made up if empty.
    #[arg(long, env = "INSTANCE", default_value = "")]
    pub instance: String,
    /// `development` turns on gRPC reflection and GraphQL introspection.
    #[arg(long, env = "ENVIRONMENT", default_value = "production")]
    pub environment: Environment,
    #[command(flatten)]
    pub registry: RegistryConfig,
    #[command(flatten)]
    pub identity: IdentityConfig,
    #[command(flatten)]
    pub telemetry: TelemetryConfig,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Environment {
    Development,
    Production,
}

/// Service discovery.
#[derive(Clone, Debug, clap::Args)]
pub struct RegistryConfig {
    /// Where instances are looked up: `etcd`, or `static` for the addresses in `PEERS`.
    #[arg(long, env = "REGISTRY", default_value = "etcd")]
    pub registry: RegistryKind,
    #[arg(
        long,
        env = "ETCD_ENDPOINTS",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:2379"
    )]
    pub etcd_endpoints: Vec<String>,
    /// First part of every key in etcd, so that several clusters can share one.
    #[arg(long, env = "ETCD_NAMESPACE", default_value = "matcha")]
    pub etcd_namespace: String,
    /// Addresses for `REGISTRY=static`: `name=host:port|host:port,other=host:port`.
    #[arg(long, env = "PEERS", value_delimiter = ',')]
    pub peers: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RegistryKind {
    Etcd,
    Static,
}

/// Keys for the tokens of internal calls.
#[derive(Clone, Debug, clap::Args)]
pub struct IdentityConfig {
    /// Ed25519 private key of this process (PKCS8 PEM).
    #[arg(long, env = "INTERNAL_KEY")]
    pub internal_key: PathBuf,
    /// Folder of the public keys of all processes that may call, `<issuer>.pem` each.
    #[arg(long, env = "INTERNAL_TRUST")]
    pub internal_trust: PathBuf,
    /// The issuer that may call on behalf of members: the process that authenticates them.
    #[arg(long, env = "INTERNAL_MEMBER_ISSUER")]
    pub internal_member_issuer: String,
}

#[derive(Clone, Debug, clap::Args)]
pub struct TelemetryConfig {
    #[arg(long, env = "LOG_FORMAT", default_value = "pretty")]
    pub log_format: LogFormat,
    /// OTLP collector for traces (gRPC), such as `http://127.0.0.1:4317`; traces are not exported without it.
    #[arg(long, env = "OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Pretty,
    Json,
}
