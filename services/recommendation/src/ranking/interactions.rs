//! Interactions of members with movies, the implicit feedback of the list models. A weight says how strongly an
//! interaction shows what the member watches, not how much the member liked the movie.

use matcha_protos::rating::v1::ShelfState;

use crate::model::dataset::Dataset;

/// The number of a movie, and the weight of the member's interaction with it.
pub type Interaction = (u32, f32);

/// The weight of a rating. Even a low one is positive, because the member watched the movie.
pub fn interest(stars: f32) -> f32 {
    ((stars - 1.0) / 2.0).clamp(0.25, 2.0)
}

/// The weight of a movie that the member wants to watch; less than three stars, because it is not watched yet.
pub const WISH: f32 = 0.75;
/// The weight of a movie that the member is watching.
pub const WATCHING: f32 = 1.0;

/// The weight of a shelf state; `None` for "not interested", which only excludes the movie from lists.
pub fn shelf_weight(state: u8) -> Option<f32> {
    match ShelfState::try_from(i32::from(state)) {
        Ok(ShelfState::Wish) => Some(WISH),
        Ok(ShelfState::Watching) => Some(WATCHING),
        _ => None,
    }
}

/// The interactions of all members, by member and then by movie number.
#[derive(Debug, Clone, Default)]
pub struct Interactions {
    pub starts: Vec<usize>,
    pub movies: Vec<u32>,
    pub weights: Vec<f32>,
    /// The number of movies, including those without interactions.
    pub movie_count: usize,
}

impl Interactions {
    /// From ratings and from shelf entries (member number, movie number, weight) in any order. A movie that is both
    /// rated and on the shelf has the weight of its rating.
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

    /// The number of interactions of each movie.
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
    fn ratings_are_weighted_by_stars_and_unrated_shelf_entries_are_added() {
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
