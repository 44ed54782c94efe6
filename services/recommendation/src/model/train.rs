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

use rayon::prelude::*;

use super::{
    dataset::Dataset,
    features::{Facts, Vocabulary},
    linear::{add_outer, dot, double_off_diagonal, packed_len},
    side::{Design, Lists, Side, View, learn_prior, update},
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

/// The expected squared error of each member's ratings, the uncertainty of both sides included.
fn expected_errors(members: &Side, movies: &Side, view: &View) -> Vec<f64> {
    let (d, len) = (members.d, packed_len(members.d));
    let factors = d - 1;
    (0..members.rows())
        .into_par_iter()
        .with_min_len(8)
        .map_init(
            || (vec![0f32; len], vec![0f32; len]),
            |(covariance, outer), member| {
                let z = &members.z[member * d..][..d];
                covariance.copy_from_slice(&members.c[member * len..][..len]);
                double_off_diagonal(covariance, d);
                let mut x = z.to_vec();
                x[factors] = 1.0;
                outer.fill(0.0);
                add_outer(outer, 1.0, &x);
                double_off_diagonal(outer, d);
                let mut sum = 0f64;
                for entry in view.lists.starts[member]..view.lists.starts[member + 1] {
                    let movie = view.lists.numbers[entry] as usize;
                    let q = &movies.z[movie * d..][..d];
                    let error = view.y[entry] - dot(&z[..factors], &q[..factors]) - z[factors] - q[factors];
                    // E[(p.q)^2] splits into three terms; two of them are one trace with E[x x'].
                    let variance = dot(covariance, &movies.second[movie * len..][..len])
                        + dot(outer, &movies.c[movie * len..][..len]);
                    sum += f64::from(error * error + variance);
                }
                sum
            },
        )
        .collect()
}

/// Rounds by how much there is to learn from: with few ratings a row the priors carry most, and they settle slowly.
fn iterations_for(data: &Dataset) -> usize {
    let rows = (data.members.len() + data.movies.len()).max(1);
    if data.len() / rows < 20 { 30 } else { 15 }
}

/// Trains on all of `data`. `facts` gives what is known of each movie, in the order of `data.movies`.
pub fn train(data: &Dataset, facts: &[Facts], options: Options) -> Trained {
    let d = options.factors + 1;
    let (members, movies) = (data.members.len(), data.movies.len());
    let iterations = options.iterations.unwrap_or_else(|| iterations_for(data));
    let mean = data.mean();

    let by_member = View {
        lists: Lists {
            starts: data.starts.clone(),
            numbers: data.movie_numbers.clone(),
        },
        y: data
            .stars
            .iter()
            .map(|stars| (f64::from(*stars) - mean) as f32)
            .collect(),
    };
    let (lists, places) = by_member.lists.transpose(movies);
    let by_movie = View {
        y: places.iter().map(|place| by_member.y[*place]).collect(),
        lists,
    };

    let counts: Vec<f64> = data.starts.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    let implicit = Design::new(
        Lists {
            starts: data.starts.clone(),
            numbers: data.movie_numbers.clone(),
        },
        movies,
        counts.iter().map(|count| 1.0 / count.max(1.0).sqrt()).collect(),
        vec![0; movies],
    );
    let vocabulary = Vocabulary::of(facts.iter());
    let mut content = Lists {
        starts: vec![0],
        numbers: Vec::new(),
    };
    for movie in 0..movies {
        if let Some(facts) = facts.get(movie) {
            content.numbers.extend(vocabulary.numbers(facts));
        }
        content.starts.push(content.numbers.len());
    }
    let groups = vocabulary.groups.iter().map(|group| *group as usize).collect();
    let content = Design::new(content, vocabulary.names.len(), vec![1.0; movies], groups);

    let mut member_side = Side::new(members, d, implicit, super::mix(options.seed, 1));
    let mut movie_side = Side::new(movies, d, content, super::mix(options.seed, 2));
    let mut weights = vec![1f64; members];
    let mut alpha = 1.3;
    for round in 0..iterations {
        update(&mut member_side, &movie_side, &by_member, alpha, |member, _| {
            weights[member]
        });
        if round >= WARM_UP {
            learn_prior(&mut member_side);
        }
        update(&mut movie_side, &member_side, &by_movie, alpha, |_, member| {
            weights[member]
        });
        if round >= WARM_UP {
            learn_prior(&mut movie_side);
        }
        let errors = expected_errors(&member_side, &movie_side, &by_member);
        if round > WARM_UP {
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
