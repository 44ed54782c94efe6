//! Opaque page cursors: base64url of JSON with a short checksum. The checksum has no key, so it tells damage, not ill will:
//! what does not decode to exactly the expected type is refused, and the type must refuse values that cannot be.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

/// Longer ones are refused unread.
const LONGEST: usize = 1024;
const CHECKSUM: usize = 8;

#[derive(Debug, thiserror::Error)]
#[error("the cursor is not one of ours")]
pub struct Invalid;

pub fn encode(position: &impl Serialize) -> String {
    let json = serde_json::to_vec(position).expect("a cursor is plain data");
    let mut bytes = checksum(&json).to_vec();
    bytes.extend_from_slice(&json);
    BASE64.encode(bytes)
}

pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T, Invalid> {
    if cursor.len() > LONGEST {
        return Err(Invalid);
    }
    let bytes = BASE64.decode(cursor).map_err(|_| Invalid)?;
    let (sum, json) = bytes.split_at_checked(CHECKSUM).ok_or(Invalid)?;
    if sum != checksum(json) {
        return Err(Invalid);
    }
    serde_json::from_slice(json).map_err(|_| Invalid)
}

fn checksum(json: &[u8]) -> [u8; CHECKSUM] {
    let digest = Sha256::new()
        .chain_update(b"matcha cursor 1")
        .chain_update(json)
        .finalize();
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&digest[..CHECKSUM]);
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_decodes_again() {
        let cursor = encode(&(7_i64, "기생충"));
        let (number, text): (i64, String) = decode(&cursor).expect("our own");
        assert_eq!((number, text.as_str()), (7, "기생충"));
    }

    #[test]
    fn a_changed_or_foreign_cursor_is_refused() {
        let mut cursor = encode(&7_i64);
        cursor.replace_range(0..1, if cursor.starts_with('A') { "B" } else { "A" });
        assert!(decode::<i64>(&cursor).is_err());
        for foreign in ["", "x", "äöü", &"A".repeat(5000), "eyJhIjoxfQ"] {
            assert!(decode::<i64>(foreign).is_err(), "{foreign}");
        }
        assert!(decode::<String>(&encode(&7_i64)).is_err());
    }
}
