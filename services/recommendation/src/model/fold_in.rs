//! Folding in: the exact posterior of one member from all their ratings, in microseconds.
//!
//! Given the movies' posteriors, the member's posterior is the solution of one small linear system, the same that
//! training solves. It is computed from all ratings each time, so duplicated, changed, deleted or reordered events
//! cannot accumulate errors. The prediction is linear in the member's ratings, so it has an exact explanation: base
//! plus the share of each rating is the prediction (tested to 1e-6).

use half::f16;

use super::{
    Model,
    kernels::{self, Pick, add_outer, dot, dot_halves},
    linear::{
        cholesky, double_off_diagonal, inverse_of, multiply, packed_len, quadratic, row, solve, trace_of_product,
    },
    train::NOISE_PRIOR,
};

/// Rounds in which the member's noise and posterior are estimated in turn; the fourth changes the third decimal.
const ROUNDS: usize = 4;
/// Ratings whose sum is computed in f32.
const BLOCK: usize = 64;
/// How many ratings ahead memory is prefetched.
const AHEAD: usize = 8;

/// The vectors of a movie: learned from ratings, or predicted from its facts.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Posterior or prior mean [q, b].
    pub z: &'a [f32],
    /// Its packed covariance.
    pub c: &'a [f16],
    /// What having rated it says about a member's taste; `None` for a movie without ratings in the training.
    pub implicit: Option<&'a [f16]>,
}

/// The prediction for one movie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Predicted {
    /// 0.5-5.0, unrounded.
    pub stars: f64,
    /// The standard deviation of the real stars around the prediction: the uncertainty of both vectors and the member's
    /// noise.
    pub deviation: f64,
}

/// One member's posterior.
#[derive(Debug, Clone)]
pub struct Folded {
    d: usize,
    z: Vec<f64>,
    z32: Vec<f32>,
    covariance: Vec<f64>,
    /// Covariance and outer product of [p, 1], with doubled off-diagonal elements: the scalar product of such a matrix
    /// with another packed matrix is the trace of their product.
    covariance_doubled: Vec<f32>,
    outer_doubled: Vec<f32>,
    noise: f64,
    /// The contribution of the prior, before the solve.
    prior: Vec<f64>,
}

/// Sums over a member's ratings, where x is [q, 1] of a movie, and error is the stars minus the mean and the movie's
/// bias.
struct Sums {
    /// Of x x', packed.
    outer: Vec<f64>,
    /// Of the movies' covariances, packed.
    uncertainty: Vec<f64>,
    /// Of error times x.
    towards: Vec<f64>,
    errors_squared: f64,
    /// Of the implicit weights, divided by the square root of the number of ratings.
    implicit: Vec<f64>,
}

/// What each rating contributed, for explanations.
#[derive(Debug, Clone)]
pub struct Reasons {
    /// 2 d numbers per rating, before the solve: the contribution of its stars, and that of its existence, the latter
    /// before the multiplication by the prior's precision.
    parts: Vec<f64>,
    /// Whether the rating may be named: its stars are above the movie's bias, and [`Reasons::retain`] has kept it.
    may_be_named: Vec<bool>,
}

impl Reasons {
    /// Never names the ratings, by their index, that do not pass. Their contributions stay.
    pub fn retain(&mut self, passes: impl Fn(usize) -> bool) {
        for (index, may_be_named) in self.may_be_named.iter_mut().enumerate() {
            *may_be_named &= passes(index);
        }
    }
}

/// An explanation: `base` plus all shares is the unclamped prediction.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub base: f64,
    /// In the order of the ratings folded in.
    pub shares: Vec<f64>,
}

impl Model {
    /// Folds a member in from (movie, stars 0.5-5.0) pairs, each movie once. The order of the pairs changes the result
    /// only by rounding.
    pub fn fold_in(&self, ratings: &[(Item<'_>, f64)]) -> Folded {
        let (d, len, factors) = (self.d, packed_len(self.d), self.d - 1);
        let count = ratings.len();
        let Sums {
            outer,
            uncertainty,
            towards,
            errors_squared,
            implicit,
        } = self.sums(ratings);
        let mut second = outer.clone();
        // The normal equations contain only products of unknowns, and a movie's bias is not multiplied by an unknown,
        // so its variance does not enter.
        let square = packed_len(factors);
        second[..square]
            .iter_mut()
            .zip(&uncertainty)
            .for_each(|(sum, value)| *sum += value);
        let mut right = towards.clone();
        right
            .iter_mut()
            .zip(&uncertainty[square..square + factors])
            .for_each(|(sum, value)| *sum -= value);

        let prior = multiply(&self.member_prior.precision, &self.member_prior.mean);
        let implicit_right = multiply(&self.member_prior.precision, &implicit);
        let (mut a, mut scratch) = (vec![0f64; len], vec![0f64; len]);
        let mut z = vec![0f64; d];
        let mut weight = 1.0;
        for round in 0..ROUNDS {
            let strength = self.alpha * weight;
            for ((a, lambda), second) in a.iter_mut().zip(&self.member_prior.precision).zip(&second) {
                *a = lambda + strength * second;
            }
            for (k, z) in z.iter_mut().enumerate() {
                *z = prior[k] + implicit_right[k] + strength * right[k];
            }
            if !cholesky(&mut a, d) {
                // Cannot happen with a checked snapshot; if it does, the prior mean is used.
                z.copy_from_slice(&self.member_prior.mean);
                a.copy_from_slice(&self.member_prior.precision);
                let _ = cholesky(&mut a, d);
                inverse_of(&mut a, d, &mut scratch);
                break;
            }
            solve(&a, d, &mut z);
            inverse_of(&mut a, d, &mut scratch);
            if round + 1 < ROUNDS {
                // The sum of (error - x'z)^2, computed from the sums instead of from the ratings.
                let along: f64 = z.iter().zip(&towards).map(|(z, sum)| z * sum).sum();
                let mut errors = (errors_squared - 2.0 * along + quadratic(&outer, &z)).max(0.0);
                let mut xu = z.clone();
                xu[factors] = 1.0;
                errors += trace_of_product(&a, &second, d) + quadratic(&uncertainty, &xu);
                weight = (NOISE_PRIOR + count as f64) / (NOISE_PRIOR + self.alpha * errors);
            }
        }
        Folded::new(z, a, prior, 1.0 / (self.alpha * weight))
    }

    /// Sums over the ratings in blocks of f32, and adds the sums of the blocks in f64.
    fn sums(&self, ratings: &[(Item<'_>, f64)]) -> Sums {
        let (d, len, factors) = (self.d, packed_len(self.d), self.d - 1);
        let mut sums = Sums {
            outer: vec![0f64; len],
            uncertainty: vec![0f64; len],
            towards: vec![0f64; d],
            errors_squared: 0f64,
            implicit: vec![0f64; d],
        };
        let (mut block, mut block_c, mut block_implicit) = (vec![0f32; len], vec![0f32; len], vec![0f32; d]);
        let stride = d.next_multiple_of(8);
        let mut xs = vec![0f32; BLOCK * stride];
        let whole: Vec<Pick> = (0..BLOCK as u32).map(|row| Pick { row, weight: 1.0 }).collect();
        for (at, chunk) in ratings.chunks(BLOCK).enumerate() {
            block.fill(0.0);
            block_c.fill(0.0);
            block_implicit.fill(0.0);
            for (i, (item, stars)) in chunk.iter().enumerate() {
                // The rows of the movies are spread over large tables, so they are prefetched.
                if let Some((ahead, _)) = ratings.get(at * BLOCK + i + AHEAD) {
                    kernels::prefetch(ahead.c);
                    kernels::prefetch(ahead.z);
                    kernels::prefetch(ahead.implicit.unwrap_or_default());
                }
                let x = &mut xs[i * stride..][..d];
                x.copy_from_slice(item.z);
                x[factors] = 1.0;
                kernels::add_halves(&mut block_c, item.c);
                if let Some(weights) = item.implicit {
                    kernels::add_halves(&mut block_implicit, weights);
                }
                let error = stars - self.mean - f64::from(item.z[factors]);
                sums.towards
                    .iter_mut()
                    .zip(&*x)
                    .for_each(|(sum, x)| *sum += error * f64::from(*x));
                sums.errors_squared += error * error;
            }
            kernels::add_outers(&mut block, d, &xs, stride, &whole[..chunk.len()]);
            add_widened(&mut sums.outer, &block);
            add_widened(&mut sums.uncertainty, &block_c);
            add_widened(&mut sums.implicit, &block_implicit);
        }
        let root = 1.0 / (ratings.len().max(1) as f64).sqrt();
        sums.implicit.iter_mut().for_each(|sum| *sum *= root);
        sums
    }

    /// The contributions of the ratings that a member was folded in from.
    pub fn reasons(&self, member: &Folded, ratings: &[(Item<'_>, f64)]) -> Reasons {
        let (d, factors) = (member.d, member.d - 1);
        let (count, strength) = (ratings.len(), 1.0 / member.noise);
        let root = 1.0 / (count.max(1) as f64).sqrt();
        let mut parts = vec![0f64; count * 2 * d];
        let mut may_be_named = Vec::with_capacity(count);
        for ((item, stars), part) in ratings.iter().zip(parts.chunks_mut(2 * d)) {
            let error = stars - self.mean - f64::from(item.z[factors]);
            let column = &item.c[row(factors)..][..factors];
            let (own, given) = part.split_at_mut(d);
            for ((own, z), c) in own.iter_mut().zip(&item.z[..factors]).zip(column) {
                *own = strength * (error * f64::from(*z) - f64::from(*c));
            }
            own[factors] = strength * error;
            if let Some(weights) = item.implicit {
                given
                    .iter_mut()
                    .zip(weights)
                    .for_each(|(given, weight)| *given = f64::from(*weight) * root);
            }
            may_be_named.push(error > 0.0);
        }
        Reasons { parts, may_be_named }
    }

    /// Predicted stars of a folded-in member for a movie.
    pub fn predict(&self, member: &Folded, item: Item<'_>) -> Predicted {
        let variance = self.uncertainty(member, item) + member.noise;
        Predicted {
            stars: self.score(member, item.z).clamp(0.5, 5.0),
            deviation: variance.sqrt(),
        }
    }

    /// The unclamped prediction alone, for ranking thousands of movies.
    pub fn score(&self, member: &Folded, z: &[f32]) -> f64 {
        let factors = member.d - 1;
        self.mean + f64::from(dot(&member.z32[..factors], &z[..factors])) + member.z[factors] + f64::from(z[factors])
    }

    /// The unclamped predictions of every movie of the model.
    pub fn scores(&self, member: &Folded) -> Vec<f32> {
        let factors = member.d - 1;
        // With 1 in place of the member's bias, the product is p.q + b.
        let mut x = member.z32.clone();
        x[factors] = 1.0;
        let mut out = vec![0f32; self.len()];
        kernels::multiply(&mut out, &self.z, &x);
        let base = (self.mean + member.z[factors]) as f32;
        out.iter_mut().for_each(|score| *score += base);
        out
    }

    /// The variance of the expected stars, without the noise: the part that more ratings would reduce.
    pub fn uncertainty(&self, member: &Folded, item: Item<'_>) -> f64 {
        let factors = member.d - 1;
        let mut x: Vec<f64> = item.z.iter().map(|value| f64::from(*value)).collect();
        x[factors] = 1.0;
        let square = packed_len(factors);
        let variance = quadratic(&member.covariance, &x)
            + f64::from(dot_halves(&member.covariance_doubled[..square], &item.c[..square]))
            + f64::from(dot_halves(&member.outer_doubled, item.c));
        variance.max(0.0)
    }

    /// Splits the unclamped prediction exactly into a base and one share per rating.
    pub fn explain(&self, member: &Folded, reasons: &Reasons, item: Item<'_>) -> Explanation {
        let (d, factors) = (member.d, member.d - 1);
        let mut x: Vec<f64> = item.z.iter().map(|value| f64::from(*value)).collect();
        x[factors] = 1.0;
        let g = multiply(&member.covariance, &x);
        let along = |v: &[f64]| v.iter().zip(&g).map(|(v, g)| v * g).sum::<f64>();
        // g'(Lambda v) = (Lambda g)'v, so one product serves all ratings.
        let weighted = multiply(&self.member_prior.precision, &g);
        let both: Vec<f64> = g.iter().chain(&weighted).copied().collect();
        let share = |part: &[f64]| part.iter().zip(&both).map(|(part, along)| part * along).sum();
        Explanation {
            base: self.mean + f64::from(item.z[factors]) + along(&member.prior),
            shares: reasons.parts.chunks(2 * d).map(share).collect(),
        }
    }

    /// The indices of the ratings with the largest positive shares, only of movies that got more stars than expected. A
    /// disliked movie can also have a positive share, but would not be understood as a reason.
    pub fn because(&self, member: &Folded, reasons: &Reasons, item: Item<'_>, most: usize) -> Vec<usize> {
        let shares = self.explain(member, reasons, item).shares;
        let mut order: Vec<usize> = (0..shares.len())
            .filter(|i| reasons.may_be_named[*i] && shares[*i] > 0.005)
            .collect();
        order.sort_unstable_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
        order.truncate(most);
        order
    }
}

fn add_widened(sums: &mut [f64], block: &[f32]) {
    sums.iter_mut()
        .zip(block)
        .for_each(|(sum, value)| *sum += f64::from(*value));
}

impl Folded {
    /// From the posterior mean and packed covariance, the prior's contribution, and the variance of the noise.
    fn new(z: Vec<f64>, covariance: Vec<f64>, prior: Vec<f64>, noise: f64) -> Self {
        let d = z.len();
        let z32: Vec<f32> = z.iter().map(|value| *value as f32).collect();
        let mut covariance_doubled: Vec<f32> = covariance.iter().map(|value| *value as f32).collect();
        double_off_diagonal(&mut covariance_doubled, d);
        let mut xu = z32.clone();
        xu[d - 1] = 1.0;
        let mut outer_doubled = vec![0f32; covariance.len()];
        add_outer(&mut outer_doubled, 1.0, &xu);
        double_off_diagonal(&mut outer_doubled, d);
        Self {
            d,
            z,
            z32,
            covariance,
            covariance_doubled,
            outer_doubled,
            noise,
            prior,
        }
    }

    /// The posterior mean [p, b].
    pub fn z(&self) -> &[f64] {
        &self.z
    }
}
