//! Ed25519 keys of issuers that exist in one test only.

use std::path::{Path, PathBuf};

use chassis::{config::IdentityConfig, identity::Signer};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, spki::der::pem::LineEnding},
};

/// The issuer that may name members.
pub(crate) const MEMBER_ISSUER: &str = "edge";
pub(crate) const CALLER: &str = "caller";
pub(crate) const CALLEE: &str = "callee";

/// A folder with a private key of each issuer, and the folder of public keys that servers trust.
pub(crate) struct Keys(PathBuf);

impl Keys {
    pub(crate) fn new() -> Self {
        let keys = Self(Path::new(env!("CARGO_TARGET_TMPDIR")).join(uuid::Uuid::now_v7().to_string()));
        std::fs::create_dir_all(keys.trust()).unwrap();
        for issuer in [MEMBER_ISSUER, CALLER, CALLEE, "operator"] {
            let public = keys.generate(issuer).verifying_key();
            let public = public.to_public_key_pem(LineEnding::LF).unwrap();
            std::fs::write(keys.trust().join(format!("{issuer}.pem")), public).unwrap();
        }
        keys
    }

    /// Writes a private key that no server trusts.
    pub(crate) fn generate(&self, issuer: &str) -> SigningKey {
        let key = SigningKey::from_bytes(&rand::random());
        let pem = key.to_pkcs8_pem(LineEnding::LF).unwrap();
        std::fs::write(self.private(issuer), pem.as_bytes()).unwrap();
        key
    }

    pub(crate) fn private(&self, issuer: &str) -> PathBuf {
        self.0.join(format!("{issuer}.key.pem"))
    }

    pub(crate) fn trust(&self) -> PathBuf {
        self.0.join("trust")
    }

    pub(crate) fn signer(&self, issuer: &str) -> Signer {
        Signer::load(issuer, &self.private(issuer)).unwrap()
    }

    pub(crate) fn config(&self, own: &str) -> IdentityConfig {
        IdentityConfig {
            internal_key: self.private(own),
            internal_trust: self.trust(),
            internal_member_issuer: MEMBER_ISSUER.to_owned(),
        }
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
