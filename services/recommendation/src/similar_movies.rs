//! Similar movies: how similar two movies are by who watches them and by their facts.

use matcha_protos::recommendation::v1::{SimilarRequest, SimilarResponse};

use crate::{
    Service,
    catalogue::{Movie, View},
    error::Error,
    parse,
    ranking::RankingModels,
};

const DEFAULT_LIMIT: usize = 12;
const MAX_LIMIT: i32 = 50;
/// Scale factor that brings EASE weights into the range of cosine similarity.
const EASE_SCALE: f64 = 4.0;

/// The movies most similar to the given one. Empty for an unknown movie, whose facts may not have arrived yet.
pub(crate) fn similar(service: &Service, request: &SimilarRequest) -> Result<SimilarResponse, Error> {
    let limit = parse::limit(request.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let movie = parse::id(&request.movie_id)?;
    let view = service.catalogue.view();
    let similar = view
        .position(movie)
        .map(|at| most_similar(&view, at, limit))
        .unwrap_or_default();
    Ok(SimilarResponse {
        movie_ids: view.ids_at(&similar),
    })
}

fn most_similar(view: &View, to: usize, limit: usize) -> Vec<usize> {
    let mut scores: Vec<(usize, f64)> = (0..view.movies.len())
        .filter(|at| *at != to)
        .map(|at| (at, similarity(view, to, at)))
        .collect();
    scores.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scores.into_iter().take(limit).map(|(at, _)| at).collect()
}

/// How similar two movies are, by the members who watch both and by their facts. The facts weigh more if few members
/// rated one of the movies.
pub(crate) fn similarity(view: &View, a: usize, b: usize) -> f64 {
    let content = overlap(&view.movies[a], &view.movies[b]);
    let min_count = f64::from(view.statistics[a].count.min(view.statistics[b].count));
    let popularity = 0.02 * f64::from(view.statistics[b].count).ln_1p();
    let Some(vectors) = &view.vectors else {
        return content + popularity;
    };
    let trust = 0.55 * min_count / (min_count + 20.0);
    let ease = match (vectors.number(a), vectors.number(b)) {
        (Some(a), Some(b)) => f64::from(vectors.lists().ease.weight(a, b as u32)) * EASE_SCALE,
        _ => 0.0,
    };
    let cosine = RankingModels::similarity(vectors.list_vector(a), vectors.list_vector(b));
    trust * (cosine + ease.clamp(-0.5, 1.0)) + (1.0 - trust) * content + popularity
}

/// How redundant two movies are in one row, 0 to 1. Unlike `similarity` it ignores popularity and EASE weights.
pub(crate) fn redundancy(view: &View, a: usize, b: usize) -> f64 {
    let content = overlap(&view.movies[a], &view.movies[b]);
    match &view.vectors {
        Some(vectors) => {
            0.5 * content + 0.5 * RankingModels::similarity(vectors.list_vector(a), vectors.list_vector(b))
        }
        None => content,
    }
}

/// The weighted share of facts that two movies have in common, 0 to 1.
fn overlap(a: &Movie, b: &Movie) -> f64 {
    /// The Jaccard index.
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
