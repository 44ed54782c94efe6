//! What members did with movies, as the list models see it: not how good a movie was found, but how much it says about
//! what a member watches.

use matcha_protos::rating::v1::ShelfState;

use crate::model::dataset::Dataset;

/// A movie by its number, and how much the member's interaction with it counts.
pub type Interaction = (u32, f32);

/// What a rating counts for: even a low one says that the member watches this sort of movie.
pub fn interest(stars: f32) -> f32 {
    ((stars - 1.0) / 2.0).clamp(0.25, 2.0)
}

/// On the shelf to be watched: as much as three stars would, but nobody has seen yet whether it was right.
pub const WISH: f32 = 0.75;
/// Being watched.
pub const WATCHING: f32 = 1.0;

/// What a state of the shelf counts for; nothing for "not interested", which only keeps the movie off lists.
pub fn shelf_weight(state: u8) -> Option<f32> {
    match ShelfState::try_from(i32::from(state)) {
        Ok(ShelfState::Wish) => Some(WISH),
        Ok(ShelfState::Watching) => Some(WATCHING),
        _ => None,
    }
}

/// Everybody's, by member, each member's in the order of the movie numbers.
#[derive(Debug, Clone, Default)]
pub struct Interactions {
    pub starts: Vec<usize>,
    pub movies: Vec<u32>,
    pub weights: Vec<f32>,
    /// How many movies there are to number.
    pub movie_count: usize,
}

impl Interactions {
    /// Ratings, and what is on shelves besides: (member number, movie number, weight), in any order. A movie that is both
    /// rated and on a shelf counts by its stars.
    pub fn new(data: &Dataset, mut shelves: Vec<(u32, u32, f32)>) -> Self {
        shelves.sort_unstable_by_key(|(member, movie, _)| (*member, *movie));
        let mut out = Self {
            starts: vec![0],
            movie_count: data.movies.len(),
            ..Self::default()
        };
        let mut rest = shelves.as_slice();
        for member in 0..data.members.len() {
            let own = rest.partition_point(|(of, ..)| (*of as usize) <= member);
            let (shelf, others) = rest.split_at(own);
            rest = others;
            let mut all: Vec<Interaction> = data
                .of_member(member)
                .map(|(movie, stars)| (movie, interest(stars)))
                .collect();
            let rated = all.len();
            for (_, movie, weight) in shelf {
                if all[..rated].binary_search_by_key(movie, |(rated, _)| *rated).is_err() {
                    all.push((*movie, *weight));
                }
            }
            all.sort_unstable_by_key(|(movie, _)| *movie);
            all.dedup_by_key(|(movie, _)| *movie);
            out.movies.extend(all.iter().map(|(movie, _)| *movie));
            out.weights.extend(all.iter().map(|(_, weight)| *weight));
            out.starts.push(out.movies.len());
        }
        out
    }

    pub fn members(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub fn len(&self) -> usize {
        self.movies.len()
    }

    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
    }

    pub fn of(&self, member: usize) -> (&[u32], &[f32]) {
        let range = self.starts[member]..self.starts[member + 1];
        (&self.movies[range.clone()], &self.weights[range])
    }

    /// How many members had to do with each movie.
    pub fn support(&self) -> Vec<u32> {
        let mut support = vec![0u32; self.movie_count];
        for movie in &self.movies {
            support[*movie as usize] += 1;
        }
        support
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::dataset::Rating;

    #[test]
    fn ratings_weigh_by_their_stars_and_a_shelf_adds_what_is_not_rated() {
        let rating = |member: u128, movie: u128, stars: f32| Rating {
            member: Uuid::from_u128(member),
            movie: Uuid::from_u128(movie),
            stars,
            rated_at: 0,
        };
        let data = Dataset::new([rating(1, 1, 5.0), rating(1, 3, 0.5), rating(2, 2, 3.0)], []);
        let all = Interactions::new(&data, vec![(1, 0, WATCHING), (0, 1, WISH), (0, 0, WISH)]);
        assert_eq!(all.of(0), (&[0u32, 1, 2][..], &[2.0, WISH, 0.25][..]));
        assert_eq!(all.of(1), (&[0u32, 1][..], &[WATCHING, 1.0][..]));
        assert_eq!(all.support(), vec![2, 2, 1]);
    }
}
