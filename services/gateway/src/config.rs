//! Settings of the gateway; `--help` documents them.

use std::{net::IpAddr, num::NonZeroU32, path::PathBuf, str::FromStr};

use chassis::config::ServiceConfig;
use ipnet::IpNet;

/// The matcha gateway: serves REST, GraphQL and the site, and calls the services behind them.
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
    /// Addresses or networks (`10.0.0.0/8`) of trusted proxies, separated by commas. X-Forwarded-For is read only from them.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Whether the refresh cookie has the attribute Secure, so that browsers send it over https only. Unless set, true if ISSUER
    /// begins with https.
    #[arg(long, env = "COOKIE_SECURE")]
    pub cookie_secure: Option<bool>,
    /// The time limit of a request, in milliseconds.
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

fn is_https_only(setting: Option<bool>, issuer: &str) -> bool {
    setting.unwrap_or_else(|| issuer.starts_with("https://"))
}

/// How often one address may sign in or register. Checked before the user service is called, which has stricter limits.
#[derive(Clone, Debug, clap::Args)]
pub struct AttemptsConfig {
    /// Burst of sign-ins and registrations from one address.
    #[arg(long, env = "LOGIN_RATE_GATEWAY_BURST", default_value = "240")]
    pub login_rate_gateway_burst: NonZeroU32,
    /// Seconds until one attempt of this burst is given back.
    #[arg(long, env = "LOGIN_RATE_GATEWAY_SECONDS", default_value_t = 0.25)]
    pub login_rate_gateway_seconds: f64,
}

/// Proxies whose X-Forwarded-For names the client.
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
    fn the_cookie_is_secure_if_the_issuer_is_https_unless_set() {
        assert!(is_https_only(None, "https://matcha.example"));
        assert!(!is_https_only(None, "http://localhost:8080"));
        assert!(!is_https_only(Some(false), "https://matcha.example"));
    }
}
