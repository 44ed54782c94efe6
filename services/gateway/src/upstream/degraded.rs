//! The movie page, put together from three services at once. Only the movie itself must be there: without statistics, own
//! stars or a prediction the page is poorer and says so in `degraded`.

use chassis::identity::Caller;
use matcha_protos::{
    movie::v1::Movie,
    rating::v1::{Mine, MovieStatistics},
    recommendation::v1::Prediction,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    http::problem::Problem,
    upstream::{batch_reads, clients::Clients},
};

pub(crate) struct Page {
    pub(crate) movie: Movie,
    /// None: they cannot be had.
    pub(crate) statistics: Option<MovieStatistics>,
    /// None: signed out, or they cannot be had.
    pub(crate) mine: Option<Mine>,
    pub(crate) prediction: Option<Prediction>,
    /// The rated movies that raise the prediction most.
    pub(crate) because: Vec<Movie>,
    pub(crate) degraded: Vec<&'static str>,
}

/// Names of services that could not answer, each once. What they would have said is left out; a copy kept from an earlier
/// answer belongs here.
#[derive(Default)]
pub(crate) struct Degraded(Vec<&'static str>);

impl Degraded {
    /// The part, or nothing and a note.
    pub(crate) fn part<T>(&mut self, service: &'static str, result: Result<T, Status>) -> Option<T> {
        result
            .inspect_err(|status| {
                self.note(service, status);
            })
            .ok()
    }

    pub(crate) fn note(&mut self, service: &'static str, status: &Status) {
        note(service, status);
        if !self.0.contains(&service) {
            self.0.push(service);
        }
    }

    /// Adds what another part of the same answer noted meanwhile.
    pub(crate) fn join(&mut self, other: Self) {
        for service in other.0 {
            if !self.0.contains(&service) {
                self.0.push(service);
            }
        }
    }

    pub(crate) fn into_names(self) -> Vec<&'static str> {
        self.0
    }
}

/// What is not for the caller is no fault of the service: there is nothing to show, and nobody is unwell.
pub(crate) fn shown<T>(answer: Result<T, Status>) -> Result<Option<T>, Status> {
    match answer {
        Err(status) if status.code() == Code::PermissionDenied => Ok(None),
        answer => answer.map(Some),
    }
}

/// Says in the log and in the metrics that an answer lacks a part.
pub(crate) fn note(service: &'static str, status: &Status) {
    tracing::warn!(service, code = ?status.code(), message = status.message(), "a part is left out");
    metrics::counter!("degraded_parts_total", "service" => service).increment(1);
}

pub(crate) async fn movie_page(clients: &Clients, caller: &Caller, id: Uuid) -> Result<Page, Problem> {
    let ids = [id];
    let (movie, statistics, mine, predictions) = tokio::join!(
        clients.movies.read(&ids),
        clients.statistics.read(&ids),
        batch_reads::mine(clients, caller, &ids),
        batch_reads::predictions(clients, caller, &ids),
    );
    let movie = movie?.remove(&id).ok_or_else(|| Problem::not_found("movie"))?;
    let mut degraded = Degraded::default();
    let statistics = degraded.part("rating", statistics);
    let statistics = statistics.map(|mut of| of.remove(&id).unwrap_or_default());
    let mine = degraded.part("rating", mine);
    let predictions = degraded.part("recommendation", predictions);

    let signed_in = caller.member_if_any().is_some();
    let mine = mine
        .filter(|_| signed_in)
        .map(|mut mine| mine.remove(&id).unwrap_or_default());
    // Without the member's own stars nobody knows whether a prediction may be shown.
    let prediction = match &mine {
        Some(mine) if mine.stars.is_none() => predictions.and_then(|mut predictions| predictions.remove(&id)),
        _ => None,
    };
    let because = match &prediction {
        Some(prediction) => {
            let ids = batch_reads::ids(&prediction.because_movie_ids);
            let movies = clients.movies.read(&ids).await;
            let movies = degraded.part("movie", movies).unwrap_or_default();
            in_order(&ids, movies)
        }
        None => Vec::new(),
    };
    Ok(Page {
        movie,
        statistics,
        mine,
        prediction,
        because,
        degraded: degraded.into_names(),
    })
}

/// The values of these ids, in their order.
pub(crate) fn in_order<T>(ids: &[Uuid], mut values: std::collections::HashMap<Uuid, T>) -> Vec<T> {
    ids.iter().filter_map(|id| values.remove(id)).collect()
}
