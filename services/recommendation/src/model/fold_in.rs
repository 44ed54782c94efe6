//! Folding a member in: the exact posterior of one member from the whole set of ratings, in microseconds.
//!
//! Given the movies' posteriors, a member's is one small linear system: the same equation training solves. It is built
//! from the whole set each time, so duplicates, edits, deletions and reordering of events cannot make it drift. The
//! prediction is linear in the member's ratings, so its explanation is exact: each rating's share is a number, and base
//! plus shares is the prediction (the additivity is tested to 1e-6).

use half::f16;

use super::{
    Model,
    kernels::{self, Pick, add_outer, dot, dot_halves},
    linear::{
        cholesky, double_off_diagonal, inverse_of, multiply, packed_len, quadratic, row, solve, trace_of_product,
    },
    train::NOISE_PRIOR,
};

/// How often the member's noise and posterior are settled against each other; the fourth round changes the third decimal.
const ROUNDS: usize = 4;
/// So many ratings are summed up in f32.
const BLOCK: usize = 64;
/// So many ratings ahead memory is asked for.
const AHEAD: usize = 8;

/// A movie as the model knows it: by number, or by its facts alone.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Posterior or prior mean [q, b].
    pub z: &'a [f32],
    /// Its packed covariance.
    pub c: &'a [f16],
    /// What having rated it says about a member; nothing for a movie the model has not seen.
    pub implicit: Option<&'a [f16]>,
}

/// What a member's posterior says about one movie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Predicted {
    /// 0.5-5.0, unrounded.
    pub stars: f64,
    /// How far real stars would lie from it, as a standard deviation: the uncertainty of both vectors and the member's noise.
    pub deviation: f64,
}

/// One member's posterior.
#[derive(Debug, Clone)]
pub struct Folded {
    d: usize,
    z: Vec<f64>,
    z32: Vec<f32>,
    covariance: Vec<f64>,
    /// Covariance and outer product of [p, 1], off-diagonals doubled: a scalar product with them is a trace.
    covariance_doubled: Vec<f32>,
    outer_doubled: Vec<f32>,
    noise: f64,
    /// What the prior alone contributes, before the solve.
    prior: Vec<f64>,
}

/// What each rating contributed, for explanations.
#[derive(Debug, Clone)]
pub struct Reasons {
    /// Before the solve, 2 d a rating: of its stars, and (before it is multiplied by the prior's precision, once for all) of its
    /// having been given at all.
    parts: Vec<f64>,
    /// Stars above what the movie alone would let expect?
    lifts: Vec<bool>,
}

/// An explanation: `base` plus all shares is the unclamped prediction.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub base: f64,
    /// In the order of the ratings folded in.
    pub shares: Vec<f64>,
}

impl Model {
    /// Folds a member in from (movie, stars 0.5-5.0) pairs, each movie once. Callers bring them in the order of their ids
    /// where bit-equal results matter.
    pub fn fold_in(&self, ratings: &[(Item<'_>, f64)]) -> Folded {
        let (d, len, factors) = (self.d, packed_len(self.d), self.d - 1);
        let count = ratings.len();
        let root = 1.0 / (count.max(1) as f64).sqrt();
        // Sums over the ratings of xx', of the covariances, of x error and of error squared, x being [q, 1].
        let (mut second, mut uncertainty) = (vec![0f64; len], vec![0f64; len]);
        let (mut towards, mut errors_squared) = (vec![0f64; d], 0f64);
        let mut implicit = vec![0f64; d];
        // By blocks in f32, whose sums are added up in f64.
        let (mut block, mut block_c, mut block_implicit) = (vec![0f32; len], vec![0f32; len], vec![0f32; d]);
        let stride = d.next_multiple_of(8);
        let mut xs = vec![0f32; BLOCK * stride];
        let whole: Vec<Pick> = (0..BLOCK as u32).map(|row| Pick { row, weight: 1.0 }).collect();
        for (at, chunk) in ratings.chunks(BLOCK).enumerate() {
            block.fill(0.0);
            block_c.fill(0.0);
            block_implicit.fill(0.0);
            for (i, (item, stars)) in chunk.iter().enumerate() {
                // The movies lie anywhere in large tables: some are on their way while this one is added.
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
                towards
                    .iter_mut()
                    .zip(&*x)
                    .for_each(|(sum, x)| *sum += error * f64::from(*x));
                errors_squared += error * error;
            }
            kernels::add_outers(&mut block, d, &xs, stride, &whole[..chunk.len()]);
            second
                .iter_mut()
                .zip(&block)
                .for_each(|(sum, value)| *sum += f64::from(*value));
            uncertainty
                .iter_mut()
                .zip(&block_c)
                .for_each(|(sum, value)| *sum += f64::from(*value));
            implicit
                .iter_mut()
                .zip(&block_implicit)
                .for_each(|(sum, value)| *sum += f64::from(*value));
        }
        implicit.iter_mut().for_each(|sum| *sum *= root);
        let outer = second.clone();
        // The movies' biases are certain in the normal equations, where only products of unknowns appear.
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
                // Cannot happen with a checked snapshot; the prior mean is the honest answer if it does.
                z.copy_from_slice(&self.member_prior.mean);
                a.copy_from_slice(&self.member_prior.precision);
                let _ = cholesky(&mut a, d);
                inverse_of(&mut a, d, &mut scratch);
                break;
            }
            solve(&a, d, &mut z);
            inverse_of(&mut a, d, &mut scratch);
            if round + 1 < ROUNDS {
                // The sum of (error - x'z)^2, from the sums above instead of from each rating again.
                let along: f64 = z.iter().zip(&towards).map(|(z, sum)| z * sum).sum();
                let mut errors = (errors_squared - 2.0 * along + quadratic(&outer, &z)).max(0.0);
                let mut xu = z.clone();
                xu[factors] = 1.0;
                errors += trace_of_product(&a, &second, d) + quadratic(&uncertainty, &xu);
                weight = (NOISE_PRIOR + count as f64) / (NOISE_PRIOR + self.alpha * errors);
            }
        }

        let strength = self.alpha * weight;
        let mut covariance_doubled: Vec<f32> = a.iter().map(|value| *value as f32).collect();
        double_off_diagonal(&mut covariance_doubled, d);
        let mut xu: Vec<f32> = z.iter().map(|value| *value as f32).collect();
        xu[factors] = 1.0;
        let mut outer_doubled = vec![0f32; len];
        add_outer(&mut outer_doubled, 1.0, &xu);
        double_off_diagonal(&mut outer_doubled, d);
        Folded {
            d,
            z32: z.iter().map(|value| *value as f32).collect(),
            z,
            covariance: a,
            covariance_doubled,
            outer_doubled,
            noise: 1.0 / strength,
            prior,
        }
    }

    /// What explanations need of the ratings a member was folded in from.
    pub fn reasons(&self, member: &Folded, ratings: &[(Item<'_>, f64)]) -> Reasons {
        let (d, factors) = (member.d, member.d - 1);
        let (count, strength) = (ratings.len(), 1.0 / member.noise);
        let root = 1.0 / (count.max(1) as f64).sqrt();
        let mut parts = vec![0f64; count * 2 * d];
        let mut lifts = Vec::with_capacity(count);
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
            lifts.push(error > 0.0);
        }
        Reasons { parts, lifts }
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

    /// The same of every movie of the model at once.
    pub fn scores(&self, member: &Folded) -> Vec<f32> {
        let factors = member.d - 1;
        // With a one in the place of the bias the product is p.q + b.
        let mut x = member.z32.clone();
        x[factors] = 1.0;
        let mut out = vec![0f32; self.len()];
        kernels::multiply(&mut out, &self.z, &x);
        let base = (self.mean + member.z[factors]) as f32;
        out.iter_mut().for_each(|score| *score += base);
        out
    }

    /// The variance of the expected stars: what more ratings could still tell.
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

    /// Splits the unclamped prediction exactly into a base and one share for each rating folded in.
    pub fn explain(&self, member: &Folded, reasons: &Reasons, item: Item<'_>) -> Explanation {
        let (d, factors) = (member.d, member.d - 1);
        let mut x: Vec<f64> = item.z.iter().map(|value| f64::from(*value)).collect();
        x[factors] = 1.0;
        let g = multiply(&member.covariance, &x);
        let along = |v: &[f64]| v.iter().zip(&g).map(|(v, g)| v * g).sum::<f64>();
        // g'(Lambda v) is (Lambda g)'v: one product for all ratings.
        let weighted = multiply(&self.member_prior.precision, &g);
        let both: Vec<f64> = g.iter().chain(&weighted).copied().collect();
        let share = |part: &[f64]| part.iter().zip(&both).map(|(part, along)| part * along).sum();
        Explanation {
            base: self.mean + f64::from(item.z[factors]) + along(&member.prior),
            shares: reasons.parts.chunks(2 * d).map(share).collect(),
        }
    }

    /// The numbers (in the order folded in) of the ratings that lift this prediction most: positive shares of movies the
    /// member gave more than they usually get; a dislike that "lifts" by double negation would read as nonsense.
    pub fn because(&self, member: &Folded, reasons: &Reasons, item: Item<'_>, most: usize) -> Vec<usize> {
        let shares = self.explain(member, reasons, item).shares;
        let mut order: Vec<usize> = (0..shares.len())
            .filter(|i| reasons.lifts[*i] && shares[*i] > 0.005)
            .collect();
        order.sort_unstable_by(|a, b| shares[*b].total_cmp(&shares[*a]).then(a.cmp(b)));
        order.truncate(most);
        order
    }
}

impl Folded {
    /// The posterior mean [p, b].
    pub fn z(&self) -> &[f64] {
        &self.z
    }
}
