//! One side of the factorisation: all members or all movies, their posteriors and their common prior.
//!
//! `update` finds the posteriors given the other side's, `learn_prior` the prior given the posteriors: `train` does
//! both in turn.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    features::{GROUPS, Group},
    kernels::{Pick, add_outer, add_rows, dot},
    linear::{
        cholesky, double_off_diagonal, inverse, inverse_of, multiply_into, packed_len, quadratic, row, scaled_identity,
        solve,
    },
    normal,
};

/// The members or the movies: their posteriors and their common prior.
#[derive(Debug)]
pub struct Side {
    /// K + 1.
    pub d: usize,
    /// Posterior means, d numbers per row.
    pub z: Vec<f32>,
    /// Posterior covariances, packed.
    pub c: Vec<f32>,
    /// Packed E[x x'] with x = [q, 1]: what one rating adds to the precision of the other side.
    pub(super) second: Vec<f32>,
    /// The prior's mean and packed precision.
    pub mu: Vec<f64>,
    pub lambda: Vec<f64>,
    /// The prior's weights B, d numbers per feature.
    pub b: Vec<f64>,
    /// The ridge on B for each group of features.
    ridge: [f64; GROUPS],
}

/// The features of each row. All features of a row have the same value.
#[derive(Debug)]
pub(super) struct Design<'a> {
    rows: Lists<'a>,
    columns: Lists<'a>,
    /// The value of each row's features.
    scale: Vec<f64>,
    /// The sum of the squared values of each feature.
    squares: Vec<f64>,
    group: Vec<Group>,
}

/// A sequence of lists of numbers in one slice.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lists<'a> {
    pub(super) starts: &'a [usize],
    pub(super) numbers: &'a [u32],
}

/// Owned lists, in which each number may have a value.
#[derive(Debug, Default)]
pub(super) struct Transposed {
    pub(super) starts: Vec<usize>,
    pub(super) numbers: Vec<u32>,
    pub(super) values: Vec<f32>,
}

impl Transposed {
    pub(super) fn lists(&self) -> Lists<'_> {
        Lists {
            starts: &self.starts,
            numbers: &self.numbers,
        }
    }
}

impl<'a> Lists<'a> {
    pub(super) fn of(self, i: usize) -> &'a [u32] {
        &self.numbers[self.range(i)]
    }

    pub(super) fn range(self, i: usize) -> Range<usize> {
        self.starts[i]..self.starts[i + 1]
    }

    pub(super) fn len(self) -> usize {
        self.starts.len() - 1
    }

    /// Lists of columns by row become lists of rows by column. `values` belong to the numbers and move with them; they
    /// may be empty.
    pub(super) fn transpose(self, columns: usize, values: &[f32]) -> Transposed {
        let mut starts = vec![0usize; columns + 1];
        for number in self.numbers {
            starts[*number as usize + 1] += 1;
        }
        for i in 0..columns {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut out = Transposed {
            starts,
            numbers: vec![0u32; self.numbers.len()],
            values: vec![0f32; values.len()],
        };
        for r in 0..self.len() {
            for entry in self.range(r) {
                let at = &mut next[self.numbers[entry] as usize];
                out.numbers[*at] = r as u32;
                if let Some(value) = values.get(entry) {
                    out.values[*at] = *value;
                }
                *at += 1;
            }
        }
        out
    }
}

impl<'a> Design<'a> {
    /// `columns` must be `rows` transposed.
    pub(super) fn new(rows: Lists<'a>, columns: Lists<'a>, scale: Vec<f64>, group: Vec<Group>) -> Self {
        let squares = (0..columns.len())
            .map(|f| columns.of(f).iter().map(|r| scale[*r as usize].powi(2)).sum())
            .collect();
        Self {
            rows,
            columns,
            scale,
            squares,
            group,
        }
    }

    /// Adds the weighted sum of one row's features to `out`.
    fn add(&self, r: usize, weights: &[f64], out: &mut [f64]) {
        let (scale, d) = (self.scale[r], out.len());
        for feature in self.rows.of(r) {
            for (out, weight) in out.iter_mut().zip(&weights[*feature as usize * d..][..d]) {
                *out += scale * weight;
            }
        }
    }
}

impl Side {
    pub(super) fn new(n: usize, d: usize, features: usize, seed: u64) -> Self {
        let mut side = Self {
            d,
            z: (0..n * d).map(|i| (normal(seed, i as u64) * 0.3) as f32).collect(),
            c: vec![0.0; n * packed_len(d)],
            second: vec![0.0; n * packed_len(d)],
            mu: vec![0.0; d],
            lambda: scaled_identity(d, 10.0),
            b: vec![0.0; features * d],
            ridge: [10.0; GROUPS],
        };
        side.refresh_second();
        side
    }

    /// The number of members or movies.
    pub fn rows(&self) -> usize {
        self.z.len() / self.d
    }

    pub(super) fn refresh_second(&mut self) {
        let (d, len) = (self.d, packed_len(self.d));
        let (z, c) = (&self.z, &self.c);
        self.second
            .par_chunks_mut(len)
            .zip(z.par_chunks(d))
            .zip(c.par_chunks(len))
            .for_each(|((second, z), c)| {
                let factors = d - 1;
                let square = packed_len(factors);
                second[..square].copy_from_slice(&c[..square]);
                add_outer(&mut second[..square], 1.0, &z[..factors]);
                // The last row belongs to the constant 1, which multiplies the other side's bias.
                second[square..square + factors].copy_from_slice(&z[..factors]);
                second[len - 1] = 1.0;
            });
    }
}

/// The ratings by row of one side.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) lists: Lists<'a>,
    /// In the order of `lists`.
    pub(super) stars: &'a [f32],
    /// The mean of all stars.
    pub(super) mean: f32,
}

/// Ratings whose sum is computed in f32; the sums of these blocks are added in f64.
const BLOCK: usize = 64;

/// Buffers for solving one row, reused for the next.
struct Scratch {
    a: Vec<f64>,
    inverse: Vec<f64>,
    rhs: Vec<f64>,
    prior: Vec<f64>,
    block: Vec<f32>,
    right: Vec<f32>,
    picks: Vec<Pick>,
}

impl Scratch {
    fn new(d: usize) -> Self {
        let len = packed_len(d);
        Self {
            a: vec![0.0; len],
            inverse: vec![0.0; len],
            rhs: vec![0.0; d],
            prior: vec![0.0; d],
            block: vec![0.0; len],
            right: vec![0.0; d],
            picks: Vec::with_capacity(BLOCK),
        }
    }
}

/// Computes the posterior of every row of `me` given the other side. Rows are independent, so the number of threads
/// does not change the result.
pub(super) fn update(
    me: &mut Side,
    other: &Side,
    view: View<'_>,
    design: &Design<'_>,
    weight: impl Fn(usize, usize) -> f64 + Sync,
) {
    let (d, len) = (me.d, packed_len(me.d));
    let factors = d - 1;
    let (mut z, mut c) = (std::mem::take(&mut me.z), std::mem::take(&mut me.c));
    let side = &*me;
    z.par_chunks_mut(d)
        .zip(c.par_chunks_mut(len))
        .enumerate()
        .with_min_len(8)
        .for_each_init(
            || Scratch::new(d),
            |scratch, (r, (z, c))| {
                let Scratch {
                    a,
                    inverse,
                    rhs,
                    prior,
                    block,
                    right,
                    picks,
                } = scratch;
                prior.copy_from_slice(&side.mu);
                design.add(r, &side.b, prior);
                multiply_into(&side.lambda, prior, rhs);
                a.copy_from_slice(&side.lambda);
                let range = view.lists.range(r);
                let rated = view.lists.numbers[range.clone()].chunks(BLOCK);
                for (numbers, stars) in rated.zip(view.stars[range].chunks(BLOCK)) {
                    block.fill(0.0);
                    right.fill(0.0);
                    picks.clear();
                    for (number, stars) in numbers.iter().zip(stars) {
                        let o = *number as usize;
                        let w = weight(r, o) as f32;
                        picks.push(Pick {
                            row: *number,
                            weight: w,
                        });
                        let (zo, column) = (&other.z[o * d..][..d], &other.c[o * len + row(factors)..][..factors]);
                        let error = w * (stars - view.mean - zo[factors]);
                        for ((right, z), c) in right.iter_mut().zip(&zo[..factors]).zip(column) {
                            *right += error * z - w * c;
                        }
                        right[factors] += error;
                    }
                    add_rows(block, &other.second, picks);
                    for (a, block) in a.iter_mut().zip(block.iter()) {
                        *a += f64::from(*block);
                    }
                    for (rhs, right) in rhs.iter_mut().zip(right.iter()) {
                        *rhs += f64::from(*right);
                    }
                }
                // A prior precision plus a sum of squares is positive definite. If rounding breaks that, the row keeps
                // its last value.
                if cholesky(a, d) {
                    solve(a, d, rhs);
                    inverse_of(a, d, inverse);
                    for (z, value) in z.iter_mut().zip(rhs.iter()) {
                        *z = *value as f32;
                    }
                    for (c, value) in c.iter_mut().zip(a.iter()) {
                        *c = *value as f32;
                    }
                }
            },
        );
    (me.z, me.c) = (z, c);
    me.refresh_second();
}

/// The sum of the expected squared errors of each member's ratings, including the uncertainty of both sides.
pub(super) fn expected_errors(members: &Side, movies: &Side, view: View<'_>) -> Vec<f64> {
    let (d, len) = (members.d, packed_len(members.d));
    let factors = d - 1;
    (0..members.rows())
        .into_par_iter()
        .with_min_len(8)
        .map_init(
            || {
                (
                    vec![0f32; len],
                    vec![0f32; len],
                    vec![0f32; len],
                    Vec::with_capacity(BLOCK),
                )
            },
            |(covariance, outer, block, picks), member| {
                let z = &members.z[member * d..][..d];
                covariance.copy_from_slice(&members.c[member * len..][..len]);
                double_off_diagonal(covariance, d);
                let mut x = z.to_vec();
                x[factors] = 1.0;
                outer.fill(0.0);
                add_outer(outer, 1.0, &x);
                double_off_diagonal(outer, d);
                let range = view.lists.range(member);
                let mut sum = 0f64;
                let rated = view.lists.numbers[range.clone()].chunks(BLOCK);
                for (numbers, stars) in rated.zip(view.stars[range].chunks(BLOCK)) {
                    picks.clear();
                    let mut squares = 0f32;
                    for (number, stars) in numbers.iter().zip(stars) {
                        let q = &movies.z[*number as usize * d..][..d];
                        let error = stars - view.mean - dot(&z[..factors], &q[..factors]) - z[factors] - q[factors];
                        squares += error * error;
                        picks.push(Pick {
                            row: *number,
                            weight: 1.0,
                        });
                    }
                    // E[(p.q)^2] has three terms, of which two are one trace with E[x x']. The trace of a sum is the
                    // sum of the traces, so one trace per block is enough.
                    block.fill(0.0);
                    add_rows(block, &movies.second, picks);
                    squares += dot(covariance, block);
                    block.fill(0.0);
                    add_rows(block, &movies.c, picks);
                    sum += f64::from(squares + dot(outer, block));
                }
                sum
            },
        )
        .collect()
}

/// Learns the prior of one side from its posteriors: mean, weights of the features, precision, and the ridge on the
/// weights.
pub(super) fn learn_prior(me: &mut Side, design: &Design<'_>) {
    let (d, n) = (me.d, me.rows());
    let mut residual: Vec<f64> = me.z.iter().map(|z| f64::from(*z)).collect();
    residual.par_chunks_mut(d).enumerate().for_each(|(r, residual)| {
        let scale = design.scale[r];
        for feature in design.rows.of(r) {
            for (value, weight) in residual.iter_mut().zip(&me.b[*feature as usize * d..][..d]) {
                *value -= scale * weight;
            }
        }
    });
    for pass in 0..2 {
        // The first pass subtracted the mean; the second pass estimates it again.
        if pass > 0 {
            residual
                .chunks_mut(d)
                .for_each(|line| line.iter_mut().zip(&me.mu).for_each(|(value, mu)| *value += mu));
        }
        let mut sum = vec![0f64; d];
        residual
            .chunks(d)
            .for_each(|line| sum.iter_mut().zip(line).for_each(|(sum, value)| *sum += value));
        for (mu, sum) in me.mu.iter_mut().zip(&sum) {
            *mu = sum / (n as f64 + 2.0);
        }
        residual
            .chunks_mut(d)
            .for_each(|line| line.iter_mut().zip(&me.mu).for_each(|(value, mu)| *value -= mu));
        // Coordinate descent: the best weights of one feature given all others.
        let mut target = vec![0f64; d];
        for feature in 0..design.squares.len() {
            let rows = design.columns.of(feature);
            if rows.is_empty() {
                continue;
            }
            target.fill(0.0);
            for r in rows {
                let (scale, line) = (design.scale[*r as usize], &residual[*r as usize * d..][..d]);
                target
                    .iter_mut()
                    .zip(line)
                    .for_each(|(target, value)| *target += scale * value);
            }
            let (squares, ridge) = (design.squares[feature], me.ridge[design.group[feature] as usize]);
            let weights = &mut me.b[feature * d..][..d];
            for (target, weight) in target.iter_mut().zip(weights.iter_mut()) {
                let new = (*target + squares * *weight) / (squares + ridge);
                *target = new - *weight;
                *weight = new;
            }
            for r in rows {
                let (scale, line) = (design.scale[*r as usize], &mut residual[*r as usize * d..][..d]);
                line.iter_mut()
                    .zip(&target)
                    .for_each(|(value, change)| *value -= scale * change);
            }
        }
    }
    // Lambda^-1 = (R'R + sum of covariances + I + ridge B'B) / (n + d).
    let partial = partial_scatters(&residual, &me.c, d);
    let mut scatter = scaled_identity(d, 1.0);
    for part in partial {
        scatter.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    for (feature, weights) in me.b.chunks(d).enumerate() {
        add_outer_f64(&mut scatter, me.ridge[design.group[feature] as usize], weights);
    }
    scatter.iter_mut().for_each(|value| *value /= (n + d) as f64);
    if let Some(lambda) = inverse(&scatter, d) {
        me.lambda = lambda;
    }
    learn_ridge(me, design);
}

/// R'R plus the sum of covariances for each chunk of rows. The chunks are added in one order, so the result does not
/// depend on the number of threads.
fn partial_scatters(residual: &[f64], covariances: &[f32], d: usize) -> Vec<Vec<f64>> {
    let len = packed_len(d);
    residual
        .par_chunks(256 * d)
        .zip(covariances.par_chunks(256 * len))
        .map(|(lines, covariances)| {
            let mut sum = vec![0f64; len];
            for line in lines.chunks(d) {
                add_outer_f64(&mut sum, 1.0, line);
            }
            for covariance in covariances.chunks(len) {
                sum.iter_mut()
                    .zip(covariance)
                    .for_each(|(sum, value)| *sum += f64::from(*value));
            }
            sum
        })
        .collect()
}

/// Learns the ridge on the weights of each group of features.
fn learn_ridge(me: &mut Side, design: &Design<'_>) {
    let d = me.d;
    for group in 0..GROUPS {
        let (mut energy, mut count) = (0f64, 0usize);
        for (feature, squares) in design.squares.iter().enumerate() {
            if *squares > 0.0 && design.group[feature] as usize == group {
                count += 1;
                energy += quadratic(&me.lambda, &me.b[feature * d..][..d]) + d as f64 / (squares + me.ridge[group]);
            }
        }
        if count > 0 {
            me.ridge[group] = (d * count) as f64 / energy;
        }
    }
}

fn add_outer_f64(packed: &mut [f64], a: f64, x: &[f64]) {
    for r in 0..x.len() {
        let ax = a * x[r];
        packed[row(r)..row(r + 1)]
            .iter_mut()
            .zip(x)
            .for_each(|(out, x)| *out += ax * x);
    }
}
