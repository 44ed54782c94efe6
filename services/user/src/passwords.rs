//! Passwords: which ones are accepted, and how they are hashed without starving everyone else.
//!
//! Length is what protects; there are no rules of composition. Refused are only the passwords that guessers try first.

use std::{collections::HashSet, fmt, sync::Arc, sync::LazyLock, time::Duration};

use argon2::{
    Argon2,
    password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::{config::HashingConfig, error::Error};

const SHORTEST: usize = 15;
const LONGEST: usize = 128;
/// A common password of this length becomes one of 15 characters with spaces or signs between its words.
const SHORTEST_COMMON: usize = 12;
/// More bytes than 128 characters can have, even decomposed; longer input is not even normalised.
const LONGEST_BYTES: usize = 4_096;
/// How long a password may wait for its turn: less than the caller's deadline, so that the answer still arrives.
const LONGEST_WAIT: Duration = Duration::from_millis(600);

/// A password in normal form C, so that it is the same from every keyboard. Does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Password {
    /// A password that somebody chooses for this handle and email.
    pub(crate) fn choose(typed: &str, handle: &str, email: Option<&str>) -> Result<Self, Error> {
        let refuse = |message: &str| Err(Error::invalid("password", message));
        let Some(password) = Self::typed(typed) else {
            return refuse("a password has at most 128 characters and no control characters");
        };
        if password.0.chars().count() < SHORTEST {
            return refuse("a password has at least 15 characters");
        }
        let lower = password.0.to_lowercase();
        if is_common(&lower) {
            return refuse("this password is among the first that guessers try");
        }
        let local = email.and_then(|email| email.split('@').next());
        for name in [Some(handle), email, local].into_iter().flatten() {
            // A name of three letters is part of too many good passwords.
            if name.len() >= 5 && lower.contains(&name.to_lowercase()) {
                return refuse("a password must not contain the handle or the email");
            }
        }
        Ok(password)
    }

    /// A password that somebody types to sign in; `None`: nobody can have chosen it.
    pub(crate) fn typed(typed: &str) -> Option<Self> {
        if typed.len() > LONGEST_BYTES {
            return None;
        }
        let normal: String = typed.nfc().collect();
        let possible = normal.chars().count() <= LONGEST && !normal.contains(char::is_control);
        possible.then_some(Self(normal))
    }
}

/// Long passwords that are common all the same, one a line, in lower case.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let lines = include_str!("common_passwords.txt").lines();
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// What is typed by running a finger along something; each also backwards.
const WALKS: [&str; 6] = [
    "abcdefghijklmnopqrstuvwxyz",
    "0123456789",
    "1234567890-=",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
    "q1w2e3r4t5y6u7i8o9p0",
];

fn is_common(lower: &str) -> bool {
    // What is only spaced or dotted differently is tried at once, too.
    let joined: String = lower.chars().filter(|c| c.is_alphanumeric()).collect();
    let texts = [lower, &joined].into_iter();
    // What is left of a text of signs says nothing about it.
    let mut texts = texts.filter(|text| text.chars().count() >= SHORTEST_COMMON);
    texts.any(|text| COMMON.contains(text) || is_repetition(text) || is_walk(text))
}

/// One unit of up to eight characters, over and over: `aaaaaaaaaaaaaaa`, `passwordpassword`, `123123123123123`.
fn is_repetition(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    (1..=8.min(chars.len() / 2)).any(|unit| chars.iter().skip(unit).zip(&chars).all(|(a, b)| a == b))
}

/// Part of a walk that goes round and round.
fn is_walk(text: &str) -> bool {
    WALKS.iter().any(|walk| {
        let rounds = text.len() / walk.len() + 2;
        let backwards: String = walk.chars().rev().collect();
        walk.repeat(rounds).contains(text) || backwards.repeat(rounds).contains(text)
    })
}

/// Hashes and verifies off the async threads, a few at a time, with a short queue in front.
pub(crate) struct Hasher {
    /// Everyone who hashes or waits; who finds no place here is refused at once.
    places: Arc<Semaphore>,
    /// Those who hash.
    slots: Arc<Semaphore>,
    /// Of a password that nobody knows, verified where there is nothing to verify.
    nobody: Arc<str>,
}

impl Hasher {
    pub(crate) async fn new(config: &HashingConfig) -> Result<Self, Error> {
        let mut unknown = [0; 32];
        rand::TryRngCore::try_fill_bytes(&mut rand::rngs::OsRng, &mut unknown)?;
        let nobody = tokio::task::spawn_blocking(move || hash(&unknown)).await??;
        Ok(Self {
            places: Arc::new(Semaphore::new(config.hashes_at_once + config.hashes_waiting)),
            slots: Arc::new(Semaphore::new(config.hashes_at_once)),
            nobody: nobody.into(),
        })
    }

    /// The hash of a new password, as a PHC string.
    pub(crate) async fn hash(&self, password: Password) -> Result<String, Error> {
        self.turn(move || hash(password.0.as_bytes())).await
    }

    /// Whether the password is the one of this hash. Without a hash (nobody has that name, or cannot sign in) it takes
    /// the same work and says no.
    pub(crate) async fn verify(&self, password: Password, stored: Option<String>) -> Result<bool, Error> {
        let nobody = self.nobody.clone();
        self.turn(move || {
            let known = stored.is_some();
            let parsed = PasswordHash::new(stored.as_deref().unwrap_or(&nobody))?;
            metrics::counter!("user_password_hashes_total").increment(1);
            match Argon2::default().verify_password(password.0.as_bytes(), &parsed) {
                Ok(()) => Ok(known),
                Err(HashError::PasswordInvalid) => Ok(false),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let busy = || {
            metrics::counter!("user_password_hashes_refused_total").increment(1);
            Error::Busy
        };
        let place = self.places.clone().try_acquire_owned().map_err(|_| busy())?;
        let slot = tokio::time::timeout(LONGEST_WAIT, self.slots.clone().acquire_owned());
        let slot = slot.await.map_err(|_| busy())?.map_err(|_| busy())?;
        let work = move || {
            let result = work();
            // Held by the work, not by the caller: one who hangs up does not make room while the work still runs.
            drop((place, slot));
            result
        };
        tokio::task::spawn_blocking(work).await?
    }
}

fn hash(password: &[u8]) -> Result<String, Error> {
    metrics::counter!("user_password_hashes_total").increment(1);
    Ok(Argon2::default().hash_password(password)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(typed: &str) -> Result<Password, Error> {
        Password::choose(typed, "mina_kim", Some("mina@example.com"))
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(chosen("열다섯글자가되는비밀번호입니당").is_ok(), "15 in Korean");
        assert!(chosen("열네글자인비밀번호랍니다요").is_err());
        assert!(chosen("fourteen chars").is_err());
        assert!(chosen("fifteen letters").is_ok());
        let words = "민트 초코 영화 ".repeat(15) + "끝";
        assert_eq!(words.chars().count(), 136);
        assert!(chosen(&words).is_err());
        assert!(chosen(&words.chars().skip(8).collect::<String>()).is_ok(), "128");
    }

    #[test]
    fn composed_and_decomposed_are_the_same_password() {
        let composed = chosen("카페 라떼와 영화 한 편의 밤").expect("accepted");
        let decomposed: String = "카페 라떼와 영화 한 편의 밤".nfd().collect();
        assert_eq!(Some(composed), Password::typed(&decomposed));
    }

    #[test]
    fn there_are_no_rules_of_composition() {
        for good in [
            "correct matcha battery",
            "matcha-demo-popcorn",
            "     spaces around     ",
            "only letters in here",
            "🍵🍿🎬🎞🎟🍵🍿🎬🎞🎟🎥🎦📽🎭🎪",
        ] {
            assert!(chosen(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_guessers_try_first_is_refused() {
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
            assert!(chosen(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_list_is_in_the_form_it_is_looked_up_in() {
        assert!(COMMON.len() >= 200, "{}", COMMON.len());
        for line in COMMON.iter() {
            assert!(line.chars().count() >= SHORTEST_COMMON, "{line} is never looked up");
            assert_eq!(*line, line.to_lowercase());
        }
    }

    #[tokio::test]
    async fn a_hash_verifies_its_password_only() {
        let hasher = Hasher::new(&HashingConfig::default()).await.expect("a hasher");
        let password = chosen("correct matcha battery").expect("accepted");
        let stored = hasher.hash(password.clone()).await.expect("hashed");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let other = chosen("another matcha battery").expect("accepted");
        assert!(
            hasher
                .verify(password.clone(), Some(stored.clone()))
                .await
                .expect("verified")
        );
        assert!(!hasher.verify(other, Some(stored)).await.expect("verified"));
        assert!(!hasher.verify(password, None).await.expect("verified"), "nobody");
    }

    #[tokio::test]
    async fn more_than_the_queue_takes_is_refused_at_once() {
        let config = HashingConfig {
            hashes_at_once: 1,
            hashes_waiting: 2,
        };
        let hasher = Hasher::new(&config).await.expect("a hasher");
        let password = chosen("correct matcha battery").expect("accepted");
        let tries = (0..10).map(|_| hasher.verify(password.clone(), None));
        let answers = futures::future::join_all(tries).await;
        let refused = answers
            .iter()
            .filter(|answer| matches!(answer, Err(Error::Busy)))
            .count();
        assert_eq!(refused, 7);
        assert!(hasher.verify(password, None).await.is_ok(), "places are given back");
    }
}
