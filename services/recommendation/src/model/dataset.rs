//! The ratings that a model is trained on: numbered, in a canonical order, and split by time for the hold-out.
//!
//! Members and movies are numbered in the order of their ids, and a pair counts once, so neither the order of arrival
//! nor duplicates change the model. Designed for twenty million ratings: twelve bytes for each, and sixteen while
//! collecting.

use std::collections::HashMap;

use uuid::Uuid;

/// One rating from the store or from a file.
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
    /// The index of each member's first rating, and the number of ratings at the end.
    pub starts: Vec<usize>,
    pub movie_numbers: Vec<u32>,
    pub stars: Vec<f32>,
    /// Seconds since 1970.
    pub rated_at: Vec<u32>,
}

/// Builds a data set from ratings in any order.
#[derive(Debug, Default)]
pub struct Builder {
    members: Numbering,
    movies: Numbering,
    /// The member number of each rating, in the order of arrival; the other fields of a rating follow.
    member: Vec<u32>,
    movie: Vec<u32>,
    stars: Vec<f32>,
    rated_at: Vec<u32>,
}

/// Numbers ids in the order of their first appearance.
#[derive(Debug, Default)]
struct Numbering {
    ids: Vec<Uuid>,
    numbers: HashMap<Uuid, u32>,
}

impl Numbering {
    fn number(&mut self, id: Uuid) -> u32 {
        let ids = &mut self.ids;
        *self.numbers.entry(id).or_insert_with(|| {
            ids.push(id);
            (ids.len() - 1) as u32
        })
    }

    /// The sorted ids, and for each number of first appearance its place among them.
    fn sorted(self) -> (Vec<Uuid>, Vec<u32>) {
        let mut order: Vec<u32> = (0..self.ids.len() as u32).collect();
        order.sort_unstable_by_key(|number| self.ids[*number as usize]);
        let mut places = vec![0u32; order.len()];
        for (place, number) in order.iter().enumerate() {
            places[*number as usize] = place as u32;
        }
        (order.iter().map(|number| self.ids[*number as usize]).collect(), places)
    }
}

impl Builder {
    pub fn push(&mut self, rating: Rating) {
        self.member.push(self.members.number(rating.member));
        self.movie.push(self.movies.number(rating.movie));
        self.stars.push(rating.stars);
        self.rated_at.push(rating.rated_at.clamp(0, i64::from(u32::MAX)) as u32);
    }

    /// Adds a movie without a rating.
    pub fn add_movie(&mut self, movie: Uuid) {
        self.movies.number(movie);
    }

    /// If a pair occurs more than once, the latest rating counts; among equal times, the one that was pushed last.
    pub fn finish(self) -> Dataset {
        let (members, member_places) = self.members.sorted();
        let (movies, movie_places) = self.movies.sorted();
        let mut starts = vec![0usize; members.len() + 1];
        for member in &self.member {
            starts[member_places[*member as usize] as usize + 1] += 1;
        }
        for i in 0..members.len() {
            starts[i + 1] += starts[i];
        }
        // A counting sort by member; afterwards the member numbers are dropped to save memory.
        let mut next = starts.clone();
        let mut order = vec![0u32; self.member.len()];
        for (i, member) in self.member.iter().enumerate() {
            let at = &mut next[member_places[*member as usize] as usize];
            order[*at] = i as u32;
            *at += 1;
        }
        let Self {
            member,
            movie,
            stars,
            rated_at,
            ..
        } = self;
        drop((member, next));

        let mut out = Dataset {
            members,
            movies,
            starts: vec![0],
            ..Dataset::default()
        };
        let number = |i: u32| movie_places[movie[i as usize] as usize];
        for range in starts.windows(2) {
            let own = &mut order[range[0]..range[1]];
            // Of each pair, the rating that counts comes first.
            own.sort_unstable_by_key(|i| (number(*i), std::cmp::Reverse((rated_at[*i as usize], *i))));
            let mut last = None;
            for i in own.iter() {
                if last == Some(number(*i)) {
                    continue;
                }
                last = Some(number(*i));
                out.movie_numbers.push(number(*i));
                out.stars.push(stars[*i as usize]);
                out.rated_at.push(rated_at[*i as usize]);
            }
            out.starts.push(out.movie_numbers.len());
        }
        out
    }
}

impl Dataset {
    /// Builds a data set of these ratings and movies. Rated movies are added to `movies`.
    pub fn new(ratings: impl IntoIterator<Item = Rating>, movies: impl IntoIterator<Item = Uuid>) -> Self {
        let mut builder = Builder::default();
        movies.into_iter().for_each(|movie| builder.add_movie(movie));
        ratings.into_iter().for_each(|rating| builder.push(rating));
        builder.finish()
    }

    pub fn len(&self) -> usize {
        self.stars.len()
    }

    pub fn is_empty(&self) -> bool {
        self.stars.is_empty()
    }

    /// The mean of all stars; the middle of the scale without ratings.
    pub fn mean(&self) -> f64 {
        if self.is_empty() {
            return 2.75;
        }
        self.stars.iter().map(|stars| f64::from(*stars)).sum::<f64>() / self.len() as f64
    }

    /// The number of ratings of each movie.
    pub fn support(&self) -> Vec<u32> {
        let mut support = vec![0u32; self.movies.len()];
        for movie in &self.movie_numbers {
            support[*movie as usize] += 1;
        }
        support
    }

    /// The ratings of the member with this number: (movie number, stars).
    pub fn of_member(&self, member: usize) -> impl Iterator<Item = (u32, f32)> + '_ {
        let range = self.starts[member]..self.starts[member + 1];
        self.movie_numbers[range.clone()]
            .iter()
            .copied()
            .zip(self.stars[range].iter().copied())
    }

    /// Holds out the last `share` of each member's ratings, and none of members with fewer than five. Both parts keep
    /// the numbers of members and movies.
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
            // Imported ratings can have equal times. They are ordered by a hash, because the order of ids would be a
            // bias.
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
    fn the_latest_rating_of_a_pair_counts_in_any_order() {
        let ratings = vec![
            rating(1, 7, 2.0, 10),
            rating(1, 7, 4.0, 20),
            rating(1, 7, 2.0, 10),
            rating(2, 7, 1.0, 5),
        ];
        let forward = Dataset::new(ratings.clone(), []);
        let backward = Dataset::new(ratings.into_iter().rev(), []);
        assert_eq!(forward.stars, vec![4.0, 1.0]);
        assert_eq!(forward.stars, backward.stars);
        assert_eq!(forward.starts, vec![0, 1, 2]);
    }

    #[test]
    fn without_times_the_last_pushed_rating_counts() {
        let data = Dataset::new([rating(1, 7, 2.0, 0), rating(1, 7, 5.0, 0), rating(1, 7, 3.0, 0)], []);
        assert_eq!(data.stars, vec![3.0]);
    }

    #[test]
    fn numbers_follow_the_order_of_ids() {
        let data = Dataset::new(
            [rating(9, 5, 1.0, 0), rating(2, 8, 2.0, 0), rating(9, 3, 4.0, 0)],
            [Uuid::from_u128(6)],
        );
        assert_eq!(data.members, [2, 9].map(Uuid::from_u128));
        assert_eq!(data.movies, [3, 5, 6, 8].map(Uuid::from_u128));
        assert_eq!((data.starts, data.movie_numbers), (vec![0, 1, 3], vec![3, 0, 1]));
        assert_eq!(data.stars, vec![2.0, 4.0, 1.0]);
    }

    #[test]
    fn the_hold_out_contains_the_last_ratings_of_each_member() {
        let ratings = (0..10)
            .map(|i| rating(1, 100 - i, 3.0, i as i64))
            .chain([rating(2, 1, 5.0, 1)]);
        let (kept, held) = Dataset::new(ratings, []).split_by_time(0.2);
        assert_eq!((kept.len(), held.len()), (9, 2));
        assert_eq!(held.rated_at, vec![9, 8]);
    }
}
