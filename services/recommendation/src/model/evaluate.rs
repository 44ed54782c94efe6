//! The evaluation of a model: its error on held-out ratings, compared with that of the shrunk average, and the
//! thresholds of confidence.

use rayon::prelude::*;

use super::{
    AgainstLive, Model,
    dataset::Dataset,
    fold_in::{Folded, Item},
    train::Trained,
};

/// A movie's average is shrunk towards the overall mean by this many ratings.
pub const SHRINKAGE: f64 = 5.0;

/// A held-out rating and its prediction.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub stars: f64,
    pub predicted: f64,
    pub deviation: f64,
}

/// Folds in the member with this number. The data set must have the movie numbers of the model.
pub fn fold_member(model: &Model, data: &Dataset, member: usize) -> Folded {
    model.fold_in(&ratings_of(model, data, member))
}

/// The ratings of a member in the form that the model folds in.
pub fn ratings_of<'m>(model: &'m Model, data: &Dataset, member: usize) -> Vec<(Item<'m>, f64)> {
    data.of_member(member)
        .map(|(movie, stars)| (model.item(movie as usize), f64::from(stars)))
        .collect()
}

/// Predicts every held-out rating as the service does: by folding the member in from the kept ratings.
pub fn outcomes(model: &Model, kept: &Dataset, held: &Dataset) -> Vec<Outcome> {
    (0..held.members.len())
        .into_par_iter()
        .map(|member| {
            if held.starts[member] == held.starts[member + 1] {
                return Vec::new();
            }
            let folded = fold_member(model, kept, member);
            held.of_member(member)
                .map(|(movie, stars)| {
                    let predicted = model.predict(&folded, model.item(movie as usize));
                    Outcome {
                        stars: f64::from(stars),
                        predicted: predicted.stars,
                        deviation: predicted.deviation,
                    }
                })
                .collect()
        })
        .collect::<Vec<_>>()
        .concat()
}

/// Compares a new model with the live one on held-out ratings that were given after the training of the live one, so
/// neither was trained on them. `outcomes` are those of the new model. Movies that the live model does not have are
/// left out.
pub fn against_live(live: &Model, kept: &Dataset, held: &Dataset, outcomes: &[Outcome]) -> AgainstLive {
    let since = live.info.trained_at;
    let numbers: Vec<Option<usize>> = held.movies.iter().map(|id| live.number(*id)).collect();
    let sums = (0..held.members.len()).into_par_iter().map(|member| {
        let entries: Vec<usize> = (held.starts[member]..held.starts[member + 1])
            .filter(|entry| i64::from(held.rated_at[*entry]) > since)
            .filter(|entry| numbers[held.movie_numbers[*entry] as usize].is_some())
            .collect();
        if entries.is_empty() {
            return (0usize, 0f64, 0f64);
        }
        let known: Vec<(Item<'_>, f64)> = kept
            .of_member(member)
            .filter_map(|(movie, stars)| Some((live.item(numbers[movie as usize]?), f64::from(stars))))
            .collect();
        let folded = live.fold_in(&known);
        let (mut new, mut old) = (0f64, 0f64);
        for entry in &entries {
            let Some(number) = numbers[held.movie_numbers[*entry] as usize] else {
                continue;
            };
            let truth = f64::from(held.stars[*entry]);
            new += (truth - outcomes[*entry].predicted).powi(2);
            old += (truth - live.predict(&folded, live.item(number)).stars).powi(2);
        }
        (entries.len(), new, old)
    });
    let all: Vec<(usize, f64, f64)> = sums.collect();
    let count: usize = all.iter().map(|(count, ..)| count).sum();
    let root = |sum: f64| (sum / count.max(1) as f64).sqrt();
    AgainstLive {
        version: live.info.version.clone(),
        ratings: count,
        rmse: root(all.iter().map(|(_, new, _)| new).sum()),
        live_rmse: root(all.iter().map(|(.., old)| old).sum()),
    }
}

/// The root of the mean squared error; 0 without outcomes.
pub fn rmse(outcomes: &[Outcome]) -> f64 {
    if outcomes.is_empty() {
        return 0.0;
    }
    (outcomes.iter().map(|o| (o.stars - o.predicted).powi(2)).sum::<f64>() / outcomes.len() as f64).sqrt()
}

/// The RMSE of the movie's average, shrunk towards the overall mean: the prediction without a model.
pub fn average_rmse(kept: &Dataset, held: &Dataset) -> f64 {
    let mean = kept.mean();
    let (mut sum, mut count) = (vec![0f64; kept.movies.len()], vec![0f64; kept.movies.len()]);
    for (movie, stars) in kept.movie_numbers.iter().zip(&kept.stars) {
        sum[*movie as usize] += f64::from(*stars);
        count[*movie as usize] += 1.0;
    }
    let outcomes: Vec<Outcome> = held
        .movie_numbers
        .iter()
        .zip(&held.stars)
        .map(|(movie, stars)| Outcome {
            stars: f64::from(*stars),
            predicted: (sum[*movie as usize] + SHRINKAGE * mean) / (count[*movie as usize] + SHRINKAGE),
            deviation: 0.0,
        })
        .collect();
    rmse(&outcomes)
}

/// The thresholds of high and medium confidence: the terciles of the deviations of held-out predictions. So "high"
/// means the third of the predictions with the least uncertainty. `None` with too few outcomes.
pub fn thresholds(outcomes: &[Outcome]) -> Option<[f64; 2]> {
    if outcomes.len() < 30 {
        return None;
    }
    let mut deviations: Vec<f64> = outcomes.iter().map(|outcome| outcome.deviation).collect();
    deviations.sort_unstable_by(f64::total_cmp);
    Some([deviations[deviations.len() / 3], deviations[deviations.len() * 2 / 3]])
}

/// Rule-of-thumb thresholds without a hold-out, from the noise of an average member.
pub fn thresholds_without_hold_out(trained: &Trained) -> [f64; 2] {
    let noise = (1.0 / trained.alpha).sqrt();
    [noise * 0.95, noise * 1.2]
}
