//! Settings of the user service; `--help` is the manual.

use std::{num::NonZeroU32, path::PathBuf};

use chassis::config::{Secret, ServiceConfig};
use messaging::events::BrokerConfig;

/// Members and their sessions.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "matcha-user", version)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    #[command(flatten)]
    pub broker: BrokerConfig,
    /// This service's own database; no other service may open it.
    #[arg(long, env = "USER_DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
    /// Ed25519 private key (PKCS8 PEM) that signs access tokens.
    #[arg(long, env = "ACCESS_KEY")]
    pub access_key: PathBuf,
    /// `iss` of the access tokens: the site's own address.
    #[arg(long, env = "ISSUER", default_value = "http://localhost:8080")]
    pub issuer: String,
    #[command(flatten)]
    pub limits: LimitsConfig,
    #[command(flatten)]
    pub hashing: HashingConfig,
}

/// How often somebody may try. The defaults are for people; tests, load and the seed of a community need more.
#[derive(Clone, Debug, clap::Args)]
pub struct LimitsConfig {
    /// Sign-ins with one name from one address that may follow each other at once.
    #[arg(long, env = "PAIR_ATTEMPTS", default_value = "10")]
    pub pair_attempts: NonZeroU32,
    /// Seconds until one of them is given back.
    #[arg(long, env = "PAIR_ATTEMPT_SECONDS", default_value_t = 30.0)]
    pub pair_attempt_seconds: f64,
    /// Sign-ins with one name, from wherever, that may follow each other at once.
    #[arg(long, env = "ACCOUNT_ATTEMPTS", default_value = "100")]
    pub account_attempts: NonZeroU32,
    /// Seconds until one of them is given back.
    #[arg(long, env = "ACCOUNT_ATTEMPT_SECONDS", default_value_t = 5.0)]
    pub account_attempt_seconds: f64,
    /// Sign-ins and registrations from one address that may follow each other at once; a school or an office has one address.
    #[arg(long, env = "PEER_ATTEMPTS", default_value = "120")]
    pub peer_attempts: NonZeroU32,
    /// Seconds until one of them is given back.
    #[arg(long, env = "PEER_ATTEMPT_SECONDS", default_value_t = 0.5)]
    pub peer_attempt_seconds: f64,
    /// Refreshed sessions from one address that may follow each other at once; every page that is opened refreshes one.
    #[arg(long, env = "REFRESH_ATTEMPTS", default_value = "120")]
    pub refresh_attempts: NonZeroU32,
    /// Seconds until one of them is given back.
    #[arg(long, env = "REFRESH_ATTEMPT_SECONDS", default_value_t = 0.5)]
    pub refresh_attempt_seconds: f64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            pair_attempts: NonZeroU32::MIN.saturating_add(9),
            pair_attempt_seconds: 30.0,
            account_attempts: NonZeroU32::MIN.saturating_add(99),
            account_attempt_seconds: 5.0,
            peer_attempts: NonZeroU32::MIN.saturating_add(119),
            peer_attempt_seconds: 0.5,
            refresh_attempts: NonZeroU32::MIN.saturating_add(119),
            refresh_attempt_seconds: 0.5,
        }
    }
}

/// Hashing a password takes 19 MiB and some 20 ms of a core, so it is rationed.
#[derive(Clone, Debug, clap::Args)]
pub struct HashingConfig {
    /// Passwords that are hashed at the same time.
    #[arg(long, env = "HASHES_AT_ONCE", default_value_t = 2, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
    pub hashes_at_once: usize,
    /// Passwords that may wait for their turn; the next one is refused at once.
    #[arg(long, env = "HASHES_WAITING", default_value_t = 32)]
    pub hashes_waiting: usize,
}

impl Default for HashingConfig {
    fn default() -> Self {
        Self {
            hashes_at_once: 2,
            hashes_waiting: 32,
        }
    }
}
