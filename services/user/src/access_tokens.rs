//! Access tokens: short-lived EdDSA JWTs (RFC 9068) that the gateway verifies with the keys published here.

use anyhow::Context as _;
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes},
};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header,
    jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash},
};
use serde::Serialize;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::error::Error;

/// Validity of an access token. `ListEndedSessions` covers more than this.
pub(crate) const LIFETIME: Duration = Duration::minutes(10);
/// Claim `aud`: the site as a whole; the gateway verifies tokens for it.
const AUDIENCE: &str = "matcha";

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    /// The member.
    sub: Uuid,
    /// The session, so that the gateway can refuse an ended session before its token expires.
    sid: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
}

/// Signs access tokens.
pub(crate) struct AccessTokens {
    key: EncodingKey,
    header: Header,
    issuer: String,
    jwks: String,
}

impl AccessTokens {
    /// `pem` is a private key in PKCS8 PEM, with or without the public key in it.
    pub(crate) fn new(pem: &str, issuer: &str) -> anyhow::Result<Self> {
        let secret = SigningKey::from_pkcs8_pem(pem).context("not an Ed25519 key in PKCS8 PEM")?;
        // jsonwebtoken reads only the form without the public key.
        let short = KeypairBytes {
            secret_key: secret.to_bytes(),
            public_key: None,
        };
        let der = short.to_pkcs8_der().context("the key cannot be encoded")?;
        let public = DecodingKey::from_ed_der(secret.verifying_key().as_bytes());
        let mut jwk = Jwk::from_decoding_key(&public, Some(Algorithm::EdDSA))?;
        let id = jwk.thumbprint(ThumbprintHash::SHA256)?;
        jwk.common.key_id = Some(id.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self {
            key: EncodingKey::from_ed_der(der.as_bytes()),
            header: Header {
                // RFC 9068 type, so that no other kind of token signed by us passes for an access token.
                typ: Some("at+jwt".to_owned()),
                kid: Some(id),
                ..Header::new(Algorithm::EdDSA)
            },
            issuer: issuer.to_owned(),
            jwks: serde_json::to_string(&JwkSet { keys: vec![jwk] })?,
        })
    }

    pub(crate) fn issue(&self, member: Uuid, session: Uuid) -> Result<String, Error> {
        let now = OffsetDateTime::now_utc();
        let claims = Claims {
            iss: &self.issuer,
            aud: AUDIENCE,
            sub: member,
            sid: session,
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: (now + LIFETIME).unix_timestamp(),
            jti: Uuid::new_v4(),
        };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key);
        Ok(token.context("an access token could not be signed")?)
    }

    /// The public key as a JSON Web Key Set.
    pub(crate) fn jwks(&self) -> &str {
        &self.jwks
    }
}
