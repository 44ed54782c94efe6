//! Opaque page cursors: base64url of JSON with a short checksum. The checksum has no key, so it detects damage but not forgery; the
//! type that a cursor is decoded to has to reject impossible values itself.
//!
//! A cursor is valid for one query: one owner, one filter, one order. These are hashed into the checksum and not stored in the
//! cursor, so a cursor of another query is rejected without making cursors longer.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};
use time::{OffsetDateTime, macros::datetime};

/// Longer cursors are rejected before they are decoded.
const MAX_CURSOR_BYTES: usize = 1024;
const CHECKSUM: usize = 8;

/// The start of a list from the newest.
pub const END_OF_TIME: OffsetDateTime = datetime!(9999-12-31 0:00 UTC);
/// The start of a list from the oldest.
pub const BEGINNING_OF_TIME: OffsetDateTime = datetime!(1900-01-01 0:00 UTC);

#[derive(Debug, thiserror::Error)]
#[error("the cursor is not one of ours")]
pub struct Invalid;

/// Encodes a position in `list`. `list` identifies the query: its name, owner, filters and order, such as
/// `("orders", customer, sort)`. A cursor made for other values is refused.
pub fn encode_for(list: &impl Serialize, position: &impl Serialize) -> String {
    let json = serde_json::to_vec(position).expect("a cursor is plain data");
    let mut bytes = checksum(list, &json).to_vec();
    bytes.extend_from_slice(&json);
    BASE64.encode(bytes)
}

/// Decodes a position in `list`.
pub fn decode_for<T: DeserializeOwned>(list: &impl Serialize, cursor: &str) -> Result<T, Invalid> {
    if cursor.len() > MAX_CURSOR_BYTES {
        return Err(Invalid);
    }
    let bytes = BASE64.decode(cursor).map_err(|_| Invalid)?;
    let (sum, json) = bytes.split_at_checked(CHECKSUM).ok_or(Invalid)?;
    if sum != checksum(list, json) {
        return Err(Invalid);
    }
    serde_json::from_slice(json).map_err(|_| Invalid)
}

fn checksum(list: &impl Serialize, json: &[u8]) -> [u8; CHECKSUM] {
    let list = serde_json::to_vec(list).expect("a list is named by plain data");
    let digest = Sha256::new()
        .chain_update(b"matcha cursor 2")
        // JSON contains no zero byte, so the two parts cannot run into each other.
        .chain_update(list)
        .chain_update([0])
        .chain_update(json)
        .finalize();
    let mut sum = [0; CHECKSUM];
    sum.copy_from_slice(&digest[..CHECKSUM]);
    sum
}

/// Removes the row that was read beyond the page, and returns whether there was one: whether there is a next page.
pub fn truncate_page<T>(rows: &mut Vec<T>, limit: i64) -> bool {
    let limit = usize::try_from(limit).expect("a limit is at most 50");
    let more = rows.len() > limit;
    rows.truncate(limit);
    more
}

/// Serializes a timestamp as Unix microseconds, the precision of Postgres, and rejects numbers outside the range of Postgres before
/// anything computes with them.
pub mod timestamp {
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de::Error as _};
    use time::OffsetDateTime;

    use super::{BEGINNING_OF_TIME, END_OF_TIME};

    pub fn serialize<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        ((time.unix_timestamp_nanos() / 1000) as i64).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        let micros = i64::deserialize(deserializer)?;
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1000)
            .ok()
            .filter(|time| (BEGINNING_OF_TIME..=END_OF_TIME).contains(time))
            .ok_or_else(|| D::Error::custom("the timestamp is out of range"))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const LIST: &str = "numbers";

    #[test]
    fn what_was_encoded_decodes_again() {
        let cursor = encode_for(&LIST, &(7_i64, "기생충"));
        let (number, text): (i64, String) = decode_for(&LIST, &cursor).expect("our own");
        assert_eq!((number, text.as_str()), (7, "기생충"));
    }

    #[test]
    fn a_changed_or_foreign_cursor_is_refused() {
        let mut cursor = encode_for(&LIST, &7_i64);
        cursor.replace_range(0..1, if cursor.starts_with('A') { "B" } else { "A" });
        assert!(decode_for::<i64>(&LIST, &cursor).is_err());
        for foreign in ["", "x", "äöü", &"A".repeat(5000), "eyJhIjoxfQ"] {
            assert!(decode_for::<i64>(&LIST, foreign).is_err(), "{foreign}");
        }
        assert!(decode_for::<String>(&LIST, &encode_for(&LIST, &7_i64)).is_err());
    }

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let list = ("orders", 7_u8, None::<u8>);
        let cursor = encode_for(&list, &3_i64);
        assert_eq!(decode_for::<i64>(&list, &cursor).ok(), Some(3));
        for other in [("orders", 8, None), ("orders", 7, Some(1)), ("returns", 7, None)] {
            assert!(decode_for::<i64>(&other, &cursor).is_err(), "{other:?}");
        }
    }

    #[derive(Debug, Serialize, Deserialize, PartialEq)]
    struct At(#[serde(with = "timestamp")] OffsetDateTime);

    #[test]
    fn a_timestamp_comes_back_to_the_microsecond_and_impossible_ones_are_refused() {
        let at = At(datetime!(2026-11-21 12:34:56.789_012 UTC));
        let json = serde_json::to_string(&at).expect("plain data");
        assert_eq!(serde_json::from_str::<At>(&json).expect("plain data"), at);
        for end in [BEGINNING_OF_TIME, END_OF_TIME] {
            let json = serde_json::to_string(&At(end)).expect("plain data");
            assert_eq!(serde_json::from_str::<At>(&json).expect("plain data"), At(end));
        }
        for wrong in [i64::MAX, i64::MIN, 253_402_300_799_999_999, -9_999_999_999_999_999] {
            assert!(serde_json::from_str::<At>(&wrong.to_string()).is_err(), "{wrong}");
        }
    }
}
