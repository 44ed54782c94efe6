//! The share of the connections that one address may hold. Without it a single peer that opens connections and sends nothing could
//! take all places of the server.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// The open connections of each network.
#[derive(Default)]
pub(super) struct AddressShares {
    open: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection that counts until it is dropped.
pub(super) struct Counted {
    shares: Arc<AddressShares>,
    network: IpAddr,
}

impl AddressShares {
    /// Counts a connection; `None` if this address has `most` already.
    pub(super) fn take(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<Counted> {
        let network = client_network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Counted {
            shares: self.clone(),
            network,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut open = self.shares.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.network);
            }
        }
    }
}

/// What counts as one client: an IPv4 address, or an IPv6 network of 64 bits, because a subscriber has at least such a network.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_gets_its_share_again_when_a_connection_ends() {
        let shares = Arc::new(AddressShares::default());
        let take = |address: &str| shares.take(address.parse().expect("an address"), 2);
        let (first, second) = (take("10.0.0.1"), take("10.0.0.1"));
        assert!(first.is_some() && second.is_some() && take("10.0.0.1").is_none());
        let other = take("10.0.0.2");
        assert!(other.is_some(), "another address");
        drop(first);
        assert!(take("10.0.0.1").is_some());
        drop((second, other));
        assert!(shares.open.lock().expect("no panic").is_empty(), "no address is kept");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let network = |address: &str| client_network(address.parse().expect("an address")).to_string();
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff::9"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
