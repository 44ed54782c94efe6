//! The evaluation of the lists on held-out ratings: the measures of `quality`, averaged over many members.

use std::collections::HashSet;

use rayon::prelude::*;

use super::{
    RankingModels,
    diversity::{self, Numbering},
    interactions::Interactions,
    quality::{Quality, diversity as mean_dissimilarity, ndcg, recall},
};
use crate::model::{Model, dataset::Dataset, evaluate::fold_member, features::Facts};

/// Members that are measured; more make the figures more precise and the training longer.
const MAX_MEMBERS: usize = 2_000;
/// The length of a row.
const ROW: usize = 20;
/// The length of the list for NDCG@100.
const LONG: usize = 100;

/// Ranks movies for the members of a data set by the list models and the weights of the service. Its row "for you" then keeps only
/// movies that are predicted at least the member's mean, and blends in the predicted stars; that is not measured here. Members
/// and movies have the numbers of the data set.
#[derive(Clone, Copy)]
pub struct Ranker<'a> {
    pub model: &'a Model,
    pub lists: &'a RankingModels,
    pub data: &'a Dataset,
    pub interactions: &'a Interactions,
    /// The popularity of each movie.
    pub popular: &'a [f32],
}

/// The popularity of each movie: the logarithm of its number of interactions, multiplied by its expected stars.
pub fn popularity(model: &Model, interactions: &Interactions) -> Vec<f32> {
    let support = interactions.support().into_iter().enumerate();
    let liked = |movie: usize| model.mean as f32 + model.item(movie).z[model.d - 1];
    support
        .map(|(movie, count)| (count as f32).ln_1p() * liked(movie))
        .collect()
}

impl Ranker<'_> {
    /// The best movies without an interaction of the member, with their scores, in descending order. `None` is a member
    /// who is not in the data set.
    pub fn list(&self, member: Option<usize>, limit: usize) -> Vec<(u32, f32)> {
        let (movies, weights) = member.map_or((&[][..], &[][..]), |member| self.interactions.of(member));
        let scores = self.lists.score_member(movies.to_vec(), weights.to_vec());
        let folded = match member {
            Some(member) => fold_member(self.model, self.data, member),
            None => self.model.fold_in(&[]),
        };
        let mut open = vec![true; self.data.movies.len()];
        movies.iter().for_each(|movie| open[*movie as usize] = false);
        let candidates: Vec<u32> = (0..open.len() as u32).filter(|movie| open[*movie as usize]).collect();
        let stars = self.model.scores(&folded);
        let of_candidates =
            |scores: &[f32]| -> Vec<f32> { candidates.iter().map(|movie| scores[*movie as usize]).collect() };
        let scores = super::score(
            &of_candidates(&scores.ease),
            &of_candidates(&scores.als),
            &of_candidates(&stars),
            &of_candidates(self.popular),
            movies.len(),
        );
        let best = super::best(&scores, limit);
        best.into_iter().map(|at| (candidates[at], scores[at])).collect()
    }

    /// The best movies as a row with diversity and calibration.
    pub fn row(&self, member: usize, facts: &[Facts], limit: usize) -> Vec<u32> {
        let pool = diversity::Options::default().pool.max(limit);
        diverse(*self, facts, member, &self.list(Some(member), pool), limit)
    }
}

/// Measures the lists of members with held-out ratings. `facts` are those of the movies.
pub fn quality(ranker: Ranker<'_>, held: &Dataset, facts: &[Facts]) -> Quality {
    let with_held: Vec<usize> = (0..held.members.len())
        .filter(|member| held.starts[*member] < held.starts[*member + 1])
        .collect();
    let step = with_held.len().div_ceil(MAX_MEMBERS).max(1);
    let chosen: Vec<usize> = with_held.into_iter().step_by(step).collect();
    if chosen.is_empty() {
        return Quality::default();
    }
    let measured: Vec<(Quality, [f64; 2], Vec<u32>)> = chosen
        .par_iter()
        .map(|member| {
            let wanted: Vec<u32> = held.of_member(*member).map(|(movie, _)| movie).collect();
            let long = ranker.list(Some(*member), diversity::Options::default().pool);
            let plain: Vec<u32> = long.iter().map(|(movie, _)| *movie).collect();
            let row = diverse(ranker, facts, *member, &long, ROW);
            let like = |a: u32, b: u32| similarity(ranker.lists, a, b);
            let quality = Quality {
                recall_at_20: recall(&plain, &wanted, ROW),
                ndcg_at_100: ndcg(&plain, &wanted, LONG),
                diversity: mean_dissimilarity(&row, like),
                ..Quality::default()
            };
            (quality, [ndcg(&plain, &wanted, ROW), ndcg(&row, &wanted, ROW)], row)
        })
        .collect();
    let count = measured.len() as f64;
    let mean = |of: &dyn Fn(&Quality) -> f64| measured.iter().map(|(quality, ..)| of(quality)).sum::<f64>() / count;
    let shown: HashSet<u32> = measured.iter().flat_map(|(_, _, row)| row.iter().copied()).collect();
    let [plain, diverse] = [0, 1].map(|i| measured.iter().map(|(_, ndcg, _)| ndcg[i]).sum::<f64>());
    Quality {
        recall_at_20: mean(&|quality| quality.recall_at_20),
        ndcg_at_100: mean(&|quality| quality.ndcg_at_100),
        diversity: mean(&|quality| quality.diversity),
        coverage: shown.len() as f64 / ranker.data.movies.len().max(1) as f64,
        diversity_cost: if plain > 0.0 { 1.0 - diverse / plain } else { 0.0 },
    }
}

/// Applies diversity and calibration to a list, as the rows of the service do.
fn diverse(ranker: Ranker<'_>, facts: &[Facts], member: usize, list: &[(u32, f32)], limit: usize) -> Vec<u32> {
    let nothing = Facts::default();
    let of = |movie: u32| facts.get(movie as usize).unwrap_or(&nothing);
    let mut numbering = Numbering::default();
    let candidates: Vec<_> = list
        .iter()
        .map(|(movie, score)| numbering.candidate(of(*movie), f64::from(*score)))
        .collect();
    let (movies, weights) = ranker.interactions.of(member);
    let wanted = numbering.shares(
        movies
            .iter()
            .zip(weights)
            .map(|(movie, weight)| (of(*movie), f64::from(*weight))),
    );
    let row = diversity::compose(&candidates, &wanted, limit, diversity::Options::default(), |a, b| {
        similarity(ranker.lists, list[a].0, list[b].0)
    });
    row.into_iter().map(|at| list[at].0).collect()
}

fn similarity(lists: &RankingModels, a: u32, b: u32) -> f64 {
    RankingModels::similarity(lists.als.vector(a as usize), lists.als.vector(b as usize))
}
