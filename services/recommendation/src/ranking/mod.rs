//! The list models: they rank movies by how likely a member is to watch them, not by how many stars the member would
//! give.
//!
//! A list ranked by predicted stars has a twentieth of the recall@20 of one ranked by popularity (MovieTweetings). The
//! scores of two models with different errors are blended: `als` learns a vector for each movie, `ease` a weight for
//! each pair of movies. `content` predicts vectors for movies without interactions, `diversity` composes a row from the
//! scores, and `quality` measures rows. Like the star model, this is a library without I/O.

pub mod als;
pub mod content;
pub mod diversity;
pub mod ease;
pub mod evaluate;
pub mod interactions;
pub mod quality;

use self::{als::Als, content::Content, ease::Ease, interactions::Interactions};
use crate::model::{
    features::{Facts, Vocabulary},
    kernels::dot,
};

/// The weight of each model's standardised score.
const EASE: f32 = 0.5;
const ALS: f32 = 0.5;
const STARS: f32 = 0.1;
/// Interactions after which the models and popularity weigh the same: the personal weight is n / (n + this).
const TRUST_AFTER: f64 = 3.0;
/// Interactions that a movie needs for the training of the content model.
const ENOUGH_FOR_CONTENT: u32 = 5;

/// The options of a training.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Options {
    pub als: als::Options,
    pub ease: ease::Options,
}

/// Both list models, and the content model for movies without interactions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RankingModels {
    pub als: Als,
    pub ease: Ease,
    pub content: Content,
}

/// A member's interactions, vector and scores in the list models.
#[derive(Debug, Clone, Default)]
pub struct MemberScores {
    /// The movie numbers of the interactions.
    pub movies: Vec<u32>,
    pub weights: Vec<f32>,
    /// The member's vector.
    pub vector: Vec<f32>,
    /// The score of each movie in the ALS model.
    pub als: Vec<f32>,
    /// The score of each movie in the EASE model.
    pub ease: Vec<f32>,
}

impl RankingModels {
    /// Trains all models. `facts` are those of the movies in the order of their numbers. `warm` may return a movie's
    /// vector to start from. `progress` is called before each round.
    pub fn train(
        data: &Interactions,
        facts: &[Facts],
        vocabulary: &Vocabulary,
        options: Options,
        warm: impl Fn(usize) -> Option<Vec<f32>>,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Self {
        let als = Als::train(data, options.als, warm, progress);
        let features: Vec<Vec<u32>> = (0..data.movie_count)
            .map(|movie| {
                facts
                    .get(movie)
                    .map(|facts| vocabulary.numbers(facts))
                    .unwrap_or_default()
            })
            .collect();
        let support = data.support();
        let content = Content::learn(&als, &support, ENOUGH_FOR_CONTENT, vocabulary.names.len(), &features);
        // A movie without interactions gets its vector from its facts; with a zero vector it would never be
        // recommended.
        let mut vectors = als.movies.to_vec();
        for (movie, vector) in vectors.chunks_mut(als.factors).enumerate() {
            if support[movie] == 0 {
                vector.copy_from_slice(&content.vector(&features[movie]));
            }
        }
        let [unobserved, ridge] = als.settings();
        Self {
            als: Als::of(als.factors, vectors, unobserved, ridge),
            content,
            ease: Ease::learn(data, options.ease),
        }
    }

    /// Whether the sizes of all parts match this number of movies and features.
    pub fn fits(&self, movies: usize, features: usize) -> bool {
        let k = self.als.factors;
        self.als.movies.len() == movies * k
            && self.ease.fits(movies)
            && self.content.mean.len() == k
            && self.content.weights.len() == features * k
    }

    /// Scores every movie for a member with both models.
    pub fn score_member(&self, movies: Vec<u32>, weights: Vec<f32>) -> MemberScores {
        let vector = self.als.fold_in(&movies, &weights);
        MemberScores {
            als: self.als.scores(&vector),
            ease: self.ease.scores(&movies, &weights),
            vector,
            movies,
            weights,
        }
    }

    /// The cosine similarity of two vectors; negative values become 0.
    pub fn similarity(a: &[f32], b: &[f32]) -> f64 {
        let lengths = (dot(a, a) * dot(b, b)).sqrt();
        if lengths > 1e-12 {
            f64::from(dot(a, b) / lengths).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// Blends three scores of each candidate, each standardised over the candidates.
pub fn blend(ease: &[f32], als: &[f32], stars: &[f32]) -> Vec<f32> {
    let mut out = vec![0f32; ease.len()];
    for (scores, share) in [(ease, EASE), (als, ALS), (stars, STARS)] {
        let (mean, deviation) = moments(scores);
        if deviation > 1e-9 {
            let scale = share / deviation;
            for (out, score) in out.iter_mut().zip(scores) {
                *out += scale * (score - mean);
            }
        }
    }
    out
}

/// The scores of the candidates: the blend of the models mixed with popularity, which weighs less with every
/// interaction of the member.
pub fn score(ease: &[f32], als: &[f32], stars: &[f32], popular: &[f32], interactions: usize) -> Vec<f32> {
    let mut own = blend(ease, als, stars);
    standardise(&mut own);
    let mut popular = popular.to_vec();
    standardise(&mut popular);
    let personal = personal_weight(interactions) as f32;
    own.iter()
        .zip(popular)
        .map(|(own, popular)| personal * own + (1.0 - personal) * popular)
        .collect()
}

/// Brings scores to mean 0 and standard deviation 1; all become 0 if they are equal.
pub fn standardise(scores: &mut [f32]) {
    let (mean, deviation) = moments(scores);
    for score in scores {
        *score = if deviation > 1e-9 {
            (*score - mean) / deviation
        } else {
            0.0
        };
    }
}

/// Mean and standard deviation. Eight independent sums let the processor overlap the additions.
fn moments(scores: &[f32]) -> (f32, f32) {
    fn sum(scores: &[f32], of: impl Fn(f64) -> f64) -> f64 {
        let mut sums = [0f64; 8];
        let eights = scores.chunks_exact(8);
        let rest: f64 = eights.remainder().iter().map(|score| of(f64::from(*score))).sum();
        for eight in eights {
            for (sum, score) in sums.iter_mut().zip(eight) {
                *sum += of(f64::from(*score));
            }
        }
        sums.iter().sum::<f64>() + rest
    }
    let count = scores.len().max(1) as f64;
    let mean = sum(scores, |score| score) / count;
    let squares = sum(scores, |score| (score - mean) * (score - mean));
    (mean as f32, (squares / count).sqrt() as f32)
}

/// The weight of the models against popularity, after this many interactions.
pub fn personal_weight(interactions: usize) -> f64 {
    interactions as f64 / (interactions as f64 + TRUST_AFTER)
}

/// The indices of the `limit` best scores in descending order; equal scores keep the order of the candidates.
pub fn best(scores: &[f32], limit: usize) -> Vec<usize> {
    let by_score = |a: &usize, b: &usize| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b));
    // Candidates below the worst kept score are skipped, which are nearly all of a long list.
    let mut kept: Vec<usize> = Vec::with_capacity(2 * limit);
    let mut bar = None;
    for (at, score) in scores.iter().enumerate() {
        if limit == 0 || bar.is_some_and(|bar: f32| score.total_cmp(&bar).is_le()) {
            continue;
        }
        kept.push(at);
        if kept.len() == 2 * limit {
            kept.select_nth_unstable_by(limit - 1, by_score);
            kept.truncate(limit);
            bar = Some(scores[kept[limit - 1]]);
        }
    }
    kept.sort_unstable_by(by_score);
    kept.truncate(limit);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::mix;

    #[test]
    fn a_blend_does_not_depend_on_the_scale_of_its_parts() {
        let (ease, als, stars) = ([0.1, 0.2, 0.9], [3.0, 1.0, 2.0], [4.0, 3.0, 3.5]);
        let large: Vec<f32> = als.iter().map(|score| score * 100.0 + 7.0).collect();
        for (a, b) in blend(&ease, &als, &stars).iter().zip(blend(&ease, &large, &stars)) {
            assert!((a - b).abs() < 1e-4, "{a} and {b}");
        }
        assert_eq!(blend(&[1.0; 3], &[2.0; 3], &[3.0; 3]), [0.0; 3]);
    }

    #[test]
    fn a_movie_without_interactions_is_scored_by_its_facts() {
        let mut data = als::tests::two_groups(200, 40);
        // Two movies without interactions, one of each kind.
        data.movies.extend([40, 41].map(uuid::Uuid::from_u128));
        let facts: Vec<Facts> = (0..42)
            .map(|movie| Facts {
                genres: vec![if movie % 2 == 0 { "Drama" } else { "Comedy" }.to_owned()],
                ..Facts::default()
            })
            .collect();
        let vocabulary = Vocabulary::of(facts.iter());
        let mut options = Options::default();
        options.als.factors = 8;
        let interactions = Interactions::new(&data, Vec::new());
        let lists = RankingModels::train(&interactions, &facts, &vocabulary, options, |_| None, &mut |_, _| ());
        let scores = lists.score_member(vec![0, 2, 4, 6], vec![2.0, 2.0, 1.5, 1.0]);
        assert!(
            scores.als[40] > scores.als[41] + 0.1,
            "{} and {}",
            scores.als[40],
            scores.als[41]
        );
    }

    #[test]
    fn the_best_scores_come_first_and_ties_keep_their_order() {
        assert_eq!(best(&[1.0, 3.0, 2.0, 3.0, 0.0], 3), [1, 3, 2]);
        assert_eq!(best(&[1.0], 3), [0]);
        assert!(best(&[1.0], 0).is_empty());
        let scores: Vec<f32> = (0..5_000u64).map(|i| (mix(3, i) % 700) as f32).collect();
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        for limit in [1, 7, 100, 4_999, 5_000, 6_000] {
            assert_eq!(best(&scores, limit), order[..limit.min(5_000)]);
        }
    }

    #[test]
    fn the_personal_weight_grows_with_every_interaction() {
        assert_eq!(personal_weight(0), 0.0);
        assert_eq!(personal_weight(3), 0.5);
        assert!(personal_weight(10) > 0.75 && personal_weight(500) > 0.99);
    }
}
