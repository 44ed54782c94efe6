//! Settings of the user service; `--help` is the manual.

use std::{num::NonZeroU32, path::PathBuf};

use chassis::config::{Secret, ServiceConfig};
use messaging::events::BrokerConfig;

/// matcha's members: accounts, sessions, follows and privacy.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "matcha-user", version)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    #[command(flatten)]
    pub broker: BrokerConfig,
    /// Address of the user service's own database; no other service may open it.
    #[arg(long, env = "USER_DATABASE_URL", hide_env_values = true)]
    pub database_url: Secret,
    /// File with the Ed25519 private key (PKCS8 PEM) that signs access tokens.
    #[arg(long, env = "ACCESS_KEY")]
    pub access_key: PathBuf,
    /// Claim `iss` of the access tokens: the address of the site.
    #[arg(long, env = "ISSUER", default_value = "http://localhost:8080")]
    pub issuer: String,
    #[command(flatten)]
    pub limits: LimitsConfig,
    #[command(flatten)]
    pub hashing: HashingConfig,
}

/// Rate limits of sign-in and session refresh. The defaults suit people; tests, load tests and the seed need more.
#[derive(Clone, Debug, clap::Args)]
pub struct LimitsConfig {
    /// Burst of sign-in attempts with one name from one address.
    #[arg(long, env = "LOGIN_RATE_NAME_AND_ADDRESS_BURST", default_value = "10")]
    pub login_rate_name_and_address_burst: NonZeroU32,
    /// Seconds until one attempt of this burst is given back.
    #[arg(long, env = "LOGIN_RATE_NAME_AND_ADDRESS_SECONDS", default_value_t = 30.0)]
    pub login_rate_name_and_address_seconds: f64,
    /// Burst of sign-in attempts with one name from all addresses together.
    #[arg(long, env = "LOGIN_RATE_NAME_BURST", default_value = "100")]
    pub login_rate_name_burst: NonZeroU32,
    /// Seconds until one attempt of this burst is given back.
    #[arg(long, env = "LOGIN_RATE_NAME_SECONDS", default_value_t = 5.0)]
    pub login_rate_name_seconds: f64,
    /// Burst of sign-ins and registrations from one address; a school or an office shares one.
    #[arg(long, env = "LOGIN_RATE_ADDRESS_BURST", default_value = "120")]
    pub login_rate_address_burst: NonZeroU32,
    /// Seconds until one attempt of this burst is given back.
    #[arg(long, env = "LOGIN_RATE_ADDRESS_SECONDS", default_value_t = 0.5)]
    pub login_rate_address_seconds: f64,
    /// Burst of session refreshes from one address; each opened page refreshes one.
    #[arg(long, env = "REFRESH_RATE_BURST", default_value = "120")]
    pub refresh_rate_burst: NonZeroU32,
    /// Seconds until one refresh of this burst is given back.
    #[arg(long, env = "REFRESH_RATE_SECONDS", default_value_t = 0.5)]
    pub refresh_rate_seconds: f64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            login_rate_name_and_address_burst: NonZeroU32::MIN.saturating_add(9),
            login_rate_name_and_address_seconds: 30.0,
            login_rate_name_burst: NonZeroU32::MIN.saturating_add(99),
            login_rate_name_seconds: 5.0,
            login_rate_address_burst: NonZeroU32::MIN.saturating_add(119),
            login_rate_address_seconds: 0.5,
            refresh_rate_burst: NonZeroU32::MIN.saturating_add(119),
            refresh_rate_seconds: 0.5,
        }
    }
}

/// A password hash takes 19 MiB and some 20 ms of a core, so hashing is rationed.
#[derive(Clone, Debug, clap::Args)]
pub struct HashingConfig {
    /// Passwords hashed at the same time.
    #[arg(long, env = "HASHES_AT_ONCE", default_value_t = 2, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=64))]
    pub hashes_at_once: usize,
    /// Passwords that may wait to be hashed; the next one is refused at once.
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
