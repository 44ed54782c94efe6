//! The ratings a model is trained on: numbered, in a canonical order, and split by time for the hold-out.
//!
//! Members and movies are numbered in the order of their ids and a pair counts once, so neither the order in which
//! ratings arrive nor duplicates can change the model.

use std::collections::HashMap;

use uuid::Uuid;

/// One rating as it comes from the store or a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rating {
    pub member: Uuid,
    pub movie: Uuid,
    /// 0.5-5.0.
    pub stars: f32,
    /// Seconds since 1970.
    pub rated_at: i64,
}

/// Ratings by member, each member's in the order of the movie numbers.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    pub members: Vec<Uuid>,
    pub movies: Vec<Uuid>,
    /// Where each member's ratings begin; one longer than `members`.
    pub starts: Vec<usize>,
    pub movie_numbers: Vec<u32>,
    pub stars: Vec<f32>,
    pub rated_at: Vec<i64>,
}

impl Dataset {
    /// Of a pair that occurs more than once the latest rating counts, of equally late ones the higher. `movies` are those
    /// of the catalogue: a model knows them all, rated or not; rated ones beyond them are added.
    pub fn new(mut ratings: Vec<Rating>, movies: impl IntoIterator<Item = Uuid>) -> Self {
        ratings.sort_unstable_by(|a, b| {
            (a.member, a.movie, b.rated_at)
                .cmp(&(b.member, b.movie, a.rated_at))
                .then(b.stars.total_cmp(&a.stars))
        });
        ratings.dedup_by_key(|rating| (rating.member, rating.movie));
        let mut all: Vec<Uuid> = movies
            .into_iter()
            .chain(ratings.iter().map(|rating| rating.movie))
            .collect();
        all.sort_unstable();
        all.dedup();
        let number: HashMap<Uuid, u32> = all.iter().enumerate().map(|(i, id)| (*id, i as u32)).collect();
        let mut out = Self {
            movies: all,
            ..Self::default()
        };
        for (i, rating) in ratings.iter().enumerate() {
            if out.members.last() != Some(&rating.member) {
                out.members.push(rating.member);
                out.starts.push(i);
            }
            out.movie_numbers.push(number[&rating.movie]);
            out.stars.push(rating.stars);
            out.rated_at.push(rating.rated_at);
        }
        out.starts.push(ratings.len());
        out
    }

    pub fn len(&self) -> usize {
        self.stars.len()
    }

    pub fn is_empty(&self) -> bool {
        self.stars.is_empty()
    }

    /// The mean of all stars; the middle of the scale where there are none.
    pub fn mean(&self) -> f64 {
        if self.is_empty() {
            return 2.75;
        }
        self.stars.iter().map(|stars| f64::from(*stars)).sum::<f64>() / self.len() as f64
    }

    /// The ratings of the member with this number: (movie number, stars).
    pub fn of_member(&self, member: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[member]..self.starts[member + 1];
        self.movie_numbers[range.clone()]
            .iter()
            .copied()
            .zip(self.stars[range].iter().copied())
    }

    /// Leaves the last `share` of each member's ratings out; of members with fewer than five nothing. Both parts keep the
    /// numbers of members and movies.
    pub fn split_by_time(&self, share: f64) -> (Self, Self) {
        let empty = || Self {
            members: self.members.clone(),
            movies: self.movies.clone(),
            starts: vec![0],
            ..Self::default()
        };
        let (mut kept, mut held) = (empty(), empty());
        for member in 0..self.members.len() {
            let range = self.starts[member]..self.starts[member + 1];
            let count = range.len();
            let out = if count < 5 {
                0
            } else {
                ((count as f64 * share).round() as usize).max(1)
            };
            let mut order: Vec<usize> = range.clone().collect();
            // Ratings of one moment, as an import leaves them, are drawn by a hash: the id order would be a bias.
            order.sort_unstable_by_key(|i| {
                (
                    self.rated_at[*i],
                    super::mix(member as u64, u64::from(self.movie_numbers[*i])),
                )
            });
            let mut is_held = vec![false; count];
            for i in &order[count - out..] {
                is_held[i - range.start] = true;
            }
            for i in range.clone() {
                let part = if is_held[i - range.start] { &mut held } else { &mut kept };
                part.movie_numbers.push(self.movie_numbers[i]);
                part.stars.push(self.stars[i]);
                part.rated_at.push(self.rated_at[i]);
            }
            kept.starts.push(kept.stars.len());
            held.starts.push(held.stars.len());
        }
        (kept, held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating(member: u128, movie: u128, stars: f32, rated_at: i64) -> Rating {
        Rating {
            member: Uuid::from_u128(member),
            movie: Uuid::from_u128(movie),
            stars,
            rated_at,
        }
    }

    #[test]
    fn a_pair_counts_once_and_the_latest_wins_in_any_order() {
        let ratings = vec![
            rating(1, 7, 2.0, 10),
            rating(1, 7, 4.0, 20),
            rating(1, 7, 2.0, 10),
            rating(2, 7, 1.0, 5),
        ];
        let forward = Dataset::new(ratings.clone(), []);
        let backward = Dataset::new(ratings.into_iter().rev().collect(), []);
        assert_eq!(forward.stars, vec![4.0, 1.0]);
        assert_eq!(forward.stars, backward.stars);
        assert_eq!(forward.starts, vec![0, 1, 2]);
    }

    #[test]
    fn the_hold_out_takes_the_last_ratings_of_each_member() {
        let ratings = (0..10)
            .map(|i| rating(1, 100 - i, 3.0, i as i64))
            .chain([rating(2, 1, 5.0, 1)])
            .collect();
        let (kept, held) = Dataset::new(ratings, []).split_by_time(0.2);
        assert_eq!((kept.len(), held.len()), (9, 2));
        assert_eq!(held.rated_at, vec![9, 8]);
    }
}
