//! The rows of recommended movies. `choose` is a pure function of the view and the caller: without I/O, without a
//! clock, and with its randomness from a given variation, so every row can be repeated in a test.

use std::collections::HashSet;

use chassis::identity::Caller;
use matcha_protos::recommendation::v1::{self as api, RecommendRequest, RecommendResponse};
use uuid::Uuid;

use crate::{
    Service,
    caller_profile::{self, CallerProfile, UNLOCK_AT},
    catalogue::{Vectors, View},
    error::Error,
    filter::Filter,
    model::{kernels::dot, mix, normal},
    parse, predictions,
    profile::Profile,
    ranking::{
        self,
        diversity::{self, Candidate, Numbering},
        interactions::interest,
    },
    similar_movies::{redundancy, similarity},
};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: i32 = 100;
/// Movies that explain why one movie is in the row.
const MAX_REASONS: usize = 3;
/// How far a variation may move a movie, as a standard deviation in shares of the row's spread of scores.
const VARIATION: f64 = 0.12;
/// For you: the weight of the predicted stars beside the score of the list models, both standardised over the candidates.
const FOR_YOU_STARS: f32 = 0.5;
/// The candidates from which a row is composed. The same for every limit, so that a short row is the beginning of a long one.
const POOL: usize = 4 * MAX_LIMIT as usize;
/// Because you liked: the most similar movies from which the row is composed.
const SIMILAR: usize = 3 * DEFAULT_LIMIT;
/// Best rated: the number of ratings at the overall mean by which an average is shrunk.
const BEST_RATED_SHRINKAGE: f64 = 20.0;
/// Because you liked: the number of favourites from which the variation picks one.
const FAVOURITES: usize = 12;

/// The RPC Recommend.
pub(crate) async fn recommend(
    service: &Service,
    caller: &Caller,
    request: RecommendRequest,
) -> Result<RecommendResponse, Error> {
    let limit = parse::limit(request.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let kind = match api::Row::try_from(request.row) {
        Ok(api::Row::Unspecified | api::Row::ForYou) => RowKind::ForYou,
        Ok(api::Row::EspeciallyYou) => RowKind::EspeciallyYou,
        Ok(api::Row::BecauseYouLiked) => RowKind::BecauseYouLiked,
        Ok(api::Row::Rising) => RowKind::Rising,
        Ok(api::Row::BestRated) => RowKind::BestRated,
        Ok(api::Row::MostRated) => RowKind::MostRated,
        Err(_) => return Err(Error::invalid("row", format!("there is no row {}", request.row))),
    };
    let filter = Filter {
        genre: request.genre,
        country: request.country,
        decade: request.decade,
    };
    let view = service.catalogue.view();
    let caller = caller_profile::load_or_visitor(service, &view, caller)
        .await
        .with_lists(&view);
    let row = choose(&view, &caller, kind, &filter, limit, request.variation);
    let reasons = Reasons::new(&view, &caller);
    let movies = row.positions.iter().map(|at| api::Recommended {
        movie_id: view.movies[*at].id.to_string(),
        because_movie_ids: reasons.of(*at).iter().map(Uuid::to_string).collect(),
        prediction: predictions::prediction(&view, &caller, *at),
    });
    Ok(RecommendResponse {
        movies: movies.collect(),
        personal: row.personal,
        because_movie_id: row.because.map(|id| id.to_string()).unwrap_or_default(),
    })
}

/// The kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowKind {
    ForYou,
    EspeciallyYou,
    BecauseYouLiked,
    Rising,
    BestRated,
    MostRated,
}

/// The chosen movies, as positions in the view.
#[derive(Debug, Clone, Default, PartialEq)]
struct Row {
    positions: Vec<usize>,
    personal: bool,
    because: Option<Uuid>,
}

/// Chooses the movies of a row.
fn choose(view: &View, caller: &CallerProfile, kind: RowKind, filter: &Filter, limit: usize, variation: u64) -> Row {
    let known = known(view, &caller.profile);
    let open: Vec<usize> = (0..view.movies.len())
        .filter(|at| !known[*at] && filter.accepts(&view.movies[*at].facts))
        .collect();
    let personal = caller.taste.is_some() && view.vectors.is_some();
    let count = |at: usize| f64::from(view.statistics[at].count);
    let scored = |score: &dyn Fn(usize) -> Option<f64>| -> Vec<(usize, f64)> {
        open.iter().filter_map(|at| Some((*at, score(*at)?))).collect()
    };
    let mut because = None;
    let scores = match kind {
        RowKind::ForYou => for_you(view, caller, &open),
        // A row about the member is empty without predictions: the page has rows of popular movies already.
        RowKind::EspeciallyYou | RowKind::BecauseYouLiked if !personal => return Row::default(),
        RowKind::EspeciallyYou => {
            let usual = caller.profile.mean_stars();
            scored(&|at| {
                let stars = expected_stars(view, caller, at);
                (stars >= usual).then(|| stars - view.average(at) / 2.0 - 0.5 * deviation(view, caller, at))
            })
        }
        RowKind::BecauseYouLiked => {
            let Some(liked) = pick_favourite(view, &caller.profile, variation) else {
                return Row::default();
            };
            because = Some(view.movies[liked].id);
            let mut similar = scored(&|at| Some(similarity(view, liked, at)));
            similar.sort_by(|a, b| b.1.total_cmp(&a.1));
            // Of the most similar movies, prefer those with more predicted stars.
            similar.truncate(SIMILAR);
            similar
                .into_iter()
                .map(|(at, score)| (at, score + 0.1 * expected_stars(view, caller, at)))
                .collect()
        }
        RowKind::Rising => scored(&|at| {
            let trending_score = view.statistics[at].trending_score;
            (trending_score > 0.0).then(|| trending_score.log2() + view.average(at).log2())
        }),
        RowKind::BestRated => scored(&|at| {
            let one = view.statistics[at];
            (one.count > 0)
                .then(|| (f64::from(one.sum) + BEST_RATED_SHRINKAGE * view.mean) / (count(at) + BEST_RATED_SHRINKAGE))
        }),
        RowKind::MostRated => scored(&|at| (view.statistics[at].count > 0).then(|| count(at).ln_1p())),
    };
    let about_member = personal
        && matches!(
            kind,
            RowKind::ForYou | RowKind::EspeciallyYou | RowKind::BecauseYouLiked
        );
    let order = match kind {
        RowKind::Rising | RowKind::BestRated | RowKind::MostRated => Order::Plain,
        _ => Order::Diverse,
    };
    Row {
        positions: compose(view, caller, scores, order, limit, variation),
        personal: about_member,
        because,
    }
}

/// By position: whether the movie is rated or on the shelf, so that no row offers it.
fn known(view: &View, profile: &Profile) -> Vec<bool> {
    let mut known = vec![false; view.movies.len()];
    let rated = profile.ratings.iter().map(|rated| rated.movie);
    let shelf = profile.shelf.iter().map(|entry| entry.movie);
    for at in rated.chain(shelf).filter_map(|movie| view.position(movie)) {
        known[at] = true;
    }
    known
}

/// Predicted stars (0.5-5, not clamped); the movie's average if nothing is predicted for the caller.
fn expected_stars(view: &View, caller: &CallerProfile, at: usize) -> f64 {
    match (&view.vectors, &caller.taste) {
        (Some(vectors), Some(taste)) => vectors.model().score(&taste.folded, vectors.item(at).z),
        _ => view.average(at) / 2.0,
    }
}

/// The candidates with their scores. Once stars are predicted, a candidate is predicted at least `least_stars`, and its score
/// blends the score of the list models with its predicted stars.
fn for_you(view: &View, caller: &CallerProfile, open: &[usize]) -> Vec<(usize, f64)> {
    let mut scores = score_candidates(view, caller, open);
    if caller.taste.is_none() {
        return open.iter().copied().zip(scores.into_iter().map(f64::from)).collect();
    }
    let stars: Vec<f32> = open.iter().map(|at| expected_stars(view, caller, *at) as f32).collect();
    let least = least_stars(&stars, caller.profile.mean_stars() as f32);
    let kept: Vec<usize> = (0..open.len()).filter(|i| stars[*i] >= least).collect();
    let mut stars: Vec<f32> = kept.iter().map(|i| stars[*i]).collect();
    scores = kept.iter().map(|i| scores[*i]).collect();
    ranking::standardise(&mut stars);
    ranking::standardise(&mut scores);
    let blended = scores
        .iter()
        .zip(stars)
        .map(|(score, stars)| f64::from(score + FOR_YOU_STARS * stars));
    kept.into_iter().map(|i| open[i]).zip(blended).collect()
}

/// The fewest predicted stars in the row: the member's mean, or the stars of the twentieth movie by predicted stars if fewer reach the
/// mean: of a member whose mean is high, or with a filter that few movies pass.
fn least_stars(stars: &[f32], mean: f32) -> f32 {
    if stars.iter().filter(|stars| **stars >= mean).count() >= DEFAULT_LIMIT {
        return mean;
    }
    let best = ranking::best(stars, DEFAULT_LIMIT);
    best.last().map_or(mean, |last| stars[*last].min(mean))
}

/// The scores of the candidates in the list models: popularity without interactions, else a mixture of popularity and the blended
/// models, in which the models weigh more with every interaction.
fn score_candidates(view: &View, caller: &CallerProfile, open: &[usize]) -> Vec<f32> {
    let popular: Vec<f32> = popularity(view, open);
    let (Some(vectors), Some(member)) = (&view.vectors, &caller.scores) else {
        return popular;
    };
    let ease: Vec<f32> = open
        .iter()
        .map(|at| vectors.number(*at).map_or(0.0, |number| member.ease[number]))
        .collect();
    let als: Vec<f32> = open
        .iter()
        .map(|at| match vectors.number(*at) {
            Some(number) => member.als[number],
            None => dot(&member.vector, vectors.list_vector(*at)),
        })
        .collect();
    let stars: Vec<f32> = open.iter().map(|at| expected_stars(view, caller, *at) as f32).collect();
    ranking::score(&ease, &als, &stars, &popular, caller.interactions())
}

/// The popularity of each candidate: the number of its ratings and its trending score, multiplied by its average.
fn popularity(view: &View, open: &[usize]) -> Vec<f32> {
    let max = |of: &dyn Fn(usize) -> f64| open.iter().map(|at| of(*at)).fold(0f64, f64::max).max(1e-300);
    let count = |at: usize| f64::from(view.statistics[at].count).ln_1p();
    let trending_score = |at: usize| view.statistics[at].trending_score;
    let (max_count, max_trending_score) = (max(&count), max(&trending_score));
    let score = |at: &usize| {
        let watched = 0.5 * count(*at) / max_count + 0.5 * (trending_score(*at) / max_trending_score).sqrt();
        (watched * view.average(*at)) as f32
    };
    open.iter().map(score).collect()
}

/// The standard deviation of the expected stars.
fn deviation(view: &View, caller: &CallerProfile, at: usize) -> f64 {
    match (&view.vectors, &caller.taste) {
        (Some(vectors), Some(taste)) => vectors.model().uncertainty(&taste.folded, vectors.item(at)).sqrt(),
        _ => 0.0,
    }
}

/// One of the member's favourites; the variation decides which.
fn pick_favourite(view: &View, profile: &Profile, variation: u64) -> Option<usize> {
    let liked = profile.liked();
    let mut liked: Vec<(usize, u8, i64)> = liked
        .filter_map(|rated| Some((view.position(rated.movie)?, rated.stars, rated.rated_at)))
        .collect();
    // By stars, and by time among equal stars.
    liked.sort_by_key(|(at, stars, rated_at)| (std::cmp::Reverse((*stars, *rated_at)), *at));
    liked.truncate(FAVOURITES);
    let picked = (mix(variation, 17) % liked.len().max(1) as u64) as usize;
    liked.get(picked).map(|(at, _, _)| *at)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Plain,
    Diverse,
}

/// Makes a row of the best: in the order of the scores, or, after the variation has moved the scores a little, with diversity and
/// calibration.
fn compose(
    view: &View,
    caller: &CallerProfile,
    mut scores: Vec<(usize, f64)>,
    order: Order,
    limit: usize,
    variation: u64,
) -> Vec<usize> {
    let options = diversity::Options::default();
    let by_score = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if scores.len() > POOL {
        scores.select_nth_unstable_by(POOL, by_score);
        scores.truncate(POOL);
    }
    scores.sort_unstable_by(by_score);
    let Some((&(_, best), &(_, worst))) = scores.first().zip(scores.last()) else {
        return Vec::new();
    };
    let spread = (best - worst).max(1e-9);
    for (at, score) in &mut scores {
        *score = (*score - worst) / spread;
        if variation != 0 && order == Order::Diverse {
            *score += VARIATION * normal(variation, view.movies[*at].id.as_u128() as u64);
        }
    }
    if order == Order::Plain {
        scores.sort_unstable_by(by_score);
        return scores.into_iter().take(limit).map(|(at, _)| at).collect();
    }
    let mut numbering = Numbering::default();
    let candidates: Vec<Candidate> = scores
        .iter()
        .map(|(at, score)| numbering.candidate(&view.movies[*at].facts, *score))
        .collect();
    // The genres of what the member liked; of popular movies if the member has too few ratings.
    let wanted = if caller.profile.ratings.len() >= UNLOCK_AT {
        let rated = caller.profile.ratings.iter();
        numbering.shares(rated.filter_map(|rated| {
            let weight = f64::from(interest(f32::from(rated.stars) / 2.0));
            Some((&view.movies[view.position(rated.movie)?].facts, weight))
        }))
    } else {
        let weight = |at: usize| f64::from(view.statistics[at].count).ln_1p();
        numbering.shares(scores.iter().map(|(at, _)| (&view.movies[*at].facts, weight(*at))))
    };
    let row = diversity::compose(&candidates, &wanted, limit, options, |a, b| {
        redundancy(view, scores[a].0, scores[b].0)
    });
    row.into_iter().map(|i| scores[i].0).collect()
}

/// Why a movie is in the row: the liked movies of the caller with the largest EASE weights towards it.
#[derive(Default)]
struct Reasons<'a> {
    vectors: Option<&'a Vectors>,
    /// The numbers and the weights of the liked movies in the list models.
    movies: Vec<u32>,
    weights: Vec<f32>,
}

impl<'a> Reasons<'a> {
    fn new(view: &'a View, caller: &CallerProfile) -> Self {
        let (Some(vectors), Some(member)) = (&view.vectors, &caller.scores) else {
            return Self::default();
        };
        let liked: HashSet<Uuid> = caller.profile.liked().map(|rated| rated.movie).collect();
        let ids = vectors.model().ids();
        let interactions = member.movies.iter().copied().zip(member.weights.iter().copied());
        let (movies, weights) = interactions
            .filter(|(number, _)| liked.contains(&ids[*number as usize]))
            .unzip();
        Self {
            vectors: Some(vectors),
            movies,
            weights,
        }
    }

    fn of(&self, at: usize) -> Vec<Uuid> {
        let Some((vectors, number)) = self.vectors.and_then(|vectors| Some((vectors, vectors.number(at)?))) else {
            return Vec::new();
        };
        let ease = &vectors.lists().ease;
        let places = ease.because(&self.movies, &self.weights, number as u32, MAX_REASONS);
        let ids = vectors.model().ids();
        places
            .into_iter()
            .map(|place| ids[self.movies[place] as usize])
            .collect()
    }
}
