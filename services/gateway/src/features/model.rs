//! The model that predicts stars: when it was trained, on what, and how good it is.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::recommendation::v1::{self as proto, GetModelRequest};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;

use crate::{timestamp::Timestamp, upstream::clients::Clients};

/// The model in use.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct Model {
    version: String,
    #[schema(value_type = OffsetDateTime)]
    trained_at: Timestamp,
    /// Ratings that it was trained on.
    ratings: i64,
    /// Members whose ratings it was trained on.
    members: i64,
    /// Movies that it can predict stars for.
    movies: i64,
    /// Dimensions of its factor vectors.
    factors: i32,
    /// The root mean square error on the last ratings of each member, which training left out; null: not measured.
    held_out_rmse: Option<f64>,
    /// The same error of predicting the movie's average, to compare.
    held_out_rmse_average: Option<f64>,
    training_seconds: f64,
    /// How good its lists are on the same ratings; null: not measured.
    lists: Option<ListQuality>,
    /// The current training, or how the last one ended; null: none yet.
    training: Option<Training>,
}

/// How good the lists of recommendations are, measured on the ratings that training left out.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct ListQuality {
    /// The share of the left-out ratings among the first twenty.
    recall_at_20: f64,
    /// Normalized discounted cumulative gain of the first hundred.
    ndcg_at_100: f64,
    /// The share of the catalogue that appears among anybody's first twenty.
    coverage: f64,
    /// The mean dissimilarity of two movies of a first twenty.
    diversity: f64,
    /// The share of NDCG@20 that is given up for diversity.
    diversity_cost: f64,
}

/// A training of the model.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct Training {
    /// `training`, `published`, `refused` or `failed`.
    state: String,
    stage: String,
    round: i32,
    rounds: i32,
    #[schema(value_type = OffsetDateTime)]
    started_at: Timestamp,
    /// The version that was published, or why none was.
    detail: String,
}

/// Reads the model in use; `None` before the first one is trained.
pub(crate) async fn get(clients: &Clients, caller: &Caller) -> Result<Option<Model>, Status> {
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation.get_model(request(GetModelRequest {}, caller)).await?;
    let model = answer.into_inner();
    Ok((!model.version.is_empty()).then(|| model.into()))
}

impl From<proto::GetModelResponse> for Model {
    fn from(model: proto::GetModelResponse) -> Self {
        // The recommendation service sends 0 if it has not measured the figure.
        let measured = |error: f64| (error > 0.0).then_some(error);
        Self {
            lists: (model.recall_at_20 > 0.0).then_some(ListQuality {
                recall_at_20: model.recall_at_20,
                ndcg_at_100: model.ndcg_at_100,
                coverage: model.coverage,
                diversity: model.diversity,
                diversity_cost: model.diversity_cost,
            }),
            training: model
                .training
                .filter(|training| !training.state.is_empty())
                .map(Training::from),
            version: model.version,
            trained_at: Timestamp::from_seconds(model.trained_at),
            ratings: model.ratings,
            members: model.members,
            movies: model.movies,
            factors: model.factors,
            held_out_rmse: measured(model.held_out_rmse),
            held_out_rmse_average: measured(model.held_out_rmse_average),
            training_seconds: model.training_seconds,
        }
    }
}

impl From<proto::Training> for Training {
    fn from(training: proto::Training) -> Self {
        Self {
            state: training.state,
            stage: training.stage,
            round: training.round,
            rounds: training.rounds,
            // The service counts milliseconds here.
            started_at: Timestamp::from_seconds(training.started_at / 1000),
            detail: training.detail,
        }
    }
}
