//! `/api/v1/status`: how good the predictions are, for anybody to read.

use axum::extract::State;
use chassis::client::request;
use matcha_protos::recommendation::v1::GetModelRequest;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::me::moment;
use crate::{
    http::{auth::Anyone, extract::Json, problem::Problem},
    upstream::clients::Clients,
};

#[derive(Serialize, ToSchema)]
pub(super) struct ModelStatus {
    /// Null: none has been trained yet.
    model: Option<Model>,
}

/// The model that predicts.
#[derive(Serialize, ToSchema)]
struct Model {
    version: String,
    #[serde(with = "time::serde::rfc3339")]
    trained_at: OffsetDateTime,
    ratings: i64,
    members: i64,
    movies: i64,
    factors: i32,
    /// On the last ratings of each member, left out of training; null: not measured.
    held_out_rmse: Option<f64>,
    /// The same for the movies' averages, to compare.
    held_out_rmse_average: Option<f64>,
    training_seconds: f64,
    /// How good its lists are, on the same ratings; null: not measured.
    lists: Option<ListQuality>,
    /// The current training, or how the last one ended; null: none yet.
    training: Option<Training>,
}

#[derive(Serialize, ToSchema)]
struct ListQuality {
    /// The share of the left-out ratings among the first twenty.
    recall_at_20: f64,
    ndcg_at_100: f64,
    /// The share of the catalogue among anybody's first twenty.
    coverage: f64,
    /// The mean unlikeness within a first twenty.
    diversity: f64,
    /// The share of NDCG@20 that the plain order would have more.
    diversity_cost: f64,
}

#[derive(Serialize, ToSchema)]
struct Training {
    /// `training`, `published`, `refused` or `failed`.
    state: String,
    stage: String,
    round: i32,
    rounds: i32,
    #[serde(with = "time::serde::rfc3339")]
    started_at: OffsetDateTime,
    /// The version that was published, or why none was.
    detail: String,
}

/// The model in use, with its held-out error.
#[utoipa::path(get, path = "/api/v1/status/model", tag = "status", responses((status = 200, body = ModelStatus)))]
pub(super) async fn model(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
) -> Result<Json<ModelStatus>, Problem> {
    let mut recommendation = clients.recommendation.clone();
    let answer = recommendation.get_model(request(GetModelRequest {}, &caller)).await?;
    let model = answer.into_inner();
    let measured = |error: f64| (error > 0.0).then_some(error);
    let model = (!model.version.is_empty()).then(|| Model {
        version: model.version,
        trained_at: moment(model.trained_at),
        ratings: model.ratings,
        members: model.members,
        movies: model.movies,
        factors: model.factors,
        held_out_rmse: measured(model.held_out_rmse),
        held_out_rmse_average: measured(model.held_out_rmse_average),
        training_seconds: model.training_seconds,
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
            .map(|training| Training {
                state: training.state,
                stage: training.stage,
                round: training.round,
                rounds: training.rounds,
                started_at: moment(training.started_at / 1000),
                detail: training.detail,
            }),
    });
    Ok(Json(ModelStatus { model }))
}
