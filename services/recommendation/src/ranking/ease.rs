//! EASE: a weight for each pair of movies, computed in closed form.
//!
//! The weights B with a zero diagonal that best predict each interaction of a member from the member's other
//! interactions: with P = (X'X + lambda I)^-1, B_ij = -P_ij / P_jj (Steck, "Embarrassingly Shallow Autoencoders for
//! Sparse Data", WWW 2019). The inverse costs the cube of the number of movies, so only the most watched movies take
//! part. Of each row only the largest weights are kept, which makes the matrix sparse and hardly changes the lists. The
//! weights also explain a list: the reasons for a movie are the member's movies with the largest weights towards it.

use faer::{
    Accum, Mat, Par, Spec,
    dyn_stack::{MemBuffer, MemStack},
    linalg::{
        cholesky::llt::factor,
        matmul::triangular::{self, BlockStructure},
        triangular_inverse,
    },
};
use rayon::prelude::*;

use super::interactions::Interactions;
use crate::mapped_slice::MappedSlice;

/// The options of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Movies that take part: 10,000 take half a minute on two cores and 0.8 GB.
    pub most_movies: usize,
    /// Movies with fewer interactions are left out.
    pub min_support: u32,
    /// Weights kept for each movie.
    pub kept: usize,
    /// lambda per million interactions.
    pub ridge: f32,
    /// The least lambda. With 44,000 ratings, 500 has a tenth more recall than 30 (MovieTweetings, time hold-out).
    pub least_ridge: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            most_movies: 10_000,
            min_support: 5,
            kept: 200,
            ridge: 800.0,
            least_ridge: 500.0,
        }
    }
}

/// The sparse weights: for each movie, the movies towards which it has a weight.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ease {
    /// The index of each movie's first weight, and the number of weights at the end.
    pub starts: MappedSlice<u32>,
    /// The movie numbers, ascending within a row.
    pub numbers: MappedSlice<u32>,
    pub weights: MappedSlice<f32>,
}

impl Ease {
    pub fn learn(data: &Interactions, options: Options) -> Self {
        let nothing = Self {
            starts: vec![0; data.movie_count + 1].into(),
            ..Self::default()
        };
        let chosen = most_supported(data, options);
        let n = chosen.len();
        if n == 0 {
            return nothing;
        }
        let mut place = vec![u32::MAX; data.movie_count];
        for (at, movie) in chosen.iter().enumerate() {
            place[*movie as usize] = at as u32;
        }
        let ridge = (options.ridge * data.len() as f32 / 1e6).max(options.least_ridge);
        let Some(inverse) = inverse_of_gram(data, &place, n, ridge) else {
            return nothing;
        };

        let rows: Vec<Vec<(u32, f32)>> = (0..n)
            .into_par_iter()
            .map(|i| {
                let mut row: Vec<(u32, f32)> = (0..n)
                    .filter(|j| *j != i)
                    .map(|j| {
                        let p = inverse[(i.max(j), i.min(j))];
                        (chosen[j], -p / inverse[(j, j)])
                    })
                    .collect();
                if row.len() > options.kept {
                    let larger = |a: &(u32, f32), b: &(u32, f32)| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0));
                    row.select_nth_unstable_by(options.kept, larger);
                    row.truncate(options.kept);
                    row.shrink_to_fit();
                }
                row.sort_unstable_by_key(|(movie, _)| *movie);
                row
            })
            .collect();
        let (mut starts, mut numbers, mut weights) = (vec![0u32], Vec::new(), Vec::new());
        for at in place {
            if let Some(row) = rows.get(at as usize) {
                numbers.extend(row.iter().map(|(movie, _)| *movie));
                weights.extend(row.iter().map(|(_, weight)| *weight));
            }
            starts.push(numbers.len() as u32);
        }
        Self {
            starts: starts.into(),
            numbers: numbers.into(),
            weights: weights.into(),
        }
    }

    /// Whether weights from a file are consistent with this number of movies.
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

    fn row(&self, movie: usize) -> (&[u32], &[f32]) {
        if movie + 1 >= self.starts.len() {
            return (&[], &[]);
        }
        let range = self.starts[movie] as usize..self.starts[movie + 1] as usize;
        (&self.numbers[range.clone()], &self.weights[range])
    }

    /// The score of each movie for a member with these interactions.
    pub fn scores(&self, movies: &[u32], weights: &[f32]) -> Vec<f32> {
        let mut scores = vec![0f32; self.starts.len().saturating_sub(1)];
        for (movie, weight) in movies.iter().zip(weights) {
            let (numbers, values) = self.row(*movie as usize);
            for (number, value) in numbers.iter().zip(values) {
                scores[*number as usize] += weight * value;
            }
        }
        scores
    }

    /// The weight of one movie towards another; 0 if it was not kept.
    pub fn weight(&self, of: usize, towards: u32) -> f32 {
        let (numbers, values) = self.row(of);
        numbers.binary_search(&towards).map_or(0.0, |at| values[at])
    }

    /// The interactions with the largest share of a movie's score, as indices of `movies` in descending order.
    pub fn because(&self, movies: &[u32], weights: &[f32], towards: u32, most: usize) -> Vec<usize> {
        let mut shares: Vec<(usize, f32)> = movies
            .iter()
            .zip(weights)
            .map(|(movie, weight)| weight * self.weight(*movie as usize, towards))
            .enumerate()
            .filter(|(_, share)| *share > 0.0)
            .collect();
        shares.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        shares.truncate(most);
        shares.into_iter().map(|(at, _)| at).collect()
    }
}

/// The movies that take part, in the order of their numbers.
fn most_supported(data: &Interactions, options: Options) -> Vec<u32> {
    let support = data.support();
    let mut chosen: Vec<u32> = (0..support.len() as u32)
        .filter(|movie| support[*movie as usize] >= options.min_support)
        .collect();
    chosen.sort_unstable_by_key(|movie| (std::cmp::Reverse(support[*movie as usize]), *movie));
    chosen.truncate(options.most_movies);
    chosen.sort_unstable();
    chosen
}

/// The lower triangle of (X'X + ridge I)^-1; two matrices of this size are held at a time.
fn inverse_of_gram(data: &Interactions, place: &[u32], n: usize, ridge: f32) -> Option<Mat<f32>> {
    let mut gram = Mat::<f32>::zeros(n, n);
    for i in 0..n {
        gram[(i, i)] = ridge;
    }
    let mut own: Vec<(usize, f32)> = Vec::new();
    for member in 0..data.members() {
        let (movies, weights) = data.of(member);
        own.clear();
        own.extend(movies.iter().zip(weights).filter_map(|(movie, weight)| {
            let at = place[*movie as usize];
            (at != u32::MAX).then_some((at as usize, *weight))
        }));
        // The places ascend, so each pair occurs once, with the larger place as the row. The matrix is stored by
        // column.
        for (j, (b, weight_b)) in own.iter().enumerate() {
            let column = gram.col_as_slice_mut(*b);
            for (a, weight_a) in &own[j..] {
                column[*a] += weight_a * weight_b;
            }
        }
    }
    let par = Par::rayon(0);
    let scratch = factor::cholesky_in_place_scratch::<f32>(n, par, Spec::default());
    let mut memory = MemBuffer::new(scratch);
    factor::cholesky_in_place(
        gram.as_mut(),
        Default::default(),
        par,
        MemStack::new(&mut memory),
        Spec::default(),
    )
    .ok()?;
    // A = L L', so A^-1 = M' M with M = L^-1. The product overwrites L.
    let mut inverted = Mat::<f32>::zeros(n, n);
    triangular_inverse::invert_lower_triangular(inverted.as_mut(), gram.as_ref(), par);
    triangular::matmul(
        gram.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        inverted.transpose(),
        BlockStructure::TriangularUpper,
        inverted.as_ref(),
        BlockStructure::TriangularLower,
        1.0,
        par,
    );
    Some(gram)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::als::tests::two_groups;

    fn small() -> Options {
        Options {
            least_ridge: 30.0,
            ..Options::default()
        }
    }

    #[test]
    fn movies_of_the_same_members_have_positive_weights() {
        let data = Interactions::new(&two_groups(120, 20), Vec::new());
        let ease = Ease::learn(&data, small());
        assert!(ease.fits(20));
        let scores = ease.scores(&[0, 2], &[2.0, 1.5]);
        let mean = |odd: usize| (2..10).map(|i| scores[2 * i + odd]).sum::<f32>() / 8.0;
        assert!(mean(0) > mean(1) + 0.05, "{} and {}", mean(0), mean(1));
    }

    #[test]
    fn the_weights_satisfy_the_formula() {
        let data = Interactions::new(&two_groups(50, 12), Vec::new());
        let options = Options { kept: 100, ..small() };
        let ease = Ease::learn(&data, options);
        // The weights towards one movie solve a ridge regression on all others: its gradient is zero.
        let n = data.movie_count;
        let mut gram = vec![vec![0f64; n]; n];
        for member in 0..data.members() {
            let (movies, weights) = data.of(member);
            for (a, x) in movies.iter().zip(weights) {
                for (b, y) in movies.iter().zip(weights) {
                    gram[*a as usize][*b as usize] += f64::from(x * y);
                }
            }
        }
        for target in 0..n {
            for i in (0..n).filter(|i| *i != target) {
                let mut gradient = -gram[i][target];
                for (j, other) in gram[i].iter().enumerate() {
                    let ridge = if i == j { f64::from(options.least_ridge) } else { 0.0 };
                    gradient += (other + ridge) * f64::from(ease.weight(j, target as u32));
                }
                assert!(gradient.abs() < 1e-2, "gradient {gradient} of {i} towards {target}");
            }
        }
    }

    #[test]
    fn reasons_have_the_largest_shares_which_add_up_to_the_score() {
        let data = Interactions::new(&two_groups(120, 20), Vec::new());
        let ease = Ease::learn(&data, small());
        let (movies, weights) = ([0u32, 1, 2, 4], [2.0f32, 1.0, 0.5, 1.0]);
        let scores = ease.scores(&movies, &weights);
        let sum: f32 = (0..4).map(|i| weights[i] * ease.weight(movies[i] as usize, 8)).sum();
        assert!((scores[8] - sum).abs() < 1e-6);
        let because = ease.because(&movies, &weights, 8, 2);
        assert_eq!(because.first(), Some(&0), "the best rated movie of the same group");
        assert!(!because.contains(&1), "a movie of the other group is no reason");
    }

    #[test]
    fn the_weights_do_not_depend_on_the_number_of_threads() {
        // Large enough for a parallel factorisation.
        let data = Interactions::new(&two_groups(700, 400), Vec::new());
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Ease::learn(&data, small()))
        };
        let alone = on(1);
        assert!(alone.weights.len() > 10_000);
        for threads in [2, 3, 5] {
            let shared = on(threads);
            assert_eq!(
                shared.weights.as_bytes(),
                alone.weights.as_bytes(),
                "on {threads} threads"
            );
        }
    }

    #[test]
    fn too_few_interactions_give_no_weights_and_pruning_keeps_the_largest() {
        let data = Interactions::new(&two_groups(3, 4), Vec::new());
        let ease = Ease::learn(&data, small());
        assert!(ease.fits(4) && ease.numbers.is_empty());

        let data = Interactions::new(&two_groups(120, 20), Vec::new());
        let whole = Ease::learn(&data, small());
        let pruned = Ease::learn(&data, Options { kept: 3, ..small() });
        assert_eq!(pruned.numbers.len(), 60);
        let least_kept = pruned
            .row(0)
            .1
            .iter()
            .map(|weight| weight.abs())
            .fold(f32::MAX, f32::min);
        let larger = whole.row(0).1.iter().filter(|weight| weight.abs() > least_kept).count();
        assert_eq!(larger, 2);
    }
}
