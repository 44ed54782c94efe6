//! Implicit alternating least squares: predicts what a member will watch from the interactions of all members.
//!
//!     minimise over P, Q:  sum over interactions of w (1 - p.q)^2  +  a0 sum over all pairs of (p.q)^2  +  sum of ridge_r |row|^2
//!
//! Every movie without an interaction of the member counts with the weight a0 towards a score of 0. The sum over all of
//! them is one Gram matrix, so the cost of a round grows with the number of interactions, not with that of all pairs.
//! The ridge of a row grows with the sum of its weights.
//!
//! Sources: Hu, Koren & Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008); Rendle,
//! Krichene, Zhang & Koren, "Revisiting the Performance of iALS on Item Recommendation Benchmarks" (RecSys 2022), for
//! the ridge and for how good the method is once it is tuned.

use rayon::prelude::*;

use super::interactions::Interactions;
use crate::{
    mapped_slice::MappedSlice,
    model::{
        kernels::{Pick, add_outers, add_rows, dot, multiply, subtract_products},
        linear::{packed_len, row},
        mix, normal,
    },
};

/// The options of a training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    pub factors: usize,
    pub iterations: usize,
    /// a0.
    pub unobserved: f32,
    pub ridge: f32,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            factors: 64,
            iterations: 12,
            unobserved: 0.25,
            ridge: 0.015,
            seed: 1,
        }
    }
}

/// The vectors of the movies. That of a member is computed for each request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Als {
    pub factors: usize,
    /// `factors` numbers per movie.
    pub movies: MappedSlice<f32>,
    /// a0 Q'Q, packed.
    gram: Vec<f32>,
    unobserved: f32,
    ridge: f32,
}

impl Als {
    /// Trains the vectors. `warm` may return a movie's vector to start from. `progress` is called before each round.
    pub fn train(
        data: &Interactions,
        options: Options,
        warm: impl Fn(usize) -> Option<Vec<f32>>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Self {
        let k = options.factors;
        let seed = mix(options.seed, 3);
        let scale = 0.1 / (k as f64).sqrt();
        let mut movies: Vec<f32> = Vec::with_capacity(data.movie_count * k);
        for movie in 0..data.movie_count {
            match warm(movie).filter(|vector| vector.len() == k && vector.iter().any(|value| *value != 0.0)) {
                Some(vector) => movies.extend(vector),
                None => movies.extend((0..k).map(|i| (normal(seed, (movie * k + i) as u64) * scale) as f32)),
            }
        }
        let by_movie = transpose(data);
        let mut members = vec![0f32; data.members() * k];
        let by_member = Lists {
            starts: &data.starts,
            numbers: &data.movies,
            weights: &data.weights,
        };
        for round in 0..options.iterations {
            progress(round, options.iterations);
            solve_all(&mut members, &movies, by_member, &options);
            solve_all(&mut movies, &members, by_movie.lists(), &options);
        }
        Self::of(k, movies, options.unobserved, options.ridge)
    }

    /// Builds the model from the vectors of a snapshot.
    pub fn of(factors: usize, movies: impl Into<MappedSlice<f32>>, unobserved: f32, ridge: f32) -> Self {
        let movies = movies.into();
        Self {
            gram: gram(&movies, factors, unobserved),
            factors,
            movies,
            unobserved,
            ridge,
        }
    }

    pub fn settings(&self) -> [f32; 2] {
        [self.unobserved, self.ridge]
    }

    pub fn movie_count(&self) -> usize {
        self.movies.len().checked_div(self.factors).unwrap_or(0)
    }

    pub fn vector(&self, movie: usize) -> &[f32] {
        &self.movies[movie * self.factors..][..self.factors]
    }

    /// The vector of a member with these interactions: the same that training computes, given the movies' vectors.
    pub fn fold_in(&self, movies: &[u32], weights: &[f32]) -> Vec<f32> {
        let mut out = vec![0f32; self.factors];
        if self.factors > 0 {
            let mut a = vec![0f32; packed_len(self.factors)];
            let ridge = ridge_of(self.ridge, self.unobserved, weights, self.movie_count());
            solve(&mut out, &mut a, &self.gram, &self.movies, movies, weights, ridge);
        }
        out
    }

    /// The score of each movie for a member's vector.
    pub fn scores(&self, member: &[f32]) -> Vec<f32> {
        let mut out = vec![0f32; self.movie_count()];
        if self.factors > 0 {
            multiply(&mut out, &self.movies, member);
        }
        out
    }
}

#[derive(Clone, Copy)]
struct Lists<'a> {
    starts: &'a [usize],
    numbers: &'a [u32],
    weights: &'a [f32],
}

struct Transposed {
    starts: Vec<usize>,
    numbers: Vec<u32>,
    weights: Vec<f32>,
}

impl Transposed {
    fn lists(&self) -> Lists<'_> {
        Lists {
            starts: &self.starts,
            numbers: &self.numbers,
            weights: &self.weights,
        }
    }
}

fn transpose(data: &Interactions) -> Transposed {
    let mut starts = vec![0usize; data.movie_count + 1];
    for movie in &data.movies {
        starts[*movie as usize + 1] += 1;
    }
    for i in 0..data.movie_count {
        starts[i + 1] += starts[i];
    }
    let mut next = starts.clone();
    let (mut numbers, mut weights) = (vec![0u32; data.len()], vec![0f32; data.len()]);
    for member in 0..data.members() {
        let (movies, own) = data.of(member);
        for (movie, weight) in movies.iter().zip(own) {
            let at = &mut next[*movie as usize];
            numbers[*at] = member as u32;
            weights[*at] = *weight;
            *at += 1;
        }
    }
    Transposed {
        starts,
        numbers,
        weights,
    }
}

/// a0 X'X, packed. The pieces are added in one order, so the result does not depend on the number of threads.
fn gram(rows: &[f32], k: usize, unobserved: f32) -> Vec<f32> {
    let mut out = vec![0f32; packed_len(k)];
    if k == 0 {
        return out;
    }
    let pieces: Vec<Vec<f32>> = rows
        .par_chunks(512 * k)
        .map(|rows| {
            let mut piece = vec![0f32; packed_len(k)];
            let numbers = 0..(rows.len() / k) as u32;
            let picks: Vec<Pick> = numbers
                .map(|row| Pick {
                    row,
                    weight: unobserved,
                })
                .collect();
            add_outers(&mut piece, k, rows, k, &picks);
            piece
        })
        .collect();
    for piece in pieces {
        out.iter_mut().zip(piece).for_each(|(out, value)| *out += value);
    }
    out
}

fn ridge_of(ridge: f32, unobserved: f32, weights: &[f32], others: usize) -> f32 {
    ridge * (weights.iter().sum::<f32>() + unobserved * others as f32)
}

fn solve_all(rows: &mut [f32], others: &[f32], lists: Lists<'_>, options: &Options) {
    let k = options.factors;
    let shared = gram(others, k, options.unobserved);
    let count = others.len() / k;
    rows.par_chunks_mut(k).enumerate().with_min_len(8).for_each_init(
        || vec![0f32; packed_len(k)],
        |a, (r, out)| {
            let range = lists.starts[r]..lists.starts[r + 1];
            let (numbers, weights) = (&lists.numbers[range.clone()], &lists.weights[range]);
            let ridge = ridge_of(options.ridge, options.unobserved, weights, count);
            solve(out, a, &shared, others, numbers, weights, ridge);
        },
    );
}

/// Solves (gram + ridge + sum of w x x') out = sum of w x for one row.
fn solve(out: &mut [f32], a: &mut [f32], gram: &[f32], others: &[f32], numbers: &[u32], weights: &[f32], ridge: f32) {
    let k = out.len();
    out.fill(0.0);
    if numbers.is_empty() {
        return;
    }
    a.copy_from_slice(gram);
    for r in 0..k {
        a[row(r) + r] += ridge;
    }
    let picks = numbers.iter().zip(weights);
    let picks: Vec<Pick> = picks.map(|(&row, &weight)| Pick { row, weight }).collect();
    add_outers(a, k, others, k, &picks);
    add_rows(out, others, &picks);
    if !cholesky(a, k) {
        // A Gram matrix with a ridge is positive definite unless it contains a number that is not finite.
        out.fill(0.0);
        return;
    }
    for r in 0..k {
        let line = &a[row(r)..=row(r) + r];
        out[r] = (out[r] - dot(&line[..r], &out[..r])) / line[r];
    }
    for r in (0..k).rev() {
        let line = &a[row(r)..=row(r) + r];
        out[r] /= line[r];
        let x = out[r];
        out[..r].iter_mut().zip(line).for_each(|(out, l)| *out -= x * l);
    }
}

fn cholesky(a: &mut [f32], k: usize) -> bool {
    for r in 0..k {
        let (above, line) = a.split_at_mut(row(r));
        subtract_products(line, above, r);
        let rest = line[r] - dot(&line[..r], &line[..r]);
        if rest.is_nan() || rest <= 0.0 {
            return false;
        }
        line[r] = rest.sqrt();
    }
    true
}

#[cfg(test)]
pub(crate) mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{
        dataset::{Dataset, Rating},
        uniform,
    };

    /// Two groups of members, each of which mostly watches its own half of the movies.
    pub(crate) fn two_groups(members: u64, movies: u64) -> Dataset {
        let mut ratings = Vec::new();
        for member in 0..members {
            for movie in 0..movies {
                let own = member % 2 == movie % 2;
                if uniform(1, member * movies + movie) < if own { 0.6 } else { 0.08 } {
                    ratings.push(Rating {
                        member: Uuid::from_u128(u128::from(member)),
                        movie: Uuid::from_u128(u128::from(movie)),
                        stars: 4.0,
                        rated_at: 0,
                    });
                }
            }
        }
        Dataset::new(ratings, (0..u128::from(movies)).map(Uuid::from_u128))
    }

    fn small() -> Options {
        Options {
            factors: 8,
            ..Options::default()
        }
    }

    #[test]
    fn movies_of_similar_members_score_higher() {
        let data = Interactions::new(&two_groups(200, 40), Vec::new());
        let als = Als::train(&data, small(), |_| None, &mut |_, _| ());
        let scores = als.scores(&als.fold_in(&[0, 2, 4], &[1.0, 1.5, 2.0]));
        let mean = |odd: usize| (3..20).map(|i| scores[2 * i + odd]).sum::<f32>() / 17.0;
        assert!(mean(0) > mean(1) + 0.2, "{} and {}", mean(0), mean(1));
    }

    #[test]
    fn folding_in_solves_the_normal_equations() {
        let data = Interactions::new(&two_groups(60, 20), Vec::new());
        let als = Als::train(&data, small(), |_| None, &mut |_, _| ());
        let (movies, weights) = ([1u32, 3, 8], [2.0f32, 0.5, 1.0]);
        let p = als.fold_in(&movies, &weights);
        // The gradient by the definition, over all pairs.
        let ridge = ridge_of(als.ridge, als.unobserved, &weights, als.movie_count());
        for i in 0..als.factors {
            let mut gradient = f64::from(ridge * p[i]);
            for movie in 0..als.movie_count() {
                let q = als.vector(movie);
                let score: f64 = p.iter().zip(q).map(|(p, q)| f64::from(p * q)).sum();
                gradient += f64::from(als.unobserved) * score * f64::from(q[i]);
                if let Some(at) = movies.iter().position(|rated| *rated as usize == movie) {
                    gradient -= f64::from(weights[at]) * (1.0 - score) * f64::from(q[i]);
                }
            }
            assert!(gradient.abs() < 1e-4, "gradient {gradient} along {i}");
        }
    }

    #[test]
    fn the_result_does_not_depend_on_the_number_of_threads() {
        let data = Interactions::new(&two_groups(100, 30), Vec::new());
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Als::train(&data, small(), |_| None, &mut |_, _| ()))
        };
        assert_eq!(run(1), run(3));
    }

    #[test]
    fn scores_without_interactions_are_zero_and_an_empty_model_has_none() {
        let data = Interactions::new(&two_groups(60, 20), Vec::new());
        let als = Als::train(&data, small(), |_| None, &mut |_, _| ());
        assert!(als.scores(&als.fold_in(&[], &[])).iter().all(|score| *score == 0.0));
        assert!(Als::default().scores(&Als::default().fold_in(&[], &[])).is_empty());
    }
}
