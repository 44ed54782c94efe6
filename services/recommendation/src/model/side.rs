//! One side of the factorisation: all members or all movies, their posteriors and the prior they share.
//!
//! `update` finds the posteriors given the other side's, `learn_prior` the prior given the posteriors: the two steps that
//! train.rs takes in turn.

use rayon::prelude::*;

use super::{
    features::GROUPS,
    linear::{
        add_outer, axpy, cholesky, inverse, inverse_of, multiply, packed_len, quadratic, row, scaled_identity, solve,
    },
    normal,
};

/// Members or movies: their posteriors and the prior these share.
#[derive(Debug)]
pub struct Side {
    /// K + 1.
    pub d: usize,
    /// Posterior means, d a row.
    pub z: Vec<f32>,
    /// Posterior covariances, packed.
    pub c: Vec<f32>,
    /// Packed E[x x'] with x = [q, 1]: what one rating adds to the other side's precision.
    pub(super) second: Vec<f32>,
    /// The prior's mean and packed precision.
    pub mu: Vec<f64>,
    pub lambda: Vec<f64>,
    /// The prior's weights B, d a feature.
    pub b: Vec<f64>,
    design: Design,
    /// The ridge on B, learned for each group of features.
    ridge: [f64; GROUPS],
}

/// Which features each row has; a row's features all have the same value.
#[derive(Debug)]
pub(super) struct Design {
    rows: Lists,
    columns: Lists,
    scale: Vec<f64>,
    /// Sum of squares of each feature's values.
    squares: Vec<f64>,
    group: Vec<usize>,
}

/// Lists of numbers, one after the other.
#[derive(Debug)]
pub(super) struct Lists {
    pub(super) starts: Vec<usize>,
    pub(super) numbers: Vec<u32>,
}

impl Lists {
    fn of(&self, i: usize) -> &[u32] {
        &self.numbers[self.starts[i]..self.starts[i + 1]]
    }

    /// Turns "which columns does a row have" into "which rows does a column have"; also gives each entry's old place.
    pub(super) fn transpose(&self, columns: usize) -> (Self, Vec<usize>) {
        let mut starts = vec![0usize; columns + 1];
        for number in &self.numbers {
            starts[*number as usize + 1] += 1;
        }
        for i in 0..columns {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut numbers = vec![0u32; self.numbers.len()];
        let mut places = vec![0usize; self.numbers.len()];
        for r in 0..self.starts.len() - 1 {
            for (offset, column) in self.of(r).iter().enumerate() {
                let at = &mut next[*column as usize];
                numbers[*at] = r as u32;
                places[*at] = self.starts[r] + offset;
                *at += 1;
            }
        }
        (Self { starts, numbers }, places)
    }
}

impl Design {
    pub(super) fn new(rows: Lists, features: usize, scale: Vec<f64>, group: Vec<usize>) -> Self {
        let (columns, _) = rows.transpose(features);
        let squares = (0..features)
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
}

impl Side {
    pub(super) fn new(n: usize, d: usize, design: Design, seed: u64) -> Self {
        let mut side = Self {
            d,
            z: (0..n * d).map(|i| (normal(seed, i as u64) * 0.3) as f32).collect(),
            c: vec![0.0; n * packed_len(d)],
            second: vec![0.0; n * packed_len(d)],
            mu: vec![0.0; d],
            lambda: scaled_identity(d, 10.0),
            b: vec![0.0; design.group.len() * d],
            design,
            ridge: [10.0; GROUPS],
        };
        side.refresh_second();
        side
    }

    /// How many members or movies there are.
    pub fn rows(&self) -> usize {
        self.z.len() / self.d
    }

    /// The prior mean of one row.
    fn prior_mean(&self, r: usize, out: &mut [f64]) {
        out.copy_from_slice(&self.mu);
        let scale = self.design.scale[r];
        for feature in self.design.rows.of(r) {
            let weights = &self.b[*feature as usize * self.d..][..self.d];
            for (out, weight) in out.iter_mut().zip(weights) {
                *out += scale * weight;
            }
        }
    }

    fn refresh_second(&mut self) {
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

/// The ratings as one side sees them.
pub(super) struct View {
    pub(super) lists: Lists,
    /// Stars minus the mean of all, in the order of `lists`.
    pub(super) y: Vec<f32>,
}

/// Finds the posterior of every row of `me` given the other side's. Rows are independent, so threads cannot change the result.
pub(super) fn update(
    me: &mut Side,
    other: &Side,
    view: &View,
    alpha: f64,
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
            || {
                (
                    vec![0f64; len],
                    vec![0f64; len],
                    vec![0f32; len],
                    vec![0f32; d],
                    vec![0f64; d],
                )
            },
            |(a, scratch, block, right, prior), (r, (z, c))| {
                side.prior_mean(r, prior);
                let mut rhs = multiply(&side.lambda, prior);
                a.copy_from_slice(&side.lambda);
                let range = view.lists.starts[r]..view.lists.starts[r + 1];
                // Sums of at most 64 ratings run in f32, four or eight at a time; the sums of those sums in f64.
                for chunk in range.collect::<Vec<_>>().chunks(64) {
                    block.fill(0.0);
                    right.fill(0.0);
                    for entry in chunk {
                        let o = view.lists.numbers[*entry] as usize;
                        let w = (alpha * weight(r, o)) as f32;
                        axpy(block, w, &other.second[o * len..][..len]);
                        let (zo, co) = (&other.z[o * d..][..d], &other.c[o * len..][..len]);
                        let error = view.y[*entry] - zo[factors];
                        axpy(&mut right[..factors], w * error, &zo[..factors]);
                        axpy(&mut right[..factors], -w, &co[row(factors)..row(factors) + factors]);
                        right[factors] += w * error;
                    }
                    for (a, block) in a.iter_mut().zip(block.iter()) {
                        *a += f64::from(*block);
                    }
                    for (rhs, right) in rhs.iter_mut().zip(right.iter()) {
                        *rhs += f64::from(*right);
                    }
                }
                // A prior precision plus a sum of squares is positive definite; were it not, the row keeps its last value.
                if cholesky(a, d) {
                    solve(a, d, &mut rhs);
                    inverse_of(a, d, scratch);
                    for (z, value) in z.iter_mut().zip(&rhs) {
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

/// Learns the prior of one side from its posteriors: mean, weights of the features, precision, and the ridge on the weights.
pub(super) fn learn_prior(me: &mut Side) {
    let (d, n) = (me.d, me.rows());
    let mut residual: Vec<f64> = me.z.iter().map(|z| f64::from(*z)).collect();
    residual.par_chunks_mut(d).enumerate().for_each(|(r, residual)| {
        let scale = me.design.scale[r];
        for feature in me.design.rows.of(r) {
            for (value, weight) in residual.iter_mut().zip(&me.b[*feature as usize * d..][..d]) {
                *value -= scale * weight;
            }
        }
    });
    for pass in 0..2 {
        // The second pass starts from residuals that still lack the mean.
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
        // One feature at a time, as in coordinate descent: its best weights given all the others'.
        let mut target = vec![0f64; d];
        for feature in 0..me.design.squares.len() {
            let rows = me.design.columns.of(feature);
            if rows.is_empty() {
                continue;
            }
            target.fill(0.0);
            for r in rows {
                let (scale, line) = (me.design.scale[*r as usize], &residual[*r as usize * d..][..d]);
                target
                    .iter_mut()
                    .zip(line)
                    .for_each(|(target, value)| *target += scale * value);
            }
            let (squares, ridge) = (me.design.squares[feature], me.ridge[me.design.group[feature]]);
            let weights = &mut me.b[feature * d..][..d];
            for (target, weight) in target.iter_mut().zip(weights.iter_mut()) {
                let new = (*target + squares * *weight) / (squares + ridge);
                *target = new - *weight;
                *weight = new;
            }
            for r in rows {
                let (scale, line) = (me.design.scale[*r as usize], &mut residual[*r as usize * d..][..d]);
                line.iter_mut()
                    .zip(&target)
                    .for_each(|(value, change)| *value -= scale * change);
            }
        }
    }
    // Lambda^-1 = (R'R + sum of covariances + I + ridge B'B) / (n + d), chunk by chunk so that the order of summation
    // does not depend on the number of threads.
    let len = packed_len(d);
    let partial: Vec<Vec<f64>> = residual
        .par_chunks(256 * d)
        .zip(me.c.par_chunks(256 * len))
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
        .collect();
    let mut scatter = scaled_identity(d, 1.0);
    for part in partial {
        scatter.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    for (feature, weights) in me.b.chunks(d).enumerate() {
        add_outer_f64(&mut scatter, me.ridge[me.design.group[feature]], weights);
    }
    scatter.iter_mut().for_each(|value| *value /= (n + d) as f64);
    if let Some(lambda) = inverse(&scatter, d) {
        me.lambda = lambda;
    }
    for group in 0..GROUPS {
        let (mut energy, mut count) = (0f64, 0usize);
        for (feature, squares) in me.design.squares.iter().enumerate() {
            if *squares > 0.0 && me.design.group[feature] == group {
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
