//! Training: heteroscedastic variational Bayes matrix factorisation.
//!
//!     stars = mu0 + p.q + b_member + b_movie + noise,   noise ~ N(0, 1 / (alpha w_member))
//!     z_member = [p, b] ~ N(mu + n^-1/2 sum of B over the movies the member rated, Lambda^-1)
//!     z_movie  = [q, b] ~ N(mu + sum of B over the movie's features, Lambda^-1)
//!
//! Every posterior is a Gaussian with a full covariance, found in closed form given the other side's; the priors, the
//! noise of each member and the weights B are re-estimated between rounds. So there is no learning rate and no regulariser
//! to tune, and a member is folded in later by the very equation used here (fold_in.rs).
//!
//! Sources: Lim & Teh, "Variational Bayesian Approach to Movie Rating Prediction" (KDD Cup 2007), for the equations;
//! Salakhutdinov & Mnih, "Bayesian Probabilistic Matrix Factorization" (ICML 2008), for learning the priors; Koren,
//! "Factorization Meets the Neighborhood" (KDD 2008, SVD++), for what a member rated telling about taste whatever the
//! stars; Lakshminarayanan, Bouchard & Archambeau, "Robust Bayesian Matrix Factorisation" (AISTATS 2011), for noise that
//! differs between members.

use super::{
    Model,
    dataset::Dataset,
    features::{Facts, Group, Vocabulary},
    side::{Design, Lists, Side, View, expected_errors, learn_prior, update},
};

/// What may be chosen about a training.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// K: how many factors describe a taste, the bias not counted.
    pub factors: usize,
    /// Rounds; `None`: by the sparseness of the data.
    pub iterations: Option<usize>,
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            factors: 16,
            iterations: None,
            seed: 1,
        }
    }
}

/// How strongly a member's noise is held at the average: as much as this many ratings would.
pub const NOISE_PRIOR: f64 = 8.0;

/// Rounds before the priors are learned: at first the vectors are random and would teach them nonsense.
const WARM_UP: usize = 3;

/// What training found, in plain arrays; `Model` keeps what serving needs of it.
#[derive(Debug)]
pub struct Trained {
    pub factors: usize,
    pub iterations: usize,
    pub mean: f64,
    pub alpha: f64,
    pub members: Side,
    pub movies: Side,
    pub vocabulary: Vocabulary,
    /// Each member's noise weight.
    pub weights: Vec<f64>,
}

/// Rounds by how much there is to learn from: with few ratings a row the priors carry most, and they settle slowly.
fn iterations_for(data: &Dataset) -> usize {
    let rows = (data.members.len() + data.movies.len()).max(1);
    if data.len() / rows < 20 { 30 } else { 15 }
}

/// Trains on all of `data`. `facts` gives what is known of each movie, in the order of `data.movies`. With a model of the
/// same size to start from, what it knows is the first guess, and a few rounds are enough. `progress` hears of each round.
pub fn train(
    data: &Dataset,
    facts: &[Facts],
    options: Options,
    warm: Option<&Model>,
    progress: &mut dyn FnMut(usize, usize),
) -> Trained {
    let d = options.factors + 1;
    let movies = data.movies.len();
    let mean = data.mean();
    let warm = warm.filter(|model| model.d == d);

    let by_member = View {
        lists: Lists {
            starts: &data.starts,
            numbers: &data.movie_numbers,
        },
        stars: &data.stars,
        mean: mean as f32,
    };
    let transposed = by_member.lists.transpose(movies, &data.stars);
    let by_movie = View {
        lists: transposed.lists(),
        stars: &transposed.values,
        mean: mean as f32,
    };

    // A member's features are the movies the member rated.
    let counts: Vec<f64> = data.starts.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let implicit = Design::new(
        by_member.lists,
        by_movie.lists,
        counts.iter().map(|count| 1.0 / count.max(1.0).sqrt()).collect(),
        vec![Group::Broad; movies],
    );
    let vocabulary = Vocabulary::of(facts.iter());
    let (mut starts, mut numbers) = (vec![0], Vec::new());
    for movie in 0..movies {
        if let Some(facts) = facts.get(movie) {
            numbers.extend(vocabulary.numbers(facts));
        }
        starts.push(numbers.len());
    }
    let features = Lists {
        starts: &starts,
        numbers: &numbers,
    };
    let columns = features.transpose(vocabulary.names.len(), &[]);
    let content = Design::new(features, columns.lists(), vec![1.0; movies], vocabulary.groups.clone());

    let mut member_side = Side::new(data.members.len(), d, movies, super::mix(options.seed, 1));
    let mut movie_side = Side::new(movies, d, vocabulary.names.len(), super::mix(options.seed, 2));
    let mut alpha = 1.3;
    if let Some(model) = warm {
        alpha = model.alpha;
        model.warm_up(&data.movies, &vocabulary, &mut member_side, &mut movie_side);
    }
    let warm_up = if warm.is_some() { 0 } else { WARM_UP };
    let iterations = options.iterations.unwrap_or_else(|| {
        let usual = iterations_for(data);
        if warm.is_some() { usual / 3 } else { usual }
    });
    let mut weights = vec![1f64; data.members.len()];
    for round in 0..iterations {
        progress(round, iterations);
        update(&mut member_side, &movie_side, by_member, &implicit, |member, _| {
            alpha * weights[member]
        });
        if round >= warm_up {
            learn_prior(&mut member_side, &implicit);
        }
        update(&mut movie_side, &member_side, by_movie, &content, |_, member| {
            alpha * weights[member]
        });
        if round >= warm_up {
            learn_prior(&mut movie_side, &content);
        }
        let errors = expected_errors(&member_side, &movie_side, by_member);
        if round > warm_up {
            for (member, weight) in weights.iter_mut().enumerate() {
                *weight = (NOISE_PRIOR + counts[member]) / (NOISE_PRIOR + alpha * errors[member]);
            }
        }
        let weighted: f64 = weights.iter().zip(&errors).map(|(weight, error)| weight * error).sum();
        if weighted > 0.0 {
            alpha = data.len() as f64 / weighted;
        }
    }
    Trained {
        factors: options.factors,
        iterations,
        mean,
        alpha,
        members: member_side,
        movies: movie_side,
        vocabulary,
        weights,
    }
}
