//! The movie page of REST, read from three services at once. Only the movie itself is required: if statistics, viewer state
//! or predictions cannot be read, their fields are null and `degraded` names the services that did not answer.

use chassis::identity::Caller;
use matcha_protos::rating::v1 as rating;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        movies::{Movie, histogram},
        viewer_state::{Predicted, ViewerMovieState},
    },
    http::problem::Problem,
    stars,
    upstream::{
        batch_reads,
        clients::Clients,
        degraded::{Degraded, in_order},
    },
};

/// Everything about one movie.
#[derive(Serialize, ToSchema)]
pub(crate) struct MoviePage {
    movie: Movie,
    /// Null: the rating service did not answer.
    statistics: Option<Statistics>,
    /// What the caller has said of the movie; null when signed out, or if the rating service did not answer.
    mine: Option<ViewerMovieState>,
    /// Services that did not answer; their part is null.
    degraded: Vec<&'static str>,
}

/// What all members together have said of a movie.
#[derive(Serialize, ToSchema)]
struct Statistics {
    /// The mean of all members' stars, 0.5-5.0, rounded to hundredths. Null if no member has rated the movie.
    average: Option<f64>,
    /// The number of ratings.
    count: i64,
    /// How often each number of stars was given: ten numbers, from half a star to five.
    #[schema(min_items = 10, max_items = 10)]
    histogram: Vec<i64>,
    /// The number of public comments.
    comment_count: i64,
}

impl From<rating::MovieStatistics> for Statistics {
    fn from(of: rating::MovieStatistics) -> Self {
        Self {
            average: stars::average(of.sum, of.count),
            count: of.count,
            comment_count: of.comment_count,
            histogram: histogram(of.histogram),
        }
    }
}

/// Reads the page of a movie.
pub(crate) async fn read(clients: &Clients, caller: &Caller, id: Uuid) -> Result<MoviePage, Problem> {
    let ids = [id];
    let (movie, statistics, states, predictions) = tokio::join!(
        clients.movies.read(&ids),
        clients.statistics.read(&ids),
        batch_reads::viewer_states(clients, caller, &ids),
        batch_reads::predictions(clients, caller, &ids),
    );
    let movie = movie?.remove(&id).ok_or_else(|| Problem::not_found("movie"))?;
    let degraded = Degraded::default();
    let statistics = degraded.part("rating", statistics);
    let statistics = statistics.map(|mut of| of.remove(&id).unwrap_or_default());
    let states = degraded.part("rating", states);
    let predictions = degraded.part("recommendation", predictions);

    let is_signed_in = caller.member_if_any().is_some();
    let state = states
        .filter(|_| is_signed_in)
        .map(|mut states| states.remove(&id).unwrap_or_default());
    // A prediction may be shown only once it is known that the caller has not rated the movie.
    let prediction = match &state {
        Some(state) if state.stars.is_none() => predictions.and_then(|mut predictions| predictions.remove(&id)),
        _ => None,
    };
    let predicted = match prediction.as_ref().map(Predicted::from) {
        Some(predicted) => {
            let movies = clients.movies.read(&predicted.because_movie_ids).await;
            let movies = degraded.part("movie", movies).unwrap_or_default();
            let because = in_order(&predicted.because_movie_ids, movies);
            Some(predicted.with_because(because))
        }
        None => None,
    };
    Ok(MoviePage {
        movie: Movie::from(movie).with_average(statistics.as_ref()),
        statistics: statistics.map(Statistics::from),
        mine: state.map(|state| ViewerMovieState::new(&state, predicted)),
        degraded: degraded.names(),
    })
}
