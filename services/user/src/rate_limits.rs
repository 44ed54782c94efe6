//! Rate limits of sign-in, registration and session refresh.
//!
//! Only the limit on one name from one address is strict, because repeated attempts at one name are what guessing looks
//! like. The limit per address is wide: many people may share an address, and none of them may lock out the others. The
//! limit per name is wide too: with a strict one, anybody could lock out a member. An attempt that the limit per name and
//! address refuses does not count against the other two.
//!
//! An attempt counts whether it succeeds or not, and before any work is done for it. Unknown names are limited like those of
//! members, so a refusal does not reveal who is a member. For the same reason a handle and the email of the same member are
//! counted separately.

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

/// Keys of one limiter; all four limiters full take some 32 MB.
const MAX_KEYS: usize = 200_000;
/// Interval at which keys with a full quota are dropped.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

pub(crate) struct RateLimits {
    names_and_addresses: Limiter,
    names: Limiter,
    addresses: Limiter,
    refreshes: Limiter,
}

impl RateLimits {
    pub(crate) fn new(config: &LimitsConfig) -> anyhow::Result<Self> {
        let names_and_addresses = quota(
            config.login_rate_name_and_address_seconds,
            config.login_rate_name_and_address_burst,
        )?;
        let names = quota(config.login_rate_name_seconds, config.login_rate_name_burst)?;
        let addresses = quota(config.login_rate_address_seconds, config.login_rate_address_burst)?;
        let refreshes = quota(config.refresh_rate_seconds, config.refresh_rate_burst)?;
        Ok(Self {
            names_and_addresses: Limiter::new("name_and_address", names_and_addresses, MAX_KEYS),
            names: Limiter::new("name", names, MAX_KEYS),
            addresses: Limiter::new("address", addresses, MAX_KEYS),
            refreshes: Limiter::new("refresh", refreshes, MAX_KEYS),
        })
    }

    /// Counts a sign-in attempt with this login (handle or email, as entered) from this address.
    pub(crate) fn count_sign_in(&self, login: &str, address: Option<IpAddr>) -> Result<(), Error> {
        let name = login.trim().to_lowercase();
        self.names_and_addresses.count(&(&name, address.map(network)))?;
        self.count_address(address)?;
        self.names.count(&name)
    }

    /// Counts an attempt from this address. All addresses that cannot be parsed count as one.
    pub(crate) fn count_address(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.addresses.count(&address.map(network))
    }

    /// Counts the use of a refresh token from this address. Tokens cannot be guessed, so the limit only protects the database,
    /// and is far above what browsers do.
    pub(crate) fn count_refresh(&self, address: Option<IpAddr>) -> Result<(), Error> {
        self.refreshes.count(&address.map(network))
    }
}

/// Drops keys with a full quota until the stop.
pub(crate) async fn prune(limits: Arc<RateLimits>, stop: Stop) -> anyhow::Result<()> {
    while stop.until(tokio::time::sleep(PRUNE_EVERY)).await.is_some() {
        for limiter in [
            &limits.names_and_addresses,
            &limits.names,
            &limits.addresses,
            &limits.refreshes,
        ] {
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

/// An IPv6 subscriber has at least a /64, so all its addresses count as one.
fn network(address: IpAddr) -> IpAddr {
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
    /// Keys are hashes with a secret of this process: of fixed size, and useless in a memory dump.
    hasher: RandomState,
    max_keys: usize,
    clock: DefaultClock,
}

impl Limiter {
    fn new(name: &'static str, quota: Quota, max_keys: usize) -> Self {
        Self {
            name,
            by_key: RateLimiter::keyed(quota),
            hasher: RandomState::new(),
            max_keys,
            clock: DefaultClock::default(),
        }
    }

    fn count(&self, key: &impl std::hash::Hash) -> Result<(), Error> {
        if self.by_key.len() >= self.max_keys {
            self.by_key.retain_recent();
            // Still full after pruning: likely an attack. Refuse new keys rather than grow.
            if self.by_key.len() >= self.max_keys {
                metrics::counter!("user_attempts_refused_total", "limit" => self.name).increment(1);
                return Err(Error::TooManyAttempts(PRUNE_EVERY));
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

    fn limits() -> RateLimits {
        RateLimits::new(&LimitsConfig::default()).expect("the defaults are right")
    }

    fn passes(times: usize, attempt: impl Fn() -> Result<(), Error>) -> usize {
        (0..times).filter(|_| attempt().is_ok()).count()
    }

    fn address(text: &str) -> Option<IpAddr> {
        text.parse().ok()
    }

    #[test]
    fn ten_guesses_at_one_name_from_one_address_pass() {
        let limits = limits();
        let here = address("10.0.0.1");
        assert_eq!(passes(20, || limits.count_sign_in("mina", here)), 10);
        assert_eq!(passes(5, || limits.count_sign_in(" MINA ", here)), 0, "the same name");
        assert_eq!(passes(5, || limits.count_sign_in("joon", here)), 5, "another name");
        assert_eq!(
            passes(5, || limits.count_sign_in("mina", address("10.0.0.2"))),
            5,
            "another address"
        );
    }

    #[test]
    fn a_guesser_does_not_lock_out_others_at_the_same_address() {
        let limits = limits();
        let office = address("10.0.0.1");
        passes(10_000, || limits.count_sign_in("mina", office));
        for colleague in 0..50 {
            assert!(
                limits.count_sign_in(&format!("colleague_{colleague}"), office).is_ok(),
                "{colleague}"
            );
        }
    }

    #[test]
    fn guesses_at_one_name_from_many_addresses_are_limited() {
        let limits = limits();
        let passed = (0..1_000).filter(|n: &u32| {
            let address = IpAddr::V4((0x0a00_0000 + n).into());
            limits.count_sign_in("mina", Some(address)).is_ok()
        });
        // On a slow machine some are given back meanwhile.
        let passed = passed.count();
        assert!((100..110).contains(&passed), "{passed}");
    }

    #[test]
    fn a_refusal_says_how_long_to_wait() {
        let limits = limits();
        passes(10, || limits.count_sign_in("mina", None));
        let Err(Error::TooManyAttempts(wait)) = limits.count_sign_in("mina", None) else {
            panic!("limited")
        };
        assert!(wait > Duration::from_secs(25) && wait <= Duration::from_secs(30));
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let limits = limits();
        let guess = |address: &str| passes(20, || limits.count_sign_in("mina", self::address(address)));
        assert_eq!(guess("2001:db8:1:2::1"), 10);
        assert_eq!(guess("2001:db8:1:2:ffff::9"), 0);
        assert_eq!(guess("2001:db8:1:3::1"), 10);
        assert_eq!(guess("10.0.0.1"), 10);
        assert_eq!(guess("::ffff:10.0.0.1"), 0);
    }

    #[test]
    fn refreshes_have_a_limit_of_their_own() {
        let limits = limits();
        let passed = passes(1_000, || limits.count_address(address("10.0.0.1")));
        assert!((120..140).contains(&passed), "{passed}");
        // On a slow machine some are given back meanwhile.
        let passed = passes(1_000, || limits.count_refresh(address("10.0.0.1")));
        assert!((120..140).contains(&passed), "{passed}");
        assert_eq!(passes(5, || limits.count_refresh(address("10.0.0.2"))), 5);
    }

    #[test]
    fn the_number_of_keys_is_bounded() {
        let quota = quota(30.0, NonZeroU32::MIN).expect("a quota");
        let limiter = Limiter::new("name", quota, 100);
        let passed = (0..1_000).filter(|n| limiter.count(n).is_ok()).count();
        assert_eq!(passed, 100);
        assert!(limiter.by_key.len() <= 100);
    }
}
