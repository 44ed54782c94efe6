//! Which movies go together: the list model beside the star model.
//!
//! Predicted stars answer "how much would you like it", not "what would you watch": ranked by stars alone a list finds a
//! tenth of the liked movies that popularity finds. EASE learns from who rated what with what, in closed form: the weights B
//! with a zero diagonal that best rebuild each member's ratings from the others of the member. With P = (X'X + lambda I)^-1,
//! B_ij = -P_ij / P_jj (Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", WWW 2019).

use super::{
    dataset::Dataset,
    linear::{cholesky, inverse_of, packed_len, row},
};

/// Movies that take part, the most rated ones: the inverse costs the cube of it (2,000: two to three seconds).
const MOST_MOVIES: usize = 2_000;
/// Fewer ratings say nothing about company.
const MIN_SUPPORT: u32 = 5;
/// Weights kept of each movie, the largest.
const KEPT: usize = 100;
/// The ridge, for each million ratings.
const RIDGE: f64 = 800.0;
const LEAST_RIDGE: f64 = 30.0;

/// For each movie of the model the movies it speaks for or against.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Neighbours {
    /// Where each movie's neighbours begin; one longer than there are movies.
    pub starts: Vec<u32>,
    pub numbers: Vec<u32>,
    pub weights: Vec<f32>,
}

/// What a rating counts for: even a low one says that the member watches this sort of movie.
fn interest(stars: f64) -> f64 {
    ((stars - 1.0) / 2.0).clamp(0.25, 2.0)
}

impl Neighbours {
    /// Learns from all ratings.
    pub fn learn(data: &Dataset) -> Self {
        let movies = data.movies.len();
        let nobody = Self {
            starts: vec![0; movies + 1],
            ..Self::default()
        };
        let mut support = vec![0u32; movies];
        for movie in &data.movie_numbers {
            support[*movie as usize] += 1;
        }
        let mut chosen: Vec<u32> = (0..movies as u32)
            .filter(|movie| support[*movie as usize] >= MIN_SUPPORT)
            .collect();
        chosen.sort_by_key(|movie| (std::cmp::Reverse(support[*movie as usize]), *movie));
        chosen.truncate(MOST_MOVIES);
        chosen.sort_unstable();
        let d = chosen.len();
        let mut place = vec![usize::MAX; movies];
        for (at, movie) in chosen.iter().enumerate() {
            place[*movie as usize] = at;
        }

        let ridge = (RIDGE * data.len() as f64 / 1e6).max(LEAST_RIDGE);
        let mut gram = vec![0f64; packed_len(d)];
        for at in 0..d {
            gram[row(at) + at] = ridge;
        }
        for member in 0..data.members.len() {
            // In the order of the movies' numbers, so each pair is met once, the larger place second.
            let rated: Vec<(usize, f64)> = data
                .of_member(member)
                .filter(|(movie, _)| place[*movie as usize] != usize::MAX)
                .map(|(movie, stars)| (place[movie as usize], interest(f64::from(stars))))
                .collect();
            for (i, (a, weight_a)) in rated.iter().enumerate() {
                for (b, weight_b) in &rated[..=i] {
                    gram[row(*a) + b] += weight_a * weight_b;
                }
            }
        }
        if !cholesky(&mut gram, d) {
            return nobody;
        }
        let mut scratch = vec![0f64; gram.len()];
        inverse_of(&mut gram, d, &mut scratch);
        drop(scratch);

        let mut out = Self {
            starts: vec![0],
            ..Self::default()
        };
        for i in place {
            if i != usize::MAX {
                let mut weights: Vec<(u32, f32)> = (0..d)
                    .filter(|j| *j != i)
                    .map(|j| {
                        let p = gram[row(i.max(j)) + i.min(j)];
                        (chosen[j], (-p / gram[row(j) + j]) as f32)
                    })
                    .collect();
                weights.sort_unstable_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
                weights.truncate(KEPT);
                weights.sort_unstable_by_key(|(movie, _)| *movie);
                out.numbers.extend(weights.iter().map(|(movie, _)| *movie));
                out.weights.extend(weights.iter().map(|(_, weight)| *weight));
            }
            out.starts.push(out.numbers.len() as u32);
        }
        out
    }

    /// Whether a table read from a file fits a model of so many movies.
    pub fn fits(&self, movies: usize) -> bool {
        self.starts.len() == movies + 1
            && self.starts.windows(2).all(|pair| pair[0] <= pair[1])
            && self
                .starts
                .last()
                .is_some_and(|end| *end as usize == self.numbers.len())
            && self.numbers.len() == self.weights.len()
            && self.numbers.iter().all(|movie| (*movie as usize) < movies)
    }

    /// How well each movie of the model goes with what the member rated (movie number, stars 0.5-5).
    pub fn scores(&self, rated: impl Iterator<Item = (usize, f64)>) -> Vec<f32> {
        let mut scores = vec![0f32; self.starts.len().saturating_sub(1)];
        for (movie, stars) in rated.filter(|(movie, _)| movie + 1 < self.starts.len()) {
            let weight = interest(stars) as f32;
            let range = self.starts[movie] as usize..self.starts[movie + 1] as usize;
            for (number, value) in self.numbers[range.clone()].iter().zip(&self.weights[range]) {
                scores[*number as usize] += weight * value;
            }
        }
        scores
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{dataset::Rating, uniform};

    #[test]
    fn movies_that_the_same_members_rate_speak_for_each_other() {
        // Two circles of members, each with ten movies of its own.
        let mut ratings = Vec::new();
        for member in 0..60u64 {
            for movie in 0..20u64 {
                let own = member % 2 == movie % 2;
                if uniform(1, member * 20 + movie) < if own { 0.7 } else { 0.1 } {
                    let (member, movie) = (Uuid::from_u128(u128::from(member)), Uuid::from_u128(u128::from(movie)));
                    ratings.push(Rating {
                        member,
                        movie,
                        stars: 4.0,
                        rated_at: 0,
                    });
                }
            }
        }
        let neighbours = Neighbours::learn(&Dataset::new(ratings, []));
        assert!(neighbours.fits(20));
        let scores = neighbours.scores([(0, 5.0), (2, 4.0)].into_iter());
        let mean = |odd: usize| (2..10).map(|i| scores[2 * i + odd]).sum::<f32>() / 8.0;
        assert!(mean(0) > mean(1) + 0.05, "{} and {}", mean(0), mean(1));
    }

    #[test]
    fn too_few_ratings_give_no_neighbours() {
        let rating = Rating {
            member: Uuid::from_u128(1),
            movie: Uuid::from_u128(2),
            stars: 4.0,
            rated_at: 0,
        };
        let neighbours = Neighbours::learn(&Dataset::new(vec![rating], [Uuid::from_u128(3)]));
        assert!(neighbours.fits(2) && neighbours.numbers.is_empty());
    }
}
