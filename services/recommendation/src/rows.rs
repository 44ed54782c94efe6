//! Which movies to show: plain functions of the view and of what is known of the member. No I/O, no clock, and chance only
//! from numbers that are given, so every row can be tested and repeated.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    catalogue::{Movie, View},
    lists::{
        self, Lists,
        diversity::{self, Candidate, Names},
        interactions::interest,
    },
    model::{features::Facts, kernels::dot, mix, normal},
    profile::Profile,
    viewer::{UNLOCK_AT, Viewer},
};

/// How much of a row's spread chance may move a movie, from one variation to the next.
const VARIATION: f64 = 0.12;
/// Weights of EASE are small numbers; so many times one is comparable with a likeness.
const COMPANY: f64 = 4.0;
/// Best rated: a movie counts as if this many had given it the mean of all.
const BEST_RATED_SHRINKAGE: f64 = 20.0;

/// Which movies a row may contain; empty means any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    pub genre: String,
    pub country: String,
    /// Its first year.
    pub decade: Option<i32>,
}

impl Filter {
    fn admits(&self, facts: &Facts) -> bool {
        (self.genre.is_empty() || facts.genres.contains(&self.genre))
            && (self.country.is_empty() || facts.countries.contains(&self.country))
            && self
                .decade
                .is_none_or(|decade| facts.year.div_euclid(10) * 10 == decade)
    }
}

/// The kinds of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    ForYou,
    EspeciallyYou,
    BecauseYouLiked,
    Rising,
    BestRated,
    MostRated,
}

/// A row of positions in the view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Chosen {
    pub positions: Vec<usize>,
    pub personal: bool,
    pub because: Option<Uuid>,
}

/// Chooses the movies of a row.
pub fn recommend(view: &View, viewer: &Viewer, row: Row, filter: &Filter, limit: usize, variation: u64) -> Chosen {
    let known = known(view, &viewer.profile);
    let open: Vec<usize> = (0..view.movies.len())
        .filter(|at| !known[*at] && filter.admits(&view.movies[*at].facts))
        .collect();
    let personal = viewer.taste.is_some() && view.vectors.is_some();
    let count = |at: usize| f64::from(view.statistics[at].count);
    let scored = |score: &dyn Fn(usize) -> Option<f64>| -> Vec<(usize, f64)> {
        open.iter().filter_map(|at| Some((*at, score(*at)?))).collect()
    };
    let mut because = None;
    let scores = match row {
        Row::ForYou => open.iter().copied().zip(for_you(view, viewer, &open)).collect(),
        // Rows about the member say nothing rather than something general: the page has popular rows enough.
        Row::EspeciallyYou | Row::BecauseYouLiked if !personal => return Chosen::default(),
        Row::EspeciallyYou => {
            let usual = mean_stars(&viewer.profile);
            scored(&|at| {
                let stars = expected(view, viewer, at);
                (stars >= usual).then(|| stars - view.average(at) / 2.0 - 0.5 * doubt(view, viewer, at))
            })
        }
        Row::BecauseYouLiked => {
            let Some(liked) = liked_one(view, &viewer.profile, variation) else {
                return Chosen::default();
            };
            because = Some(view.movies[liked].id);
            let mut alike = scored(&|at| Some(likeness(view, liked, at)));
            alike.sort_by(|a, b| b.1.total_cmp(&a.1));
            // Of what is alike, rather what the member will like, too.
            alike.truncate(limit * 3);
            alike
                .into_iter()
                .map(|(at, score)| (at, score + 0.1 * expected(view, viewer, at)))
                .collect()
        }
        Row::Rising => scored(&|at| {
            (view.statistics[at].heat > 0.0).then(|| view.statistics[at].heat.log2() + view.average(at).log2())
        }),
        Row::BestRated => scored(&|at| {
            let one = view.statistics[at];
            (one.count > 0)
                .then(|| (f64::from(one.sum) + BEST_RATED_SHRINKAGE * view.mean) / (count(at) + BEST_RATED_SHRINKAGE))
        }),
        Row::MostRated => scored(&|at| (view.statistics[at].count > 0).then(|| count(at).ln_1p())),
    };
    let about_member = personal && matches!(row, Row::ForYou | Row::EspeciallyYou | Row::BecauseYouLiked);
    let order = match row {
        Row::Rising | Row::BestRated | Row::MostRated => Order::Plain,
        _ => Order::Diverse,
    };
    Chosen {
        positions: compose(view, viewer, scores, order, limit, variation),
        personal: about_member,
        because,
    }
}

/// Which movies are rated or on the shelf: nothing to offer.
fn known(view: &View, profile: &Profile) -> Vec<bool> {
    let mut known = vec![false; view.movies.len()];
    let rated = profile.ratings.iter().map(|rated| rated.movie);
    let shelf = profile.shelf.iter().map(|entry| entry.movie);
    for at in rated.chain(shelf).filter_map(|movie| view.position(movie)) {
        known[at] = true;
    }
    known
}

/// Predicted stars (0.5-5, unclamped), or the average before the unlock.
fn expected(view: &View, viewer: &Viewer, at: usize) -> f64 {
    match (&view.vectors, &viewer.taste) {
        (Some(vectors), Some(taste)) => vectors.model().score(&taste.folded, vectors.item(at).z),
        _ => view.average(at) / 2.0,
    }
}

/// Scores of the candidates: the list models' blend for somebody with a taste, what is popular for somebody without, and
/// between them a mixture that leans to taste with every act.
fn for_you(view: &View, viewer: &Viewer, open: &[usize]) -> Vec<f64> {
    let popular: Vec<f32> = popularity(view, open);
    let (Some(vectors), Some(drawn)) = (&view.vectors, &viewer.drawn) else {
        return popular.into_iter().map(f64::from).collect();
    };
    let ease: Vec<f32> = open
        .iter()
        .map(|at| vectors.number(*at).map_or(0.0, |number| drawn.ease[number]))
        .collect();
    let als: Vec<f32> = open
        .iter()
        .map(|at| match vectors.number(*at) {
            Some(number) => drawn.als[number],
            None => dot(&drawn.vector, vectors.list_vector(*at)),
        })
        .collect();
    let stars: Vec<f32> = open.iter().map(|at| expected(view, viewer, *at) as f32).collect();
    let scores = lists::score(&ease, &als, &stars, &popular, viewer.acts());
    scores.into_iter().map(f64::from).collect()
}

/// How much each candidate is watched, now more than ever, and how well it is liked.
fn popularity(view: &View, open: &[usize]) -> Vec<f32> {
    let most = |of: &dyn Fn(usize) -> f64| open.iter().map(|at| of(*at)).fold(0f64, f64::max).max(1e-300);
    let count = |at: usize| f64::from(view.statistics[at].count).ln_1p();
    let heat = |at: usize| view.statistics[at].heat;
    let (most_count, most_heat) = (most(&count), most(&heat));
    let score = |at: &usize| {
        let watched = 0.5 * count(*at) / most_count + 0.5 * (heat(*at) / most_heat).sqrt();
        (watched * view.average(*at)) as f32
    };
    open.iter().map(score).collect()
}

/// How little the expected stars are known.
fn doubt(view: &View, viewer: &Viewer, at: usize) -> f64 {
    match (&view.vectors, &viewer.taste) {
        (Some(vectors), Some(taste)) => vectors.model().uncertainty(&taste.folded, vectors.item(at)).sqrt(),
        _ => 0.0,
    }
}

/// The member's mean, 0.5-5.
fn mean_stars(profile: &Profile) -> f64 {
    let sum: u32 = profile.ratings.iter().map(|rated| u32::from(rated.stars)).sum();
    f64::from(sum) / 2.0 / profile.ratings.len().max(1) as f64
}

/// One of the movies the member liked best; another variation, another one.
fn liked_one(view: &View, profile: &Profile, variation: u64) -> Option<usize> {
    let usual = mean_stars(profile) * 2.0;
    let mut liked: Vec<(usize, u8, i64)> = profile
        .ratings
        .iter()
        .filter(|rated| f64::from(rated.stars) >= usual)
        .filter_map(|rated| Some((view.position(rated.movie)?, rated.stars, rated.rated_at)))
        .collect();
    // The best, of equally good ones the latest; from the first dozen the variation draws.
    liked.sort_by_key(|(at, stars, rated_at)| (std::cmp::Reverse((*stars, *rated_at)), *at));
    liked.truncate(12);
    let drawn = (mix(variation, 17) % liked.len().max(1) as u64) as usize;
    liked.get(drawn).map(|(at, _, _)| *at)
}

/// Shuffles mildly, and of the best makes a row: in the plain order, or so that neighbours differ.
fn compose(
    view: &View,
    viewer: &Viewer,
    mut scores: Vec<(usize, f64)>,
    order: Order,
    limit: usize,
    variation: u64,
) -> Vec<usize> {
    let options = diversity::Options::default();
    let by_score = |a: &(usize, f64), b: &(usize, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let pool = (limit * 4).max(options.pool);
    if scores.len() > pool {
        scores.select_nth_unstable_by(pool, by_score);
        scores.truncate(pool);
    }
    scores.sort_unstable_by(by_score);
    let Some((&(_, best), &(_, worst))) = scores.first().zip(scores.last()) else {
        return Vec::new();
    };
    let spread = (best - worst).max(1e-9);
    for (at, score) in &mut scores {
        *score = (*score - worst) / spread;
        if variation != 0 {
            *score += VARIATION * normal(variation, view.movies[*at].id.as_u128() as u64);
        }
    }
    if order == Order::Plain {
        scores.sort_unstable_by(by_score);
        return scores.into_iter().take(limit).map(|(at, _)| at).collect();
    }
    let mut names = Names::default();
    let candidates: Vec<Candidate> = scores
        .iter()
        .map(|(at, score)| names.candidate(&view.movies[*at].facts, *score))
        .collect();
    // As in what the member liked, or as in what is popular for somebody of whom little is known.
    let wanted = if viewer.profile.ratings.len() >= UNLOCK_AT {
        let rated = viewer.profile.ratings.iter();
        names.shares(rated.filter_map(|rated| {
            let weight = f64::from(interest(f32::from(rated.stars) / 2.0));
            Some((&view.movies[view.position(rated.movie)?].facts, weight))
        }))
    } else {
        let weight = |at: usize| f64::from(view.statistics[at].count).ln_1p();
        names.shares(scores.iter().map(|(at, _)| (&view.movies[*at].facts, weight(*at))))
    };
    let row = diversity::compose(&candidates, &wanted, limit, options, |a, b| {
        sameness(view, scores[a].0, scores[b].0)
    });
    row.into_iter().map(|i| scores[i].0).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Plain,
    Diverse,
}

/// How much two movies look like the same to whoever browses a row, 0 to 1.
fn sameness(view: &View, a: usize, b: usize) -> f64 {
    let content = overlap(&view.movies[a], &view.movies[b]);
    match &view.vectors {
        Some(vectors) => 0.5 * content + 0.5 * Lists::likeness(vectors.list_vector(a), vectors.list_vector(b)),
        None => content,
    }
}

/// How alike two movies are: who watches both, as far as enough is known of them, and what their facts share.
fn likeness(view: &View, a: usize, b: usize) -> f64 {
    let content = overlap(&view.movies[a], &view.movies[b]);
    let rarest = f64::from(view.statistics[a].count.min(view.statistics[b].count));
    let popularity = 0.02 * f64::from(view.statistics[b].count).ln_1p();
    let Some(vectors) = &view.vectors else {
        return content + popularity;
    };
    let trust = 0.55 * rarest / (rarest + 20.0);
    let company = match (vectors.number(a), vectors.number(b)) {
        (Some(a), Some(b)) => f64::from(vectors.lists().ease.weight(a, b as u32)) * COMPANY,
        _ => 0.0,
    };
    let vectors = Lists::likeness(vectors.list_vector(a), vectors.list_vector(b));
    trust * (vectors + company.clamp(-0.5, 1.0)) + (1.0 - trust) * content + popularity
}

/// What the facts of two movies share, 0-1.
fn overlap(a: &Movie, b: &Movie) -> f64 {
    fn share<T: PartialEq>(a: &[T], b: &[T]) -> f64 {
        let both = a.iter().filter(|one| b.contains(one)).count();
        let either = a.len() + b.len() - both;
        if either == 0 { 0.0 } else { both as f64 / either as f64 }
    }
    let (a, b) = (&a.facts, &b.facts);
    let years = if a.year > 0 && b.year > 0 {
        (-f64::from((a.year - b.year).abs()) / 15.0).exp()
    } else {
        0.0
    };
    0.4 * share(&a.genres, &b.genres)
        + 0.25 * share(&a.directors, &b.directors)
        + 0.15 * share(&a.cast, &b.cast)
        + 0.12 * years
        + 0.08 * share(&a.countries, &b.countries)
}

/// Movies like the one at this position.
pub fn similar(view: &View, to: usize, limit: usize) -> Vec<usize> {
    let mut scores: Vec<(usize, f64)> = (0..view.movies.len())
        .filter(|at| *at != to)
        .map(|at| (at, likeness(view, to, at)))
        .collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scores.into_iter().take(limit).map(|(at, _)| at).collect()
}

/// Where a movie stands in the list by predicted stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Millionths of a star, not clamped: a whole number comes back from a cursor as it was.
    millionths: i64,
    movie: Uuid,
}

/// The movies the member has not rated, by predicted stars, highest first: those after the place, one more than `limit` where
/// there are more. `None`: nothing is predicted for this member.
pub fn by_prediction(
    view: &View,
    viewer: &Viewer,
    filter: &Filter,
    after: Option<Place>,
    limit: usize,
) -> Option<Vec<(usize, Place)>> {
    let (vectors, taste) = (view.vectors.as_ref()?, viewer.taste.as_ref()?);
    let order = |place: &Place| (std::cmp::Reverse(place.millionths), place.movie);
    let places = view.movies.iter().enumerate().filter_map(|(at, movie)| {
        if !filter.admits(&movie.facts) || viewer.profile.has_rated(movie.id) {
            return None;
        }
        let stars = vectors.model().score(&taste.folded, vectors.item(at).z);
        let place = Place {
            millionths: (stars * 1e6).round() as i64,
            movie: movie.id,
        };
        let comes = after.is_none_or(|after| order(&place) > order(&after));
        comes.then_some((at, place))
    });
    let mut places: Vec<_> = places.collect();
    if places.len() > limit + 1 {
        places.select_nth_unstable_by_key(limit, |(_, place)| order(place));
        places.truncate(limit + 1);
    }
    places.sort_unstable_by_key(|(_, place)| order(place));
    Some(places)
}

/// In which order movies are offered for rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    ForYou,
    Popular,
}

/// The movies to offer for rating: those many have seen and about which opinions differ, so that each answer tells most. The
/// order is the member's own, and does not change while the member rates.
pub fn to_rate(
    view: &View,
    viewer: &Viewer,
    shelf: Shelf,
    filter: &Filter,
    excluded: &HashSet<Uuid>,
    limit: usize,
) -> Vec<usize> {
    let seed = mix(viewer.id.as_u128() as u64, (viewer.id.as_u128() >> 64) as u64);
    let mut scores: Vec<(usize, f64)> = (0..view.movies.len())
        .filter(|at| {
            let movie = &view.movies[*at];
            filter.admits(&movie.facts) && !viewer.profile.knows(movie.id) && !excluded.contains(&movie.id)
        })
        .map(|at| {
            let one = view.statistics[at];
            let popularity = (f64::from(one.count) + 1.0).ln_1p();
            let chance = normal(seed, view.movies[at].id.as_u128() as u64);
            let score = match shelf {
                Shelf::Popular => popularity * (1.0 + 0.03 * chance),
                Shelf::ForYou => popularity * disagreement(view, at) * (1.0 + 0.12 * chance),
            };
            (at, score)
        })
        .collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scores.into_iter().take(limit).map(|(at, _)| at).collect()
}

/// The standard deviation of a movie's stars (1-10), shrunk towards two.
fn disagreement(view: &View, at: usize) -> f64 {
    let one = view.statistics[at];
    let (count, sum) = (f64::from(one.count), f64::from(one.sum));
    let scatter = if one.count > 0 {
        f64::from(one.squares) - sum * sum / count
    } else {
        0.0
    };
    ((scatter.max(0.0) + 10.0 * 4.0) / (count + 10.0)).sqrt()
}
