//! Access tokens: EdDSA JWTs (RFC 9068) that the user service signs. The signing keys and the ended sessions are fetched in the
//! background and kept while the user service is down, so that members stay signed in.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use arc_swap::{ArcSwap, ArcSwapOption};
use chassis::{admin::Check, client, identity::Caller, shutdown::Stop};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, JwkSet},
};
use matcha_protos::user::v1::{GetSigningKeysRequest, ListEndedSessionsRequest};
use moka::sync::Cache;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use uuid::Uuid;

use crate::{
    http::problem::{Kind, Problem},
    upstream::clients::{Clients, own},
};

/// `aud`: the site as a whole.
const AUDIENCE: &str = "matcha";
/// `typ` (RFC 9068), so that no other kind of token is accepted as an access token.
const TYPE: &str = "at+jwt";
const LEEWAY_SECONDS: u64 = 5;
/// Longer tokens are refused without parsing them.
const MAX_TOKEN_BYTES: usize = 2048;

const RENEW_KEYS: Duration = Duration::from_secs(300);
/// A token with an unknown key triggers a fetch, but no more often than this, because anybody can forge such tokens.
const RENEW_UNKNOWN: Duration = Duration::from_secs(5);
/// How long the request with such a token waits for the fetch.
const WAIT_FOR_KEYS: Duration = Duration::from_millis(500);
const POLL_ENDED: Duration = Duration::from_secs(2);
/// The pause between polls until the first answer.
const FIRST_ENDED: Duration = Duration::from_millis(200);

#[derive(Clone, Deserialize)]
struct Claims {
    sub: Uuid,
    sid: Uuid,
    exp: u64,
}

const NOT_YET: &str = "sign-ins cannot be checked yet; try again";

#[derive(Debug)]
enum Refusal {
    UnknownKey,
    /// Malformed, forged, expired, or for another audience. The client does not learn which.
    Bad,
}

type Keys = HashMap<String, DecodingKey>;

pub(crate) struct AccessTokens {
    validation: Validation,
    /// Empty: never fetched.
    keys: ArcSwap<Keys>,
    /// Counts the fetches.
    fetched: watch::Sender<u64>,
    fetch: Notify,
    asked: Mutex<Option<Instant>>,
    /// `None`: never fetched.
    ended: ArcSwapOption<HashSet<Uuid>>,
    /// Claims by the token's hash, so that a signature is verified once.
    verified: Cache<[u8; 32], Claims>,
}

impl AccessTokens {
    pub(crate) fn new(issuer: &str) -> Arc<Self> {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        Arc::new(Self {
            validation,
            keys: ArcSwap::default(),
            fetched: watch::Sender::new(0),
            fetch: Notify::new(),
            asked: Mutex::new(None),
            ended: ArcSwapOption::empty(),
            verified: Cache::builder()
                .max_capacity(20_000)
                .time_to_live(Duration::from_secs(60))
                .build(),
        })
    }

    /// Returns the member of a token.
    pub(crate) async fn verify(&self, token: &str) -> Result<Caller, Problem> {
        let mut claims = self.claims(token);
        if matches!(claims, Err(Refusal::UnknownKey)) && self.ask_for_keys().await {
            claims = self.claims(token);
        }
        let claims = match claims {
            Ok(claims) => claims,
            Err(_) if self.keys.load().is_empty() => {
                return Err(Problem::new(Kind::Unavailable, NOT_YET));
            }
            Err(_) => return Err(Problem::bad_token("the access token is not good")),
        };
        match &*self.ended.load() {
            None => return Err(Problem::new(Kind::Unavailable, NOT_YET)),
            Some(ended) if ended.contains(&claims.sid) => return Err(Problem::bad_token("the session has ended")),
            Some(_) => {}
        }
        Ok(Caller::Member {
            id: claims.sub,
            session: claims.sid,
        })
    }

    fn claims(&self, token: &str) -> Result<Claims, Refusal> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::Bad);
        }
        let hash: [u8; 32] = Sha256::digest(token).into();
        if let Some(claims) = self.verified.get(&hash) {
            let expired = claims.exp + LEEWAY_SECONDS < unix_now();
            return if expired { Err(Refusal::Bad) } else { Ok(claims) };
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| Refusal::Bad)?;
        let right_type = header.typ.is_some_and(|typ| typ.eq_ignore_ascii_case(TYPE));
        if !right_type || header.alg != Algorithm::EdDSA {
            return Err(Refusal::Bad);
        }
        let keys = self.keys.load();
        let kid = header.kid.ok_or(Refusal::Bad)?;
        let key = keys.get(&kid).ok_or(Refusal::UnknownKey)?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation)
            .map_err(|_| Refusal::Bad)?
            .claims;
        self.verified.insert(hash, claims.clone());
        Ok(claims)
    }

    /// Asks the background task for the keys and waits for them briefly. False if they were fetched a moment ago.
    async fn ask_for_keys(&self) -> bool {
        let mut fetched = self.fetched.subscribe();
        {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            match asked.map(|at| at.elapsed()) {
                // Another request has just asked: wait for the same answer.
                Some(ago) if ago < WAIT_FOR_KEYS => {}
                Some(ago) if ago < RENEW_UNKNOWN => return false,
                _ => {
                    *asked = Some(Instant::now());
                    self.fetch.notify_one();
                }
            }
        }
        let answered = tokio::time::timeout(WAIT_FOR_KEYS, fetched.changed()).await;
        matches!(answered, Ok(Ok(())))
    }

    /// Keeps the keys fresh until `stop`. `check` turns ready with the first fetch and stays ready: old keys still verify tokens.
    pub(crate) async fn keep_keys(self: Arc<Self>, clients: Clients, check: Check, stop: Stop) -> anyhow::Result<()> {
        let mut retry_delay = Duration::from_millis(100);
        while !stop.is_stopped() {
            match fetch_keys(&clients).await {
                Ok(keys) => {
                    // Tokens that were verified with a withdrawn key must be verified again.
                    self.verified.invalidate_all();
                    self.keys.store(Arc::new(keys));
                    self.fetched.send_modify(|times| *times += 1);
                    check.ok();
                    retry_delay = Duration::from_millis(100);
                    let again = tokio::time::timeout(RENEW_KEYS, self.fetch.notified());
                    stop.until(again).await;
                }
                Err(error) => {
                    tracing::warn!(error = %format!("{error:#}"), "cannot fetch the signing keys; using those already known");
                    stop.until(tokio::time::sleep(retry_delay)).await;
                    retry_delay = (retry_delay * 2).min(Duration::from_secs(2));
                }
            }
        }
        Ok(())
    }

    /// Keeps the list of ended sessions fresh until `stop`. `check` turns ready with the first answer: before it, a gateway that
    /// has just started would accept tokens of ended sessions.
    pub(crate) async fn keep_ended(self: Arc<Self>, clients: Clients, check: Check, stop: Stop) -> anyhow::Result<()> {
        loop {
            let request = client::request(ListEndedSessionsRequest {}, &own());
            match clients.user.clone().list_ended_sessions(request).await {
                Ok(answer) => {
                    let ids = answer.into_inner().session_ids;
                    let ids = ids.iter().filter_map(|id| id.parse().ok());
                    self.ended.store(Some(Arc::new(ids.collect())));
                    check.ok();
                }
                Err(status) => {
                    metrics::counter!("ended_sessions_failures_total").increment(1);
                    tracing::warn!(code = ?status.code(), "cannot fetch the ended sessions; using those already known");
                }
            }
            let pause = if self.ended.load().is_some() {
                POLL_ENDED
            } else {
                FIRST_ENDED
            };
            if stop.until(tokio::time::sleep(pause)).await.is_none() {
                return Ok(());
            }
        }
    }
}

async fn fetch_keys(clients: &Clients) -> anyhow::Result<Keys> {
    let request = client::request(GetSigningKeysRequest {}, &own());
    let answer = clients.user.clone().get_signing_keys(request).await?;
    let set: JwkSet = serde_json::from_str(&answer.into_inner().jwks_json).context("cannot parse the signing keys")?;
    let mut keys = Keys::new();
    for jwk in set.keys {
        let Some(kid) = jwk.common.key_id else {
            continue;
        };
        // Only EdDSA over Ed25519 is accepted; other keys in the set are skipped.
        if let AlgorithmParameters::OctetKeyPair(pair) = &jwk.algorithm
            && pair.curve == EllipticCurve::Ed25519
        {
            keys.insert(kid, DecodingKey::from_ed_components(&pair.x)?);
        }
    }
    anyhow::ensure!(!keys.is_empty(), "there are no signing keys");
    Ok(keys)
}

fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
