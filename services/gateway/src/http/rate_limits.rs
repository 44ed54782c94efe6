//! Rate limits by client address for signing in and registering. They are checked before a service is called.

use std::{net::IpAddr, time::Duration};

use anyhow::Context as _;
use chassis::{http::client_network, shutdown::Stop};
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use crate::{
    config::AttemptsConfig,
    http::problem::{Kind, Problem},
};

/// The most addresses that are tracked.
const MAX_ADDRESSES: usize = 100_000;
const PRUNE_EVERY: Duration = Duration::from_secs(60);

pub(crate) struct Attempts {
    by_peer: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl Attempts {
    pub(crate) fn new(config: &AttemptsConfig) -> anyhow::Result<Self> {
        let period = Duration::try_from_secs_f64(config.login_rate_gateway_seconds).ok();
        let quota = period
            .and_then(Quota::with_period)
            .context("LOGIN_RATE_GATEWAY_SECONDS must be a positive number")?
            .allow_burst(config.login_rate_gateway_burst);
        Ok(Self {
            by_peer: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
        })
    }

    /// Counts an attempt from this address.
    pub(crate) fn count(&self, address: IpAddr) -> Result<(), Problem> {
        let refuse = |wait: u64| {
            metrics::counter!("gateway_attempts_refused_total").increment(1);
            Err(Problem::new(Kind::TooMany, "too many attempts").retry_after(wait))
        };
        if self.by_peer.len() >= MAX_ADDRESSES {
            self.by_peer.retain_recent();
            if self.by_peer.len() >= MAX_ADDRESSES {
                return refuse(PRUNE_EVERY.as_secs());
            }
        }
        match self.by_peer.check_key(&client_network(address)) {
            Ok(()) => Ok(()),
            Err(until) => refuse(until.wait_time_from(self.clock.now()).as_secs() + 1),
        }
    }

    /// Drops addresses whose limit has recovered, until `stop`.
    pub(crate) async fn prune(&self, stop: Stop) {
        while stop.until(tokio::time::sleep(PRUNE_EVERY)).await.is_some() {
            self.by_peer.retain_recent();
            self.by_peer.shrink_to_fit();
        }
    }
}
