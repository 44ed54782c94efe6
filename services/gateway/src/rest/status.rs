//! `/api/v1/status`: how good the predictions are, for anybody to read.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    features::model::{self, Model},
    http::{auth::Anyone, extract::Json, problem::Problem},
    upstream::clients::Clients,
};

#[derive(Serialize, ToSchema)]
pub(super) struct ModelStatus {
    /// Null: none has been trained yet.
    model: Option<Model>,
}

/// The model in use, with its held-out error.
#[utoipa::path(get, path = "/api/v1/status/model", tag = "status", responses((status = 200, body = ModelStatus)))]
pub(super) async fn model(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
) -> Result<Json<ModelStatus>, Problem> {
    let model = model::get(&clients, &caller).await?;
    Ok(Json(ModelStatus { model }))
}
