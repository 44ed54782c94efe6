//! Training: heteroscedastic variational Bayes matrix factorisation.
//!
//!     stars = mu0 + p.q + b_member + b_movie + noise,   noise ~ N(0, 1 / (alpha w_member))
//!     z_member = [p, b] ~ N(mu + n^-1/2 sum of B over the movies the member rated, Lambda^-1)
//!     z_movie  = [q, b] ~ N(mu + sum of B over the movie's features, Lambda^-1)
//!
//! Every posterior is a Gaussian with a full covariance, found in closed form given the other side's; the priors, the
//! noise of each member and the weights B are estimated again between rounds. So there is no learning rate and no
//! regulariser to tune, and folding in solves the same equation (`fold_in`).
//!
//! Sources: Lim & Teh, "Variational Bayesian Approach to Movie Rating Prediction" (KDD Cup 2007), for the equations;
//! Salakhutdinov & Mnih, "Bayesian Probabilistic Matrix Factorization" (ICML 2008), for learning the priors; Koren,
//! "Factorization Meets the Neighborhood" (KDD 2008, SVD++), for what the choice of rated movies says about taste,
//! whatever the stars; Lakshminarayanan, Bouchard & Archambeau, "Robust Bayesian Matrix Factorisation" (AISTATS 2011),
//! for noise that differs between members.

use super::{
    Model,
    dataset::Dataset,
    features::{Facts, Group, Vocabulary},
    side::{Design, Lists, Side, View, expected_errors, learn_prior, update},
};

/// The options of a training.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// K: the number of factors, without the bias.
    pub factors: usize,
    /// Rounds; `None` chooses by the sparseness of the data.
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

/// A member's noise is shrunk towards the average by this many ratings.
pub const NOISE_PRIOR: f64 = 8.0;

/// The precision of the noise before the first round.
const INITIAL_ALPHA: f64 = 1.3;

/// Rounds before the priors are learned, because the first vectors are random.
const WARM_UP: usize = 3;

/// The result of a training; `Model` keeps the part that serving needs.
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

/// The default number of rounds. With few ratings per row the priors matter most, and they converge slowly.
fn iterations_for(data: &Dataset) -> usize {
    let rows = (data.members.len() + data.movies.len()).max(1);
    if data.len() / rows < 20 { 30 } else { 15 }
}

/// The numbers of each movie's features, one list after the other, and where each list begins.
fn feature_lists(facts: &[Facts], movies: usize, vocabulary: &Vocabulary) -> (Vec<usize>, Vec<u32>) {
    let (mut starts, mut numbers) = (vec![0], Vec::new());
    for movie in 0..movies {
        if let Some(facts) = facts.get(movie) {
            numbers.extend(vocabulary.numbers(facts));
        }
        starts.push(numbers.len());
    }
    (starts, numbers)
}

/// The sides before the first round: random vectors, or those of the model to start from.
fn initial_sides(data: &Dataset, d: usize, vocabulary: &Vocabulary, seed: u64, warm: Option<&Model>) -> (Side, Side) {
    let (movies, features) = (data.movies.len(), vocabulary.names.len());
    let mut member_side = Side::new(data.members.len(), d, movies, super::mix(seed, 1));
    let mut movie_side = Side::new(movies, d, features, super::mix(seed, 2));
    if let Some(model) = warm {
        model.warm_up(&data.movies, vocabulary, &mut member_side, &mut movie_side);
    }
    (member_side, movie_side)
}

/// Trains on all of `data`. `facts` are those of the movies, in the order of `data.movies`. If `warm` has the same
/// number of factors, the training starts from it and needs a third of the rounds. `progress` is called before each
/// round with its number and the number of rounds.
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

    // The features of a member are the movies that the member rated.
    let counts: Vec<f64> = data.starts.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let implicit = Design::new(
        by_member.lists,
        by_movie.lists,
        counts.iter().map(|count| 1.0 / count.max(1.0).sqrt()).collect(),
        vec![Group::Broad; movies],
    );
    let vocabulary = Vocabulary::of(facts.iter());
    let (starts, numbers) = feature_lists(facts, movies, &vocabulary);
    let features = Lists {
        starts: &starts,
        numbers: &numbers,
    };
    let columns = features.transpose(vocabulary.names.len(), &[]);
    let content = Design::new(features, columns.lists(), vec![1.0; movies], vocabulary.groups.clone());

    let (mut member_side, mut movie_side) = initial_sides(data, d, &vocabulary, options.seed, warm);
    let mut alpha = warm.map_or(INITIAL_ALPHA, |model| model.alpha);
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
