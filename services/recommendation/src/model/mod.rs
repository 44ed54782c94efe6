//! The rating model: a small library of its own that knows nothing of Redis, RabbitMQ or gRPC.
//!
//! `train` finds the posteriors (train.rs), `Model` is what serving keeps of them, `fold_in` turns a member's ratings into
//! predicted stars with confidence and reasons (fold_in.rs), `snapshot` carries a model between processes.

pub mod dataset;
pub mod evaluate;
pub mod features;
pub mod fold_in;
pub mod linear;
pub mod neighbours;
pub mod side;
pub mod snapshot;
#[cfg(test)]
mod tests;
pub mod train;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::{
    features::{Facts, Vocabulary},
    fold_in::Item,
    linear::{inverse, packed_len, row},
    neighbours::Neighbours,
    train::Trained,
};

/// What is known about a model besides its numbers: it goes into the snapshot's header and out by `GetModel`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Info {
    pub version: String,
    /// Seconds since 1970.
    pub trained_at: i64,
    pub ratings: i64,
    pub members: i64,
    pub movies: i64,
    pub factors: usize,
    pub iterations: usize,
    pub seed: u64,
    /// On the last ratings of each member; 0: not measured.
    pub held_out_rmse: f64,
    pub held_out_rmse_average: f64,
    pub training_seconds: f64,
    /// The store's change counter when its ratings were read: later, it tells whether anything is new.
    pub changes: i64,
}

/// A Gaussian prior: mean and packed precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    pub mean: Vec<f64>,
    pub precision: Vec<f64>,
}

/// The model that serves.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub info: Info,
    /// K + 1: factors and the bias.
    pub d: usize,
    /// The mean of all stars.
    pub mean: f64,
    /// The precision of the noise.
    pub alpha: f64,
    pub member_prior: Prior,
    /// Mean of movies without any known feature, and packed covariance around the prior mean.
    movie_mean: Vec<f32>,
    movie_covariance: Vec<f32>,
    /// Sorted, so that a search by halves finds a movie's number.
    ids: Vec<Uuid>,
    z: Vec<f32>,
    c: Vec<f32>,
    implicit: Vec<f32>,
    features: Vocabulary,
    feature_weights: Vec<f32>,
    /// Packed covariance of members' factors (K x K): how tastes vary, which is what makes two movies alike.
    taste: Vec<f64>,
    /// Its Cholesky factor.
    taste_root: Vec<f32>,
    /// The list model: which movies go together.
    pub neighbours: Neighbours,
    /// Predictions whose deviation is below the first are of high confidence, below the second of medium.
    pub thresholds: [f64; 2],
}

/// How sure a prediction is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Model {
    /// Keeps of a training what serving needs; the neighbours are learned apart.
    pub fn new(trained: &Trained, ids: Vec<Uuid>, info: Info) -> Self {
        let d = trained.factors + 1;
        let narrow = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<f32>>();
        let taste = taste_covariance(trained);
        let covariance = inverse(&trained.movies.lambda, d).unwrap_or_else(|| linear::scaled_identity(d, 1.0));
        Self {
            info,
            d,
            mean: trained.mean,
            alpha: trained.alpha,
            member_prior: Prior {
                mean: trained.members.mu.clone(),
                precision: trained.members.lambda.clone(),
            },
            movie_mean: narrow(&trained.movies.mu),
            movie_covariance: narrow(&covariance),
            ids,
            z: trained.movies.z.clone(),
            c: trained.movies.c.clone(),
            implicit: narrow(&trained.members.b),
            features: trained.vocabulary.clone(),
            feature_weights: narrow(&trained.movies.b),
            taste_root: root_of(&taste),
            taste,
            neighbours: Neighbours::default(),
            thresholds: evaluate::thresholds_without_hold_out(trained),
        }
    }

    /// How many movies the model has seen.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    pub fn ids(&self) -> &[Uuid] {
        &self.ids
    }

    /// The number of a movie in this model.
    pub fn number(&self, movie: Uuid) -> Option<usize> {
        self.ids.binary_search(&movie).ok()
    }

    /// A movie the model has seen, by its number.
    pub fn item(&self, number: usize) -> Item<'_> {
        let len = packed_len(self.d);
        Item {
            z: &self.z[number * self.d..][..self.d],
            c: &self.c[number * len..][..len],
            implicit: Some(&self.implicit[number * self.d..][..self.d]),
        }
    }

    /// The vector the content prior gives a movie the model has not seen.
    pub fn prior_vector(&self, facts: &Facts) -> Vec<f32> {
        let mut z = self.movie_mean.clone();
        for feature in self.features.numbers(facts) {
            linear::axpy(
                &mut z,
                1.0,
                &self.feature_weights[feature as usize * self.d..][..self.d],
            );
        }
        z
    }

    /// A movie the model has not seen, with the vector `prior_vector` gave.
    pub fn unseen<'a>(&'a self, z: &'a [f32]) -> Item<'a> {
        Item {
            z,
            c: &self.movie_covariance,
            implicit: None,
        }
    }

    pub fn confidence(&self, deviation: f64) -> Confidence {
        if deviation <= self.thresholds[0] {
            Confidence::High
        } else if deviation <= self.thresholds[1] {
            Confidence::Medium
        } else {
            Confidence::Low
        }
    }

    /// A vector of length one whose scalar product with another movie's is the correlation of what members expect of the
    /// two: the factors seen through the covariance of tastes.
    pub fn direction(&self, z: &[f32]) -> Vec<f32> {
        let factors = self.d - 1;
        let mut out = vec![0f32; factors];
        for (r, value) in z[..factors].iter().enumerate() {
            linear::axpy(&mut out, *value, &self.taste_root[row(r)..row(r + 1)]);
        }
        let length = linear::dot(&out, &out).sqrt();
        if length > 1e-9 {
            out.iter_mut().for_each(|value| *value /= length);
        }
        out
    }
}

/// The covariance of members' factors: spread of the means plus the mean uncertainty.
fn taste_covariance(trained: &Trained) -> Vec<f64> {
    let (d, factors) = (trained.factors + 1, trained.factors);
    let (members, len) = (trained.members.rows().max(1) as f64, packed_len(trained.factors + 1));
    let mut mean = vec![0f64; factors];
    for z in trained.members.z.chunks(d) {
        mean.iter_mut()
            .zip(z)
            .for_each(|(mean, z)| *mean += f64::from(*z) / members);
    }
    let mut out = linear::scaled_identity(factors, 1e-6);
    for (z, c) in trained.members.z.chunks(d).zip(trained.members.c.chunks(len)) {
        for r in 0..factors {
            for k in 0..=r {
                out[row(r) + k] +=
                    ((f64::from(z[r]) - mean[r]) * (f64::from(z[k]) - mean[k]) + f64::from(c[row(r) + k])) / members;
            }
        }
    }
    out
}

/// The Cholesky factor of the covariance of tastes; nothing (all movies unlike) where it has none.
fn root_of(taste: &[f64]) -> Vec<f32> {
    let factors = (0..).find(|d| packed_len(*d) >= taste.len()).unwrap_or(0);
    let mut l = taste.to_vec();
    if !linear::cholesky(&mut l, factors) {
        l.fill(0.0);
    }
    l.iter().map(|value| *value as f32).collect()
}

/// Mixes two numbers into an evenly spread third (the finaliser of splitmix64); the same on every machine and run.
pub fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_add(0x9E37_79B9_7F4A_7C15).rotate_left(31);
    for factor in [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB] {
        x = (x ^ (x >> 30)).wrapping_mul(factor);
    }
    x ^ (x >> 31)
}

/// An even draw from (0, 1) that depends on nothing but its two numbers.
pub fn uniform(seed: u64, i: u64) -> f64 {
    ((mix(seed, i) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// A standard normal draw (Box-Muller), likewise.
pub fn normal(seed: u64, i: u64) -> f64 {
    let (u, v) = (uniform(seed, 2 * i), uniform(seed, 2 * i + 1));
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
