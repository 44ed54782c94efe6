//! What is known of one member: ratings and shelf, as Redis keeps them and as the rows need them.

use redis::aio::ConnectionManager;
use uuid::Uuid;

/// What is known of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// In the order of the movies' ids, without cleared ones.
    pub ratings: Vec<Rated>,
    /// Movies on the shelf, in the order of their ids.
    pub shelf: Vec<Shelved>,
}

/// A movie on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelved {
    pub movie: Uuid,
    /// As in `ShelfState`.
    pub state: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated {
    pub movie: Uuid,
    /// 1-10.
    pub stars: u8,
    pub rated_at: i64,
}

impl Profile {
    pub fn has_rated(&self, movie: Uuid) -> bool {
        self.ratings.binary_search_by_key(&movie, |rated| rated.movie).is_ok()
    }

    /// Rated or on the shelf: nothing to offer.
    pub fn knows(&self, movie: Uuid) -> bool {
        self.has_rated(movie) || self.shelf.binary_search_by_key(&movie, |entry| entry.movie).is_ok()
    }
}

/// Fields and values of a hash.
pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// One round trip for many members.
pub(crate) async fn read(
    mut connection: ConnectionManager,
    prefix: &str,
    members: &[Uuid],
) -> redis::RedisResult<Vec<Profile>> {
    let mut pipe = redis::pipe();
    for member in members {
        let member = member.simple();
        pipe.cmd("HGETALL").arg(format!("{prefix}ratings:{member}"));
        pipe.cmd("HGETALL").arg(format!("{prefix}shelf:{member}"));
    }
    let answers: Vec<Pairs> = pipe.query_async(&mut connection).await?;
    Ok(answers
        .chunks(2)
        .map(|pair| {
            let entries = |pairs: &Pairs| -> Vec<Rated> {
                let mut out: Vec<Rated> = pairs
                    .iter()
                    .filter_map(|(field, value)| {
                        let (movie, (stars, _, rated_at)) = (Uuid::from_slice(field).ok()?, unpacked(value)?);
                        (stars > 0).then_some(Rated { movie, stars, rated_at })
                    })
                    .collect();
                out.sort_unstable_by_key(|rated| rated.movie);
                out
            };
            Profile {
                ratings: entries(&pair[0]),
                shelf: pair
                    .get(1)
                    .map(entries)
                    .unwrap_or_default()
                    .iter()
                    .map(|entry| Shelved {
                        movie: entry.movie,
                        state: entry.stars,
                    })
                    .collect(),
            }
        })
        .collect())
}

/// Stars or shelf state, version and time as the scripts read them.
pub(crate) fn packed(first: u8, version: i64, at: i64) -> [u8; 17] {
    let mut out = [0u8; 17];
    out[0] = first;
    out[1..9].copy_from_slice(&version.to_be_bytes());
    out[9..].copy_from_slice(&at.to_be_bytes());
    out
}

fn unpacked(value: &[u8]) -> Option<(u8, i64, i64)> {
    let number = |range: std::ops::Range<usize>| Some(i64::from_be_bytes(value.get(range)?.try_into().ok()?));
    Some((*value.first()?, number(1..9)?, number(9..17)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        assert_eq!(unpacked(&packed(9, 7, 1_700_000_000)), Some((9, 7, 1_700_000_000)));
        assert_eq!(unpacked(&[1, 2, 3]), None);
    }
}
