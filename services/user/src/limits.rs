//! How often somebody may guess. And how often an address may refresh sessions.
//!
//! Strict is only the limit on one name tried from one address: that is what guessing looks like. What one address may try in
//! all is wide, as many people may share it and none of them should lock out the others; and so is what may be tried with one
//! name from everywhere, or whoever likes could lock out its member. A guess that the strict limit refuses counts against
//! neither of the others.
//!
//! An attempt counts whether it succeeds or not, and before any work is done for it. Names that nobody has are limited
//! like those of members, so being limited says nothing about who is a member. For the same reason a handle and the
//! email of the same member count apart: together, they would give away that they belong together.

use std::{
    hash::{BuildHasher as _, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use chassis::shutdown::Stop;
use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

use crate::{config::LimitsConfig, error::Error};

/// Names or addresses that are remembered at most; some 32 MB with all four full.
const REMEMBERED: usize = 200_000;
/// How often those that are as good as new are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(60);

pub(crate) struct Limits {
    pairs: Limiter,
    accounts: Limiter,
    peers: Limiter,
    refreshes: Limiter,
}

impl Limits {
    pub(crate) fn new(config: &LimitsConfig) -> anyhow::Result<Self> {
        let pairs = quota(config.pair_attempt_seconds, config.pair_attempts)?;
        let accounts = quota(config.account_attempt_seconds, config.account_attempts)?;
        let peers = quota(config.peer_attempt_seconds, config.peer_attempts)?;
        let refreshes = quota(config.refresh_attempt_seconds, config.refresh_attempts)?;
        Ok(Self {
            pairs: Limiter::new("pair", pairs, REMEMBERED),
            accounts: Limiter::new("account", accounts, REMEMBERED),
            peers: Limiter::new("peer", peers, REMEMBERED),
            refreshes: Limiter::new("refresh", refreshes, REMEMBERED),
        })
    }

    /// Counts an attempt to sign in with this name (handle or email, as typed) from this address.
    pub(crate) fn sign_in(&self, login: &str, address: Option<IpAddr>) -> Result<(), Error> {
        let name = login.trim().to_lowercase();
        self.pairs.attempt(&(&name, address.map(neighbourhood)))?;
        self.peer(address)?;
        self.accounts.attempt(&name)
    }

    /// Counts an attempt from this address. Addresses that cannot be read count as one.
    pub(crate) fn peer(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.peers.attempt(&address.map(neighbourhood))
    }

    /// Counts an exchange of a refresh token from this address. Nobody guesses those, so this only spares the database, and
    /// is far from what browsers do.
    pub(crate) fn refresh(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.refreshes.attempt(&address.map(neighbourhood))
    }
}

/// Forgets, until the stop, whom it need not remember.
pub(crate) async fn forget(limits: Arc<Limits>, stop: Stop) -> anyhow::Result<()> {
    while stop.until(tokio::time::sleep(FORGET_EVERY)).await.is_some() {
        for limiter in [&limits.pairs, &limits.accounts, &limits.peers, &limits.refreshes] {
            limiter.by_key.retain_recent();
            limiter.by_key.shrink_to_fit();
        }
    }
    Ok(())
}

fn quota(seconds: f64, attempts: NonZeroU32) -> anyhow::Result<Quota> {
    let period = Duration::try_from_secs_f64(seconds).ok();
    let quota = period.and_then(Quota::with_period);
    let quota = quota.ok_or_else(|| anyhow::anyhow!("no limit can give back every {seconds} s"))?;
    Ok(quota.allow_burst(attempts))
}

/// Who owns one IPv6 address owns at least the 2^64 around it, so those count as one.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

struct Limiter {
    name: &'static str,
    by_key: DefaultKeyedRateLimiter<u64>,
    /// Keys are kept as hashes under a secret of this process: of one size however long the name, and of no use in a dump.
    hasher: RandomState,
    remembered: usize,
    clock: DefaultClock,
}

impl Limiter {
    fn new(name: &'static str, quota: Quota, remembered: usize) -> Self {
        Self {
            name,
            by_key: RateLimiter::keyed(quota),
            hasher: RandomState::new(),
            remembered,
            clock: DefaultClock::default(),
        }
    }

    fn attempt(&self, key: &impl std::hash::Hash) -> Result<(), Error> {
        if self.by_key.len() >= self.remembered {
            self.by_key.retain_recent();
            // Still full of names that were tried a moment ago: that is an attack, and memory is not its prize.
            if self.by_key.len() >= self.remembered {
                metrics::counter!("user_attempts_refused_total", "limit" => self.name).increment(1);
                return Err(Error::TooManyAttempts(FORGET_EVERY));
            }
        }
        let checked = self.by_key.check_key(&self.hasher.hash_one(key));
        checked.map_err(|until| {
            metrics::counter!("user_attempts_refused_total", "limit" => self.name).increment(1);
            Error::TooManyAttempts(until.wait_time_from(self.clock.now()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits::new(&LimitsConfig::default()).expect("the defaults are right")
    }

    fn passes(times: usize, attempt: impl Fn() -> Result<(), Error>) -> usize {
        (0..times).filter(|_| attempt().is_ok()).count()
    }

    fn of(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn ten_guesses_at_one_name_from_one_address_pass_at_once_and_no_more() {
        let limits = limits();
        let here = of("10.0.0.1");
        assert_eq!(passes(20, || limits.sign_in("mina", here)), 10);
        assert_eq!(passes(5, || limits.sign_in(" MINA ", here)), 0, "the same name");
        assert_eq!(passes(5, || limits.sign_in("joon", here)), 5, "another name");
        assert_eq!(
            passes(5, || limits.sign_in("mina", of("10.0.0.2"))),
            5,
            "the member, elsewhere"
        );
    }

    #[test]
    fn a_guesser_does_not_lock_out_who_shares_the_address() {
        let limits = limits();
        let office = of("10.0.0.1");
        passes(10_000, || limits.sign_in("mina", office));
        for colleague in 0..50 {
            assert!(
                limits.sign_in(&format!("colleague_{colleague}"), office).is_ok(),
                "{colleague}"
            );
        }
    }

    #[test]
    fn guesses_at_one_name_from_everywhere_have_a_limit_too() {
        let limits = limits();
        let passed = (0..1_000).filter(|n: &u32| {
            let address = IpAddr::V4((0x0a00_0000 + n).into());
            limits.sign_in("mina", Some(address)).is_ok()
        });
        // Some are given back meanwhile where the machine is slow.
        let passed = passed.count();
        assert!((100..110).contains(&passed), "{passed}");
    }

    #[test]
    fn the_wait_is_told() {
        let limits = limits();
        passes(10, || limits.sign_in("mina", None));
        let Err(Error::TooManyAttempts(wait)) = limits.sign_in("mina", None) else {
            panic!("limited")
        };
        assert!(wait > Duration::from_secs(25) && wait <= Duration::from_secs(30));
    }

    #[test]
    fn one_network_of_ipv6_counts_as_one_address() {
        let limits = limits();
        let guess = |address: &str| passes(20, || limits.sign_in("mina", of(address)));
        assert_eq!(guess("2001:db8:1:2::1"), 10);
        assert_eq!(guess("2001:db8:1:2:ffff::9"), 0);
        assert_eq!(guess("2001:db8:1:3::1"), 10);
        assert_eq!(guess("10.0.0.1"), 10);
        assert_eq!(guess("::ffff:10.0.0.1"), 0);
    }

    #[test]
    fn refreshing_has_a_limit_of_its_own_that_browsers_do_not_meet() {
        let limits = limits();
        let passed = passes(1_000, || limits.peer(of("10.0.0.1")));
        assert!((120..140).contains(&passed), "{passed}");
        // Some are given back meanwhile where the machine is slow.
        let passed = passes(1_000, || limits.refresh(of("10.0.0.1")));
        assert!((120..140).contains(&passed), "{passed}");
        assert_eq!(passes(5, || limits.refresh(of("10.0.0.2"))), 5);
    }

    #[test]
    fn memory_is_bounded_whatever_is_tried() {
        let quota = quota(30.0, NonZeroU32::MIN).expect("a quota");
        let limiter = Limiter::new("account", quota, 100);
        let passed = (0..1_000).filter(|n| limiter.attempt(n).is_ok()).count();
        assert_eq!(passed, 100);
        assert!(limiter.by_key.len() <= 100);
    }
}
