//! The star model: a library without I/O that predicts stars.
//!
//! `train` computes the posteriors of members and movies (with `side`). `Model` is the part of them that serving needs.
//! `fold_in` computes predicted stars from a member's ratings, with confidence and reasons. `kernels` has the inner
//! loops of this and of the list models.

pub mod dataset;
pub mod evaluate;
pub mod features;
pub mod fold_in;
pub mod kernels;
pub mod linear;
pub mod side;
#[cfg(test)]
mod tests;
pub mod train;

use half::{f16, slice::HalfFloatSliceExt as _};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use self::{
    features::{Facts, Vocabulary},
    fold_in::Item,
    linear::{inverse, packed_len},
    side::Side,
    train::Trained,
};
use crate::{mapped_slice::MappedSlice, ranking::quality::Quality};

/// The metadata of a model. It is part of the snapshot's header and of GetModel's answer.
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
    /// The RMSE on the last ratings of each member; 0 if it was not measured.
    pub held_out_rmse: f64,
    /// The RMSE of the shrunk average on the same ratings.
    pub held_out_rmse_average: f64,
    pub training_seconds: f64,
    /// The comparison with the model that was live before, on ratings that neither was trained on.
    #[serde(default)]
    pub against_live: Option<AgainstLive>,
    /// The quality of the lists on the same held-out ratings.
    #[serde(default)]
    pub lists: Quality,
    /// The store's change counter when the ratings were read. A different counter means that ratings have changed
    /// since.
    pub changes: i64,
}

/// The errors of two models on ratings that were given after the training of the older one and left out of that of the
/// newer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AgainstLive {
    /// The version of the older model.
    pub version: String,
    pub ratings: usize,
    pub rmse: f64,
    pub live_rmse: f64,
}

/// A Gaussian prior: mean and packed precision.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    pub mean: Vec<f64>,
    pub precision: Vec<f64>,
}

/// A trained model, with the data that serving needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub info: Info,
    /// K + 1: the factors and the bias.
    pub d: usize,
    /// The mean of all stars.
    pub mean: f64,
    /// The precision of the noise.
    pub alpha: f64,
    pub member_prior: Prior,
    /// The prior mean of movies without a known feature, and the packed covariance around the prior mean.
    pub(crate) movie_mean: Vec<f32>,
    pub(crate) movie_covariance: Vec<f16>,
    /// Sorted for binary search; the index is the movie's number.
    pub(crate) ids: Vec<Uuid>,
    pub(crate) z: MappedSlice<f32>,
    /// The row of each movie that only folding in reads, every `stride` numbers: the packed covariance, then the
    /// implicit weights. Folding in spends most of its time on reading these rows in random order, hence half
    /// precision, whose three digits are enough for covariances.
    pub(crate) folding: MappedSlice<f16>,
    pub(crate) features: Vocabulary,
    pub(crate) feature_weights: MappedSlice<f32>,
    /// Predictions with a deviation up to the first threshold have high confidence, up to the second medium.
    pub thresholds: [f64; 2],
}

/// The confidence of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

impl Model {
    /// Keeps the data of a training that serving needs.
    pub fn new(trained: &Trained, ids: Vec<Uuid>, info: Info) -> Self {
        let d = trained.factors + 1;
        let narrow = |values: &[f64]| values.iter().map(|value| *value as f32).collect::<Vec<f32>>();
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
            movie_covariance: covariance.iter().map(|value| f16::from_f64(*value)).collect(),
            ids,
            z: trained.movies.z.clone().into(),
            folding: folding(d, &trained.movies.c, &trained.members.b).into(),
            features: trained.vocabulary.clone(),
            feature_weights: narrow(&trained.movies.b).into(),
            thresholds: evaluate::thresholds_without_hold_out(trained),
        }
    }

    /// The number of movies in the model.
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

    /// A movie of the model, by its number.
    pub fn item(&self, number: usize) -> Item<'_> {
        let (len, stride) = (packed_len(self.d), stride(self.d));
        let (c, rest) = self.folding[number * stride..][..stride].split_at(len);
        Item {
            z: &self.z[number * self.d..][..self.d],
            c,
            implicit: Some(&rest[..self.d]),
        }
    }

    /// The vector that the content prior predicts for a movie that is not in the model.
    pub fn prior_vector(&self, facts: &Facts) -> Vec<f32> {
        let mut z = self.movie_mean.clone();
        for feature in self.features.numbers(facts) {
            let weights = &self.feature_weights[feature as usize * self.d..][..self.d];
            z.iter_mut().zip(weights).for_each(|(z, weight)| *z += weight);
        }
        z
    }

    /// A movie that is not in the model, with the vector from `prior_vector`.
    pub fn unseen<'a>(&'a self, z: &'a [f32]) -> Item<'a> {
        Item {
            z,
            c: &self.movie_covariance,
            implicit: None,
        }
    }

    /// Whether the sizes of all parts match the number of movies, factors and features.
    pub fn fits(&self) -> bool {
        let (d, len, movies, features) = (self.d, packed_len(self.d), self.ids.len(), self.features.names.len());
        self.z.len() == movies * d
            && self.folding.len() == movies * stride(d)
            && self.feature_weights.len() == features * d
            && self.movie_mean.len() == d
            && self.movie_covariance.len() == len
            && self.member_prior.mean.len() == d
            && self.member_prior.precision.len() == len
    }

    /// The features of the content prior.
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.features
    }

    /// Starts a training from this model. Features that the model does not have keep their random weights.
    pub(crate) fn warm_up(&self, movies: &[Uuid], vocabulary: &Vocabulary, members: &mut Side, own: &mut Side) {
        let (d, len) = (self.d, packed_len(self.d));
        let widen = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect::<Vec<f64>>();
        let widen_halves = |values: &[f16]| values.iter().map(|value| f64::from(*value)).collect::<Vec<f64>>();
        members.mu.clone_from(&self.member_prior.mean);
        members.lambda.clone_from(&self.member_prior.precision);
        own.mu = widen(&self.movie_mean);
        if let Some(lambda) = inverse(&widen_halves(&self.movie_covariance), d) {
            own.lambda = lambda;
        }
        for (at, id) in movies.iter().enumerate() {
            if let Some(number) = self.number(*id) {
                let item = self.item(number);
                own.z[at * d..][..d].copy_from_slice(item.z);
                item.c.convert_to_f32_slice(&mut own.c[at * len..][..len]);
                members.b[at * d..][..d].copy_from_slice(&widen_halves(item.implicit.unwrap_or_default()));
            } else {
                own.z[at * d..][..d].copy_from_slice(&self.movie_mean);
                self.movie_covariance
                    .convert_to_f32_slice(&mut own.c[at * len..][..len]);
            }
        }
        for (at, name) in vocabulary.names.iter().enumerate() {
            if let Ok(known) = self.features.names.binary_search(name) {
                own.b[at * d..][..d].copy_from_slice(&widen(&self.feature_weights[known * d..][..d]));
            }
        }
        own.refresh_second();
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
}

/// The length of a row of `Model::folding`: a multiple of the cache line.
fn stride(d: usize) -> usize {
    (packed_len(d) + d).next_multiple_of(64 / size_of::<f16>())
}

/// Builds `Model::folding` from the covariances and the implicit weights.
fn folding(d: usize, covariances: &[f32], implicit: &[f64]) -> Vec<f16> {
    let (len, stride) = (packed_len(d), stride(d));
    let mut table = vec![f16::ZERO; covariances.len() / len * stride];
    let movies = covariances.chunks(len).zip(implicit.chunks(d));
    for (row, (covariance, implicit)) in table.chunks_mut(stride).zip(movies) {
        row[..len].convert_from_f32_slice(covariance);
        row[len..][..d].convert_from_f64_slice(implicit);
    }
    table
}

/// Hashes two numbers (the finaliser of splitmix64); the same on every machine and in every run.
pub fn mix(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_add(0x9E37_79B9_7F4A_7C15).rotate_left(31);
    for factor in [0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB] {
        x = (x ^ (x >> 30)).wrapping_mul(factor);
    }
    x ^ (x >> 31)
}

/// A uniform number in (0, 1), determined by the two arguments.
pub fn uniform(seed: u64, i: u64) -> f64 {
    ((mix(seed, i) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// A standard normal number (Box-Muller), determined by the two arguments.
pub fn normal(seed: u64, i: u64) -> f64 {
    // Ids use all 64 bits, so the product wraps.
    let first = i.wrapping_mul(2);
    let (u, v) = (uniform(seed, first), uniform(seed, first + 1));
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}
