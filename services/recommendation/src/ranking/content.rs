//! Predicts the vector of a movie without interactions from its facts: a ridge regression of the list model's vectors
//! on the features of `model::features`, by coordinate descent, as in the content prior of the star model.

use super::als::Als;
use crate::mapped_slice::MappedSlice;

/// The ridge: a weight is shrunk towards 0 by this many movies.
const RIDGE: f32 = 10.0;
const PASSES: usize = 4;

/// The mean vector, and the vector that each feature adds to it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Content {
    pub mean: MappedSlice<f32>,
    /// One vector per feature.
    pub weights: MappedSlice<f32>,
}

impl Content {
    /// Learns from the movies with at least `enough` interactions. `features` has the feature numbers of each movie.
    pub fn learn(als: &Als, support: &[u32], enough: u32, feature_count: usize, features: &[Vec<u32>]) -> Self {
        let k = als.factors;
        let rows: Vec<usize> = (0..als.movie_count())
            .filter(|movie| support[*movie] >= enough)
            .collect();
        let mut mean = vec![0f32; k];
        let mut weights = vec![0f32; k * feature_count];
        if rows.is_empty() {
            return Self {
                mean: mean.into(),
                weights: weights.into(),
            };
        }
        let mut residual: Vec<f32> = rows.iter().flat_map(|movie| als.vector(*movie)).copied().collect();
        let mut movies_of = vec![Vec::new(); feature_count];
        for (row, movie) in rows.iter().enumerate() {
            for feature in &features[*movie] {
                movies_of[*feature as usize].push(row);
            }
        }
        for _ in 0..PASSES {
            let mut shift = vec![0f32; k];
            for line in residual.chunks(k) {
                shift.iter_mut().zip(line).for_each(|(sum, value)| *sum += value);
            }
            shift.iter_mut().for_each(|sum| *sum /= rows.len() as f32);
            mean.iter_mut().zip(&shift).for_each(|(mean, shift)| *mean += shift);
            for line in residual.chunks_mut(k) {
                line.iter_mut().zip(&shift).for_each(|(value, shift)| *value -= shift);
            }
            for (feature, of) in movies_of.iter().enumerate().filter(|(_, of)| !of.is_empty()) {
                let own = &mut weights[feature * k..][..k];
                let count = of.len() as f32;
                for i in 0..k {
                    let sum: f32 = of.iter().map(|row| residual[row * k + i]).sum();
                    let new = (sum + count * own[i]) / (count + RIDGE);
                    let change = new - own[i];
                    own[i] = new;
                    of.iter().for_each(|row| residual[row * k + i] -= change);
                }
            }
        }
        Self {
            mean: mean.into(),
            weights: weights.into(),
        }
    }

    /// The predicted vector of a movie with these features.
    pub fn vector(&self, features: &[u32]) -> Vec<f32> {
        let k = self.mean.len();
        let mut out = self.mean.to_vec();
        for feature in features {
            if let Some(own) = self.weights.get(*feature as usize * k..(*feature as usize + 1) * k) {
                out.iter_mut().zip(own).for_each(|(out, weight)| *out += weight);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ranking::{
        als::{Als, Options, tests::two_groups},
        interactions::Interactions,
    };

    #[test]
    fn a_new_movie_scores_higher_for_members_who_watch_its_kind() {
        let data = Interactions::new(&two_groups(200, 40), Vec::new());
        let options = Options {
            factors: 8,
            ..Options::default()
        };
        let als = Als::train(&data, options, |_| None, &mut |_, _| ());
        // The feature is the group that the movie belongs to.
        let features: Vec<Vec<u32>> = (0..40).map(|movie| vec![movie % 2]).collect();
        let content = Content::learn(&als, &data.support(), 5, 2, &features);
        let member = als.fold_in(&[0, 2, 4, 6], &[2.0, 2.0, 1.5, 1.0]);
        let score = |feature: u32| -> f32 {
            let vector = content.vector(&[feature]);
            member.iter().zip(&vector).map(|(a, b)| a * b).sum()
        };
        assert!(score(0) > score(1) + 0.1, "{} and {}", score(0), score(1));
    }
}
