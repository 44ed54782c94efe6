//! `/api/v1/suggest`: suggestions while somebody types into the search box.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::autocomplete::{self, Suggestion},
    http::{
        auth::Anyone,
        extract::{Json, Query, limit, text},
        problem::Problem,
    },
    upstream::clients::Clients,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SuggestFilter {
    /// The text typed so far.
    q: String,
    /// 1-20; 8 if left out.
    #[param(minimum = 1, maximum = 20)]
    limit: Option<i32>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Suggestions {
    items: Vec<Suggestion>,
}

/// Movies and people, exact titles first, and after them members.
///
/// If a person is the best match, the best known movies of that person come right after the person. Averages are left out, so
/// that the answer comes quickly.
#[utoipa::path(get, path = "/api/v1/suggest", tag = "movies", params(SuggestFilter), security((), ("bearer" = [])),
    responses((status = 200, body = Suggestions)))]
pub(super) async fn suggest(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(filter): Query<SuggestFilter>,
) -> Result<Json<Suggestions>, Problem> {
    let (query, most) = (text("q", Some(filter.q))?, limit("limit", filter.limit, 8, 20)?);
    let items = autocomplete::suggest(&clients, &caller, query, most).await?;
    Ok(Json(Suggestions { items }))
}
