//! The ratings and the shelf of one member, as Redis holds them, and the RPC DescribeProfiles.

use matcha_protos::recommendation::v1::{self as api, DescribeProfilesRequest, DescribeProfilesResponse};
use redis::aio::ConnectionManager;
use uuid::Uuid;

use crate::{Service, error::Error, parse};

/// Members that one DescribeProfiles request may name.
const MAX_MEMBERS: usize = 500;

/// How many ratings each member has in this copy, and the sum of their stars.
pub(crate) async fn describe_profiles(
    service: &Service,
    request: &DescribeProfilesRequest,
) -> Result<DescribeProfilesResponse, Error> {
    let members = parse::ids(&request.member_ids, "member_ids", MAX_MEMBERS)?;
    let profiles = service.store.profiles(&members).await?;
    let profiles = members.iter().zip(profiles).map(|(member, profile)| api::Profile {
        member_id: member.to_string(),
        rated_count: profile.ratings.len() as i64,
        stars_sum: profile.ratings.iter().map(|rated| i64::from(rated.stars)).sum(),
    });
    Ok(DescribeProfilesResponse {
        profiles: profiles.collect(),
    })
}

/// The ratings and the shelf of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// In the order of the movie ids, without cleared ratings.
    pub ratings: Vec<Rated>,
    /// In the order of the movie ids.
    pub shelf: Vec<Shelved>,
}

/// A movie on the shelf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shelved {
    pub movie: Uuid,
    /// A number of `ShelfState`.
    pub state: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated {
    pub movie: Uuid,
    /// 1-10.
    pub stars: u8,
    pub rated_at: i64,
}

/// The fewest stars of a liked movie, in half stars.
const LEAST_LIKED: u8 = 7;

impl Profile {
    /// The mean of the member's stars, 0.5-5; 0 without ratings.
    pub fn mean_stars(&self) -> f64 {
        let sum: u32 = self.ratings.iter().map(|rated| u32::from(rated.stars)).sum();
        f64::from(sum) / 2.0 / self.ratings.len().max(1) as f64
    }

    /// The ratings that say that the member liked the movie: at least 3.5 stars, and not below the member's mean. Only these movies
    /// may be named as a reason.
    pub fn liked(&self) -> impl Iterator<Item = &Rated> {
        let mean = self.mean_stars();
        let is_liked = move |rated: &&Rated| rated.stars >= LEAST_LIKED && f64::from(rated.stars) / 2.0 >= mean;
        self.ratings.iter().filter(is_liked)
    }

    pub fn has_rated(&self, movie: Uuid) -> bool {
        self.ratings.binary_search_by_key(&movie, |rated| rated.movie).is_ok()
    }

    /// Whether the movie is rated or on the shelf.
    pub fn contains(&self, movie: Uuid) -> bool {
        self.has_rated(movie) || self.shelf.binary_search_by_key(&movie, |entry| entry.movie).is_ok()
    }
}

/// The fields and values of a Redis hash.
pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Reads many members in one round trip.
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
                        let (movie, (stars, _, rated_at)) = (Uuid::from_slice(field).ok()?, unpack(value)?);
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

/// Packs stars or shelf state, version and time into the value that the Lua scripts read.
pub(crate) fn pack(first: u8, version: i64, at: i64) -> [u8; 17] {
    let mut out = [0u8; 17];
    out[0] = first;
    out[1..9].copy_from_slice(&version.to_be_bytes());
    out[9..].copy_from_slice(&at.to_be_bytes());
    out
}

fn unpack(value: &[u8]) -> Option<(u8, i64, i64)> {
    let number = |range: std::ops::Range<usize>| Some(i64::from_be_bytes(value.get(range)?.try_into().ok()?));
    Some((*value.first()?, number(1..9)?, number(9..17)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacking_restores_the_packed_values() {
        assert_eq!(unpack(&pack(9, 7, 1_700_000_000)), Some((9, 7, 1_700_000_000)));
        assert_eq!(unpack(&[1, 2, 3]), None);
    }
}
