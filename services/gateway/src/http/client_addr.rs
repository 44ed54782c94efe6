//! The client's address: the socket's, or the one that a trusted proxy reports. Clients can forge X-Forwarded-For, so it is read
//! from the right, and only as far as the addresses are trusted proxies.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, header, request::Parts};

use crate::{app::App, config::TrustedProxies};

/// Longer User-Agent headers are cut; they are only shown in the list of sessions.
const MAX_USER_AGENT_CHARS: usize = 300;

/// The client's address and User-Agent.
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    pub(crate) user_agent: String,
}

impl FromRequestParts<App> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let socket = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let socket = socket.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        let agent = parts.headers.get(header::USER_AGENT);
        let agent = agent.and_then(|agent| agent.to_str().ok()).unwrap_or("");
        Ok(Self {
            address: address(socket, &parts.headers, &app.config.trusted_proxies),
            user_agent: agent.chars().take(MAX_USER_AGENT_CHARS).collect(),
        })
    }
}

fn address(socket: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> IpAddr {
    let mut address = socket.to_canonical();
    let values = headers.get_all("x-forwarded-for");
    let lists = values.iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lists.flat_map(|list| list.split(',')).collect();
    for hop in hops.iter().rev() {
        if !proxies.contains(address) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(before) => address = before.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(socket: &str, forwarded: &str, proxies: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().expect("ASCII"));
        let proxies = proxies.parse().expect("networks");
        address(socket.parse().expect("an address"), &headers, &proxies).to_string()
    }

    #[test]
    fn a_forwarded_address_is_believed_only_from_a_trusted_proxy() {
        assert_eq!(from("9.9.9.9", "1.2.3.4", ""), "9.9.9.9");
        assert_eq!(from("9.9.9.9", "1.2.3.4", "10.0.0.0/8"), "9.9.9.9");
        assert_eq!(from("10.0.0.1", "1.2.3.4", "10.0.0.0/8"), "1.2.3.4");
    }

    #[test]
    fn what_the_client_itself_put_into_the_list_is_not_believed() {
        assert_eq!(from("10.0.0.1", "6.6.6.6, 1.2.3.4", "10.0.0.0/8"), "1.2.3.4");
        assert_eq!(from("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "10.0.0.0/8"), "1.2.3.4");
        assert_eq!(from("10.0.0.1", "nonsense", "10.0.0.1"), "10.0.0.1");
    }
}
