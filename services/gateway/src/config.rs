//! Settings of the gateway; `--help` is the manual.

use std::{net::IpAddr, num::NonZeroU32, path::PathBuf, str::FromStr};

use chassis::config::ServiceConfig;
use ipnet::IpNet;

/// The only door from outside: REST, GraphQL and the site.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "matcha-gateway", version)]
pub struct Config {
    #[command(flatten)]
    pub service: ServiceConfig,
    /// Folder of the built site.
    #[arg(long, env = "SITE_DIR", default_value = "web/build")]
    pub site_dir: PathBuf,
    /// `iss` of the access tokens, and the site's own address, from which requests with a cookie may come.
    #[arg(long, env = "ISSUER", default_value = "http://localhost:8080")]
    pub issuer: String,
    /// Addresses or networks (`10.0.0.0/8`), separated by commas, whose X-Forwarded-For is believed; nobody else's is.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Whether browsers may send the refresh cookie over https only. Unless set, true where ISSUER begins with https.
    #[arg(long, env = "COOKIE_SECURE")]
    pub cookie_secure: Option<bool>,
    /// The most a request may take, in milliseconds.
    #[arg(long, env = "EDGE_DEADLINE_MS", default_value_t = 2000)]
    pub deadline_ms: u64,
    #[command(flatten)]
    pub attempts: AttemptsConfig,
}

impl Config {
    pub(crate) fn is_https_only(&self) -> bool {
        is_https_only(self.cookie_secure, &self.issuer)
    }
}

fn is_https_only(told: Option<bool>, issuer: &str) -> bool {
    told.unwrap_or_else(|| issuer.starts_with("https://"))
}

/// How often one address may sign in or register, before the user service is asked at all. Its own limits are finer.
#[derive(Clone, Debug, clap::Args)]
pub struct AttemptsConfig {
    /// Sign-ins and registrations from one address that may follow each other at once.
    #[arg(long, env = "EDGE_ATTEMPTS", default_value = "240")]
    pub edge_attempts: NonZeroU32,
    /// Seconds until one of them is given back.
    #[arg(long, env = "EDGE_ATTEMPT_SECONDS", default_value_t = 0.25)]
    pub edge_attempt_seconds: f64,
}

/// Who may say for whom a request is made.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(list: &str) -> Result<Self, String> {
        let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks = parts.map(|part| {
            let single = part.parse::<IpAddr>().map(IpNet::from);
            single
                .or_else(|_| part.parse::<IpNet>())
                .map_err(|_| format!("{part} is neither an address nor a network"))
        });
        networks.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unless_told_otherwise_a_site_with_https_keeps_its_cookie_to_https() {
        assert!(is_https_only(None, "https://matcha.example"));
        assert!(!is_https_only(None, "http://localhost:8080"));
        assert!(!is_https_only(Some(false), "https://matcha.example"));
    }
}
