//! Authentication between services. Every internal call carries a short-lived token for one callee, signed with the Ed25519 key of
//! the process that calls. The callee verifies it and does the authorization itself; no other header is trusted.
//!
//! A token is a JWT (RFC 7519, EdDSA by RFC 8037): `iss` is the process that signed, `aud` the callee, `exp` at most a minute after
//! `iat`, and `kind` says what `sub` is. Only the issuer in the setting `INTERNAL_MEMBER_ISSUER` may call on behalf of members.

use std::{
    collections::HashMap,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Context as _;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use tonic::{Request, Status};
use uuid::Uuid;

use crate::config::IdentityConfig;

const LIFETIME: Duration = Duration::from_secs(60);
/// A token is used again for this long, because signing takes longer than the rest of a call's preparation.
const REUSE: Duration = Duration::from_secs(30);
/// Seconds by which the clocks of two processes may differ.
const LEEWAY: u64 = 5;
const OPERATOR: &str = "operator";

/// The authenticated caller of a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Caller {
    Member {
        id: Uuid,
        session: Uuid,
    },
    /// Another service on its own behalf.
    Service(String),
    /// A person or tool that operates the cluster.
    Operator,
    /// A visitor who has not signed in.
    Anonymous,
}

impl Caller {
    /// The member; UNAUTHENTICATED for all other callers.
    pub fn member(&self) -> Result<Uuid, Status> {
        match self {
            Self::Member { id, .. } => Ok(*id),
            _ => Err(Status::unauthenticated("sign in first")),
        }
    }

    pub fn member_if_any(&self) -> Option<Uuid> {
        match self {
            Self::Member { id, .. } => Some(*id),
            _ => None,
        }
    }

    pub fn require_operator(&self) -> Result<(), Status> {
        match self {
            Self::Operator => Ok(()),
            _ => Err(Status::permission_denied("only an operator may do this")),
        }
    }

    pub fn require_service_or_operator(&self) -> Result<(), Status> {
        match self {
            Self::Operator | Self::Service(_) => Ok(()),
            _ => Err(Status::permission_denied("only services may do this")),
        }
    }
}

/// The caller of a request, which the server's layer has verified.
pub fn caller<T>(request: &Request<T>) -> Result<Caller, Status> {
    let caller = request.extensions().get::<Caller>();
    caller
        .cloned()
        .ok_or_else(|| Status::unauthenticated("no internal token"))
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    iat: u64,
    exp: u64,
}

#[derive(Clone, Copy, Serialize, Deserialize, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Member,
    Service,
    Operator,
    Anonymous,
}

/// Signs tokens with the key of this process.
#[derive(Clone)]
pub struct Signer {
    issuer: String,
    key: EncodingKey,
    signed: Cache<(Caller, &'static str), Arc<str>>,
}

impl Signer {
    pub fn from_pem(issuer: &str, pem: &[u8]) -> anyhow::Result<Self> {
        Ok(Self {
            issuer: issuer.to_owned(),
            key: EncodingKey::from_ed_pem(pem).context("the internal key is no Ed25519 PKCS8 PEM")?,
            signed: Cache::builder().max_capacity(10_000).time_to_live(REUSE).build(),
        })
    }

    pub fn load(issuer: &str, path: &Path) -> anyhow::Result<Self> {
        let pem = std::fs::read(path).with_context(|| format!("cannot read the internal key {}", path.display()))?;
        Self::from_pem(issuer, &pem)
    }

    /// The caller of requests that this process makes in its own name.
    pub fn own(&self) -> Caller {
        if self.issuer == OPERATOR {
            Caller::Operator
        } else {
            Caller::Service(self.issuer.clone())
        }
    }

    /// A token for one callee.
    pub fn token(&self, caller: &Caller, callee: &'static str) -> Result<Arc<str>, Status> {
        let key = (caller.clone(), callee);
        if let Some(token) = self.signed.get(&key) {
            return Ok(token);
        }
        let now = unix_now();
        let (kind, sub, sid) = match caller {
            Caller::Member { id, session } => (Kind::Member, id.to_string(), Some(*session)),
            Caller::Service(name) => (Kind::Service, name.clone(), None),
            Caller::Operator => (Kind::Operator, OPERATOR.to_owned(), None),
            Caller::Anonymous => (Kind::Anonymous, String::new(), None),
        };
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: callee.to_owned(),
            sub,
            kind,
            sid,
            iat: now,
            exp: now + LIFETIME.as_secs(),
        };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &self.key).map_err(|error| {
            tracing::error!(%error, "cannot sign an internal token");
            Status::internal("internal error")
        })?;
        let token: Arc<str> = token.into();
        self.signed.insert(key, token.clone());
        Ok(token)
    }
}

/// Verifies the tokens for this service.
#[derive(Clone)]
pub struct Verifier {
    audience: String,
    /// The only issuer that may name members and anonymous visitors.
    member_issuer: String,
    keys: Arc<HashMap<String, DecodingKey>>,
    verified: Cache<String, (Caller, u64)>,
}

impl Verifier {
    /// Reads the public keys of all issuers, `<issuer>.pem` each.
    pub fn load(audience: &str, config: &IdentityConfig) -> anyhow::Result<Self> {
        let folder = &config.internal_trust;
        let mut keys = HashMap::new();
        let files = std::fs::read_dir(folder)
            .with_context(|| format!("cannot read the folder of trusted keys {}", folder.display()))?;
        for file in files {
            let path = file?.path();
            if path.extension().is_none_or(|extension| extension != "pem") {
                continue;
            }
            let issuer = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let key = DecodingKey::from_ed_pem(&std::fs::read(&path)?)
                .with_context(|| format!("{} is no Ed25519 public key", path.display()))?;
            keys.insert(issuer, key);
        }
        anyhow::ensure!(!keys.is_empty(), "no trusted keys in {}", folder.display());
        Ok(Self {
            audience: audience.to_owned(),
            member_issuer: config.internal_member_issuer.clone(),
            keys: Arc::new(keys),
            verified: Cache::builder().max_capacity(10_000).time_to_live(LIFETIME).build(),
        })
    }

    pub fn verify(&self, token: &str) -> Result<Caller, Status> {
        if let Some((caller, expires)) = self.verified.get(token)
            && unix_now() < expires
        {
            return Ok(caller);
        }
        let (caller, expires) = self.check(token).ok_or_else(|| {
            metrics::counter!("internal_tokens_refused_total").increment(1);
            Status::unauthenticated("the internal token is not good here")
        })?;
        self.verified.insert(token.to_owned(), (caller.clone(), expires));
        Ok(caller)
    }

    fn check(&self, token: &str) -> Option<(Caller, u64)> {
        // The unverified issuer only chooses the key; the signature then verifies it with the other claims.
        let issuer = unverified_issuer(token)?;
        let key = self.keys.get(&issuer)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[&issuer]);
        validation.set_required_spec_claims(&["exp", "aud", "iss"]);
        validation.leeway = LEEWAY;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &validation).ok()?.claims;
        // One issued in the future would look short-lived and be accepted for longer than LIFETIME.
        if claims.iat > unix_now() + LEEWAY || claims.exp.saturating_sub(claims.iat) > LIFETIME.as_secs() {
            return None;
        }
        let caller = match claims.kind {
            Kind::Member if issuer == self.member_issuer => Caller::Member {
                id: claims.sub.parse().ok()?,
                session: claims.sid?,
            },
            Kind::Anonymous if issuer == self.member_issuer => Caller::Anonymous,
            Kind::Service if issuer == claims.sub && issuer != OPERATOR => Caller::Service(issuer),
            Kind::Operator if issuer == OPERATOR => Caller::Operator,
            _ => return None,
        };
        Some((caller, claims.exp))
    }
}

fn unverified_issuer(token: &str) -> Option<String> {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    #[derive(Deserialize)]
    struct Issuer {
        iss: String,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Issuer>(&payload).ok()?.iss)
}

fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
