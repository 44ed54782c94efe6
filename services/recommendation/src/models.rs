//! GetModel: the live model with its measured quality, and the progress of the current training.

use matcha_protos::recommendation::v1::{GetModelResponse, Training};

use crate::{Service, catalogue::View, progress::Progress};

/// The RPC GetModel. The model is in memory, so a failure of Redis only leaves out the training.
pub(crate) async fn get_model(service: &Service) -> GetModelResponse {
    let training = service.store.training().await.unwrap_or_default();
    GetModelResponse {
        training: Some(training_to_proto(training)),
        ..live_model(&service.catalogue.view())
    }
}

fn live_model(view: &View) -> GetModelResponse {
    let Some(vectors) = &view.vectors else {
        return GetModelResponse::default();
    };
    let info = &vectors.model().info;
    GetModelResponse {
        version: info.version.clone(),
        trained_at: info.trained_at,
        ratings: info.ratings,
        members: info.members,
        movies: info.movies,
        factors: info.factors as i32,
        held_out_rmse: info.held_out_rmse,
        held_out_rmse_average: info.held_out_rmse_average,
        training_seconds: info.training_seconds,
        recall_at_20: info.lists.recall_at_20,
        ndcg_at_100: info.lists.ndcg_at_100,
        coverage: info.lists.coverage,
        diversity: info.lists.diversity,
        diversity_cost: info.lists.diversity_cost,
        training: None,
    }
}

fn training_to_proto(progress: Progress) -> Training {
    Training {
        state: progress.state,
        stage: progress.stage,
        round: progress.round as i32,
        rounds: progress.rounds as i32,
        started_at: progress.started_at,
        detail: progress.detail,
    }
}
