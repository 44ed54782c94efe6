//! Settings that every service has. They come from the environment (or flags), once, checked before anything listens.

use std::{fmt, net::SocketAddr, path::PathBuf, str::FromStr};

/// A setting that does not print itself.
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

/// Where a process listens, who it is and whom it asks.
#[derive(Clone, Debug, clap::Args)]
pub struct ServiceConfig {
    /// Address for calls; port 0 takes any.
    #[arg(long, env = "LISTEN", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Address for /livez, /readyz and /metrics.
    #[arg(long, env = "ADMIN_LISTEN", default_value = "127.0.0.1:0")]
    pub admin_listen: SocketAddr,
    /// Name of this instance in logs and in the registry, such as `orders-1`.
    #[arg(long, env = "INSTANCE", default_value = "")]
    pub instance: String,
    /// `development` turns on reflection and introspection.
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

/// How instances find each other.
#[derive(Clone, Debug, clap::Args)]
pub struct RegistryConfig {
    /// `etcd`, or `static`, which reads `PEERS`.
    #[arg(long, env = "REGISTRY", default_value = "etcd")]
    pub registry: RegistryKind,
    #[arg(
        long,
        env = "ETCD_ENDPOINTS",
        value_delimiter = ',',
        default_value = "http://127.0.0.1:2379"
    )]
    pub etcd_endpoints: Vec<String>,
    /// First part of every key, so that several clusters can share an etcd.
    #[arg(long, env = "ETCD_NAMESPACE", default_value = "matcha")]
    pub etcd_namespace: String,
    /// With `REGISTRY=static`: `name=host:port|host:port,other=host:port`.
    #[arg(long, env = "PEERS", value_delimiter = ',')]
    pub peers: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum RegistryKind {
    Etcd,
    Static,
}

/// Keys of the internal tokens.
#[derive(Clone, Debug, clap::Args)]
pub struct IdentityConfig {
    /// This process's own Ed25519 private key (PKCS8 PEM).
    #[arg(long, env = "INTERNAL_KEY")]
    pub internal_key: PathBuf,
    /// Folder of `<issuer>.pem`, the public keys of everyone who may call.
    #[arg(long, env = "INTERNAL_TRUST")]
    pub internal_trust: PathBuf,
    /// The issuer whose tokens may name a member: the process that signs members in.
    #[arg(long, env = "INTERNAL_MEMBER_ISSUER")]
    pub internal_member_issuer: String,
}

#[derive(Clone, Debug, clap::Args)]
pub struct TelemetryConfig {
    #[arg(long, env = "LOG_FORMAT", default_value = "pretty")]
    pub log_format: LogFormat,
    /// Where traces go (OTLP over gRPC); unset: nowhere.
    #[arg(long, env = "OTLP_ENDPOINT")]
    pub otlp_endpoint: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    Pretty,
    Json,
}
