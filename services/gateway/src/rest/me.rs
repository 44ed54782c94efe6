//! `/api/v1/me`: the signed-in member, and the movies recommended to the member.

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::{IntoParams, ToSchema};

use crate::{
    features::{
        members::{self, Member},
        recommendations::{self, Recommendations, RowKind, RowQuery},
        unlock_progress,
    },
    http::{
        auth::SignedIn,
        extract::{Json, Query, limit},
        problem::Problem,
    },
    upstream::{clients::Clients, degraded::Degraded},
};

/// The signed-in member.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    member: Member,
    /// How many movies the member has rated.
    rated_count: i64,
    /// How many ratings unlock predictions.
    unlock_at: i64,
    /// Services that could not answer.
    degraded: Vec<&'static str>,
}

/// Returns the signed-in member.
#[utoipa::path(get, path = "/api/v1/me", tag = "me", security(("bearer" = [])), responses((status = 200, body = Me)))]
pub(super) async fn show(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Json<Me>, Problem> {
    let degraded = Degraded::default();
    let (member, progress) = tokio::join!(
        members::signed_in(&clients, &caller),
        unlock_progress::read(&clients, &caller, &degraded),
    );
    let (member, progress) = (member?, progress?);
    Ok(Json(Me {
        member,
        rated_count: progress.rated_count,
        unlock_at: progress.unlock_at,
        degraded: degraded.names(),
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RecommendationsFilter {
    /// `for_you` if left out.
    #[param(inline)]
    row: Option<RowKind>,
    /// 1-100; 20 if left out.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i32>,
    genre: Option<String>,
    country: Option<String>,
    /// Its first year.
    decade: Option<i32>,
    /// Any number: another one gives another variation of the same row.
    #[serde(default, deserialize_with = "variation")]
    variation: Option<u64>,
}

/// Reads a number of the range that the document describes, which is that of a 64-bit integer with a sign.
fn variation<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let given = Option::<i64>::deserialize(deserializer)?;
    let outside = |_| D::Error::custom("a whole number from 0 to 9223372036854775807");
    given.map(u64::try_from).transpose().map_err(outside)
}

/// Movies that the caller may like. None of them is rated, on the shelf or marked as not interesting.
#[utoipa::path(get, path = "/api/v1/me/recommendations", tag = "me", params(RecommendationsFilter),
    security(("bearer" = [])), responses((status = 200, body = Recommendations)))]
pub(super) async fn recommendations(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<RecommendationsFilter>,
) -> Result<Json<Recommendations>, Problem> {
    let query = RowQuery {
        row: filter.row,
        limit: limit("limit", filter.limit, 20, 100)?,
        genre: filter.genre,
        country: filter.country,
        decade: filter.decade,
        variation: filter.variation.unwrap_or_default(),
    };
    Ok(Json(recommendations::read(&clients, &caller, query).await?))
}
