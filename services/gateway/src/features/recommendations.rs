//! Recommendations: rows of movies that a member may like.

use chassis::{client::request, identity::Caller};
use matcha_protos::recommendation::v1::{self as proto, RecommendRequest, RecommendResponse, SimilarRequest};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        movies::{self, Movie, NamedMovie},
        viewer_state::Predicted,
    },
    http::{
        extract::{decade, text},
        problem::Problem,
    },
    id::Id,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
    wire_enum::wire_enum,
};

wire_enum! {
    /// What a row of movies is.
    pub(crate) enum RowKind = proto::Row {
        /// Movies that the caller is likely to watch and to give at least their mean (if fewer than 20 are predicted so much, the 20
        /// best predicted). For a caller without ratings and wishes, popular movies.
        ForYou,
        /// Movies whose predicted stars exceed their average most.
        EspeciallyYou,
        /// Movies similar to one that the caller rated high.
        BecauseYouLiked,
        /// Highest trending score and average. The weight of a rating in the trending score halves every two weeks.
        Rising,
        BestRated,
        MostRated,
    }
}

/// Which row to read.
pub(crate) struct RowQuery {
    /// `for_you` unless chosen otherwise.
    pub(crate) row: Option<RowKind>,
    pub(crate) limit: i32,
    pub(crate) genre: Option<String>,
    pub(crate) country: Option<String>,
    /// Its first year.
    pub(crate) decade: Option<i32>,
    /// Any number: another one gives another variation of the same row.
    pub(crate) variation: u64,
}

/// A row of movies for the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recommendations {
    row: RowKind,
    /// True if the row is chosen from the caller's ratings. Always false for `rising`, `best_rated` and `most_rated`; false for
    /// the others until the caller has rated enough.
    personal: bool,
    /// With `because_you_liked`: the movie that the row starts from.
    because_of: Option<Movie>,
    items: Vec<Recommended>,
    /// Services that did not answer; their part is null.
    degraded: Vec<&'static str>,
}

/// A movie of a row.
#[derive(Serialize, ToSchema)]
struct Recommended {
    movie: Movie,
    /// In every row, once the caller has rated enough.
    predicted: Option<Predicted>,
    /// The movies that the caller liked and that speak most for this one: rated at least 3.5 stars and the caller's mean.
    because: Vec<NamedMovie>,
}

/// Asks the recommendation service for a row.
pub(crate) async fn recommend(
    clients: &Clients,
    caller: &Caller,
    message: RecommendRequest,
) -> Result<RecommendResponse, Status> {
    let mut recommendation = clients.recommendation.clone();
    Ok(recommendation.recommend(request(message, caller)).await?.into_inner())
}

/// Reads a row with its movies, their averages, and the movies that explain them.
pub(crate) async fn read(clients: &Clients, caller: &Caller, query: RowQuery) -> Result<Recommendations, Problem> {
    let row = query.row.unwrap_or(RowKind::ForYou);
    let message = RecommendRequest {
        row: row.to_proto().into(),
        limit: query.limit,
        genre: text("genre", query.genre)?,
        country: text("country", query.country)?,
        decade: decade("decade", query.decade)?,
        variation: query.variation,
    };
    let answer = recommend(clients, caller, message).await?;
    let movie_ids = answer.movies.iter().map(|one| &one.movie_id);
    let movie_ids = batch_reads::ids(movie_ids.chain([&answer.because_movie_id]));
    let predictions = answer.movies.iter().filter_map(|one| one.prediction.as_ref());
    let reasons = predictions.flat_map(|prediction| &prediction.because_movie_ids);
    let reasons = batch_reads::ids(reasons.chain(answer.movies.iter().flat_map(|one| &one.because_movie_ids)));
    let (movies, reasons) = tokio::join!(movies::read(clients, &movie_ids), clients.movies.read(&reasons));
    let (mut movies, reasons) = (movies?, reasons?);
    let degraded = Degraded::default();
    movies::add_averages(clients, movies.values_mut(), &degraded).await;

    let because = |ids: &[Uuid]| -> Vec<_> { ids.iter().filter_map(|id| reasons.get(id).cloned()).collect() };
    let items = answer.movies.iter().filter_map(|one| {
        let predicted = one.prediction.as_ref().map(|prediction| {
            let predicted = Predicted::from(prediction);
            let because = because(&predicted.because_movie_ids);
            predicted.with_because(because)
        });
        let because = because(&batch_reads::ids(&one.because_movie_ids)).into_iter();
        Some(Recommended {
            movie: movies.remove(&Id::from_proto(&one.movie_id))?,
            predicted,
            because: because.map(NamedMovie::from).collect(),
        })
    });
    let items = items.collect();
    Ok(Recommendations {
        row,
        personal: answer.personal,
        because_of: movies.remove(&Id::from_proto(&answer.because_movie_id)),
        items,
        degraded: degraded.names(),
    })
}

/// The ids of movies that are similar to a movie, the most similar first.
pub(crate) async fn similar(
    clients: &Clients,
    caller: &Caller,
    movie_id: Uuid,
    limit: i32,
) -> Result<Vec<Uuid>, Status> {
    let message = SimilarRequest {
        movie_id: movie_id.to_string(),
        limit,
    };
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation.similar(request(message, caller)).await?;
    Ok(batch_reads::ids(&answer.into_inner().movie_ids))
}
