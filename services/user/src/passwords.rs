//! Passwords: the policy for new ones, and hashing on a bounded number of threads.
//!
//! The policy follows NIST SP 800-63B: a minimum length and a blocklist, no composition rules.

use std::{collections::HashSet, fmt, sync::Arc, sync::LazyLock, time::Duration};

use anyhow::Context as _;
use argon2::{
    Argon2,
    password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::{config::HashingConfig, error::Error};

const MIN_CHARS: usize = 15;
const MAX_CHARS: usize = 128;
/// A blocklisted password of this length reaches `MIN_CHARS` with spaces or signs between its words.
const MIN_COMMON_CHARS: usize = 12;
/// More bytes than `MAX_CHARS` characters can have, even decomposed; bounds the cost of normalisation.
const MAX_BYTES: usize = 4_096;
/// Timeout of the wait for a thread: less than the caller's deadline, so that the error still reaches the caller.
const WAIT_TIMEOUT: Duration = Duration::from_millis(600);

/// A password in normal form C, which is the same from every keyboard. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Password {
    /// A new password of the member with this handle and email: must satisfy the policy.
    pub(crate) fn parse_new(entered: &str, handle: &str, email: Option<&str>) -> Result<Self, Error> {
        let refuse = |message: &'static str| Err(Error::invalid("password", message));
        let Some(password) = Self::parse(entered) else {
            return refuse("a password has at most 128 characters and no control characters");
        };
        if password.0.chars().count() < MIN_CHARS {
            return refuse("a password has at least 15 characters");
        }
        let lower = password.0.to_lowercase();
        if is_common(&lower) {
            return refuse("this password is among the first that guessers try");
        }
        let local = email.and_then(|email| email.split('@').next());
        for name in [Some(handle), email, local].into_iter().flatten() {
            // Shorter names are part of too many good passwords.
            if name.len() >= 5 && lower.contains(&name.to_lowercase()) {
                return refuse("a password must not contain the handle or the email");
            }
        }
        Ok(password)
    }

    /// A password entered at sign-in. `None` if `parse_new` would refuse it for its length or its characters.
    pub(crate) fn parse(entered: &str) -> Option<Self> {
        if entered.len() > MAX_BYTES {
            return None;
        }
        let normal: String = entered.nfc().collect();
        let possible = normal.chars().count() <= MAX_CHARS && !normal.contains(char::is_control);
        possible.then_some(Self(normal))
    }
}

/// The blocklist: long passwords that are common nevertheless, one a line, in lower case.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("common_passwords.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Keyboard walks and alphabets; each is also checked backwards.
const WALKS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890-=",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "q1w2e3r4t5y6u7i8o9p0",
];

fn is_common(lower: &str) -> bool {
    // Guessers also vary spaces and signs.
    let joined: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let texts = [lower, &joined].into_iter();
    // Without its signs, a password may be too short to compare with the blocklist; that form of it is then skipped.
    let mut texts = texts.filter(|text| text.chars().count() >= MIN_COMMON_CHARS);
    texts.any(|text| COMMON.contains(text) || is_repetition(text) || is_walk(text))
}

/// A repeated unit of up to eight characters: `aaaaaaaaaaaaaaa`, `passwordpassword`, `123123123123123`.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=8.min(chars.len() / 2)).any(|unit| chars.iter().skip(unit).zip(&chars).all(|(a, b)| a == b))
}

/// Part of a repeated walk.
fn is_walk(text: &str) -> bool {
    WALKS.iter().any(|walk| {
        let rounds = text.len() / walk.len() + 2;
        let backwards: String = walk.chars().rev().collect();
        walk.repeat(rounds).contains(text) || backwards.repeat(rounds).contains(text)
    })
}

/// Hashes and verifies on blocking threads, a few at a time, with a bounded queue in front.
pub(crate) struct Hasher {
    /// Permits to hash or to wait; without one, a call is refused at once.
    queue: Arc<Semaphore>,
    /// Permits to hash.
    threads: Arc<Semaphore>,
    /// Hash of a random password, verified in place of a missing hash so that both take the same time.
    dummy_hash: Arc<str>,
}

impl Hasher {
    pub(crate) async fn new(config: &HashingConfig) -> Result<Self, Error> {
        let mut random = [0; 32];
        rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut random)
            .context("the system gave no random bytes")?;
        let dummy_hash = tokio::task::spawn_blocking(move || hash(&random))
            .await
            .context("the hash of a random password did not finish")??;
        Ok(Self {
            queue: Arc::new(Semaphore::new(config.hashes_at_once + config.hashes_waiting)),
            threads: Arc::new(Semaphore::new(config.hashes_at_once)),
            dummy_hash: dummy_hash.into(),
        })
    }

    /// The hash of a new password, as a PHC string.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Error> {
        self.run(move || hash(password.0.as_bytes())).await
    }

    /// Whether the password has this hash. Without a hash (an unknown name, or a member who cannot sign in) it does the same
    /// work and returns false, so that the time of the response does not reveal who is a member.
    pub(crate) async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, Error> {
        let dummy_hash = self.dummy_hash.clone();
        self.run(move || {
            let known = stored.is_some();
            let parsed = PasswordHash::new(stored.as_deref().unwrap_or(&dummy_hash))
                .context("a password hash in the database cannot be read")?;
            metrics::counter!("user_password_hashes_total").increment(1);
            match Argon2::default().verify_password(password.0.as_bytes(), &parsed) {
                Ok(()) => Ok(known),
                Err(HashError::PasswordInvalid) => Ok(false),
                Err(error) => Err(anyhow::Error::new(error)
                    .context("a password could not be verified")
                    .into()),
            }
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || {
            metrics::counter!("user_password_hashes_refused_total").increment(1);
            Error::Busy
        };
        let queued = self.queue.clone().try_acquire_owned().map_err(|_| busy())?;
        let thread = tokio::time::timeout(WAIT_TIMEOUT, self.threads.clone().acquire_owned());
        let thread = thread.await.map_err(|_| busy())?.map_err(|_| busy())?;
        let work = move || {
            let result = work();
            // The work holds the permits, because it goes on when the caller's future is dropped.
            drop((queued, thread));
            result
        };
        tokio::task::spawn_blocking(work)
            .await
            .context("the work on a password did not finish")?
    }
}

fn hash(password: &[u8]) -> Result<String, Error> {
    metrics::counter!("user_password_hashes_total").increment(1);
    let hash = Argon2::default().hash_password(password);
    Ok(hash.context("a password could not be hashed")?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_new(entered: &str) -> Result<Password, Error> {
        Password::parse_new(entered, "mina_kim", Some("mina@example.com"))
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(parse_new("열다섯글자가되는비밀번호입니당").is_ok(), "15 in Korean");
        assert!(parse_new("열네글자인비밀번호랍니다요").is_err());
        assert!(parse_new("fourteen chars").is_err());
        assert!(parse_new("fifteen letters").is_ok());
        let words = "민트 초코 영화 ".repeat(15) + "끝";
        assert_eq!(words.chars().count(), 136);
        assert!(parse_new(&words).is_err());
        assert!(parse_new(&words.chars().skip(8).collect::<String>()).is_ok(), "128");
    }

    #[test]
    fn composed_and_decomposed_are_the_same_password() {
        let composed = parse_new("카페 라떼와 영화 한 편의 밤").expect("accepted");
        let decomposed: String = "카페 라떼와 영화 한 편의 밤".nfd().collect();
        assert_eq!(Some(composed), Password::parse(&decomposed));
    }

    #[test]
    fn there_are_no_composition_rules() {
        for good in [
            "correct matcha battery",
            "matcha-demo-popcorn",
            "     spaces around     ",
            "only letters in here",
            "🍵🍿🎬🎞🎟🍵🍿🎬🎞🎟🎥🎦📽🎭🎪",
        ] {
            assert!(parse_new(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_common_password_is_refused() {
        for bad in [
            "passwordpassword",
            "PasswordPassword",
            "password12345678",
            "aaaaaaaaaaaaaaaaaa",
            "abcabcabcabcabcabc",
            "123456789012345",
            "98765432109876543210",
            "abcdefghijklmnopq",
            "zyxwvutsrqponmlkj",
            "qwertyuiopasdfgh",
            "1qaz2wsx3edc4rfv",
            "iloveyouiloveyou",
            "i love you so much",
            "letmeinletmeinletmein",
            "correcthorsebatterystaple",
            "Correct-Horse-Battery-Staple",
            "my_mina_kim_password",
            "yes MINA@example.com yes",
        ] {
            assert!(parse_new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_blocklist_has_the_form_that_lookups_need() {
        assert!(COMMON.len() >= 200, "{}", COMMON.len());
        for line in COMMON.iter() {
            assert!(line.chars().count() >= MIN_COMMON_CHARS, "{line} is never looked up");
            assert_eq!(*line, line.to_lowercase());
        }
    }

    #[tokio::test]
    async fn a_hash_verifies_only_its_password() {
        let hasher = Hasher::new(&HashingConfig::default()).await.expect("a hasher");
        let password = parse_new("correct matcha battery").expect("accepted");
        let stored = hasher.hash(password.clone()).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let other = parse_new("another matcha battery").expect("accepted");
        assert!(
            hasher
                .verify(password.clone(), Some(stored.clone()))
                .await
                .expect("verified")
        );
        assert!(!hasher.verify(other, Some(stored)).await.expect("verified"));
        assert!(!hasher.verify(password, None).await.expect("verified"), "no hash");
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let config = HashingConfig {
            hashes_at_once: 1,
            hashes_waiting: 2,
        };
        let hasher = Hasher::new(&config).await.expect("a hasher");
        let password = parse_new("correct matcha battery").expect("accepted");
        let tries = (0..10).map(|_| hasher.verify(password.clone(), None));
        let answers = futures::future::join_all(tries).await;
        let refused = answers
            .iter()
            .filter(|answer| matches!(answer, Err(Error::Busy)))
            .count();
        assert_eq!(refused, 7);
        assert!(hasher.verify(password, None).await.is_ok(), "permits are returned");
    }
}
