//! Predicted stars: of given movies (Predict), and of all unrated movies in descending order (ListPredicted).

use std::{cmp::Reverse, collections::HashSet};

use chassis::{cursor, identity::Caller};
use matcha_protos::recommendation::v1::{
    self as api, ListPredictedRequest, ListPredictedResponse, PredictRequest, PredictResponse,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Service,
    caller_profile::{self, CallerProfile, UNLOCK_AT},
    catalogue::View,
    error::Error,
    filter::Filter,
    model::Confidence,
    parse,
};

/// Movies that one Predict request may name.
const MAX_MOVIES: usize = 500;
const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: i32 = 50;
/// Rated movies that explain one prediction.
const MAX_REASONS: usize = 3;

/// Predicts the named movies that the caller has not rated. Visitors, and members below `UNLOCK_AT` ratings, get no
/// predictions.
pub(crate) async fn predict(
    service: &Service,
    caller: &Caller,
    request: PredictRequest,
) -> Result<PredictResponse, Error> {
    let movies = parse::ids(&request.movie_ids, "movie_ids", MAX_MOVIES)?;
    let mut response = PredictResponse {
        unlock_at: UNLOCK_AT as i64,
        ..Default::default()
    };
    let Some(member) = caller.member_if_any() else {
        return Ok(response);
    };
    let view = service.catalogue.view();
    let caller = caller_profile::load(service, &view, member).await?;
    response.rated_count = caller.profile.ratings.len() as i64;
    let mut seen = HashSet::new();
    response.predictions = movies
        .into_iter()
        .filter(|movie| seen.insert(*movie) && !caller.profile.has_rated(*movie))
        .filter_map(|movie| prediction(&view, &caller, view.position(movie)?))
        .collect();
    Ok(response)
}

/// One page of the movies that the member has not rated, by predicted stars in descending order.
pub(crate) async fn list_predicted(
    service: &Service,
    member: Uuid,
    request: ListPredictedRequest,
) -> Result<ListPredictedResponse, Error> {
    let limit = parse::limit(request.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let filter = Filter {
        genre: request.genre,
        country: request.country,
        decade: request.decade,
    };
    // The cursor is bound to this member and filter.
    let list = ("predicted", member, filter);
    let after = match request.cursor.as_str() {
        "" => None,
        text => Some(cursor::decode_for::<Position>(&list, text)?),
    };
    let view = service.catalogue.view();
    let caller = caller_profile::load(service, &view, member).await?;
    let rated_count = caller.profile.ratings.len();
    let mut response = ListPredictedResponse {
        rated_count: rated_count as i64,
        unlock_at: UNLOCK_AT as i64,
        ..Default::default()
    };
    let Some(mut movies) = by_prediction(&view, &caller, &list.2, after, limit) else {
        // With enough ratings, only a missing model prevents predictions.
        return match rated_count >= UNLOCK_AT {
            true => Err(Error::no_model()),
            false => Ok(response),
        };
    };
    if movies.len() > limit {
        movies.truncate(limit);
        response.next_cursor = movies
            .last()
            .map(|(_, position)| cursor::encode_for(&list, position))
            .unwrap_or_default();
    }
    response.predictions = movies
        .into_iter()
        .filter_map(|(at, _)| prediction(&view, &caller, at))
        .collect();
    Ok(response)
}

/// The prediction for the movie at this index of the view; `None` if nothing is predicted for this caller.
pub(crate) fn prediction(view: &View, caller: &CallerProfile, at: usize) -> Option<api::Prediction> {
    let (vectors, taste) = (view.vectors.as_ref()?, caller.taste.as_ref()?);
    let item = vectors.item(at);
    let predicted = vectors.model().predict(&taste.folded, item);
    let confidence = match vectors.model().confidence(predicted.deviation) {
        Confidence::Low => api::Confidence::Low,
        Confidence::Medium => api::Confidence::Medium,
        Confidence::High => api::Confidence::High,
    };
    let reasons = vectors
        .model()
        .because(&taste.folded, &taste.reasons, item, MAX_REASONS);
    Some(api::Prediction {
        movie_id: view.movies[at].id.to_string(),
        stars: predicted.stars,
        confidence: confidence.into(),
        because_movie_ids: reasons.into_iter().map(|i| taste.movies[i].to_string()).collect(),
    })
}

/// A cursor position in the list by predicted stars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    /// Millionths of a star, not clamped: an integer survives the encoding of a cursor without rounding.
    millionths: i64,
    movie: Uuid,
}

impl Position {
    fn order(&self) -> (Reverse<i64>, Uuid) {
        (Reverse(self.millionths), self.movie)
    }
}

/// The unrated movies after this position, by predicted stars in descending order: one more than `limit` if there are
/// more. `None` if nothing is predicted for this caller.
fn by_prediction(
    view: &View,
    caller: &CallerProfile,
    filter: &Filter,
    after: Option<Position>,
    limit: usize,
) -> Option<Vec<(usize, Position)>> {
    let (vectors, taste) = (view.vectors.as_ref()?, caller.taste.as_ref()?);
    let movies = view.movies.iter().enumerate().filter_map(|(at, movie)| {
        if !filter.accepts(&movie.facts) || caller.profile.has_rated(movie.id) {
            return None;
        }
        let stars = vectors.model().score(&taste.folded, vectors.item(at).z);
        let position = Position {
            millionths: (stars * 1e6).round() as i64,
            movie: movie.id,
        };
        let is_after = after.is_none_or(|after| position.order() > after.order());
        is_after.then_some((at, position))
    });
    let mut movies: Vec<_> = movies.collect();
    if movies.len() > limit + 1 {
        movies.select_nth_unstable_by_key(limit, |(_, position)| position.order());
        movies.truncate(limit + 1);
    }
    movies.sort_unstable_by_key(|(_, position)| position.order());
    Some(movies)
}
