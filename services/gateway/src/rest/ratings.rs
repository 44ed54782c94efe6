//! `/api/v1/movies/{id}/rating`: the member's own stars. Both writes may be repeated.

use axum::extract::State;
use chassis::client::request;
use http::StatusCode;
use matcha_protos::rating::v1::{ClearRatingRequest, RateRequest};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use crate::{
    http::{
        auth::SignedIn,
        extract::{Json, MovieId},
        problem::Problem,
    },
    stars,
    upstream::clients::Clients,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GivenStars {
    /// 0.5-5.0 in half steps.
    #[schema(value_type = f64, minimum = 0.5, maximum = 5.0, multiple_of = 0.5, example = 4.5)]
    #[serde(deserialize_with = "inside")]
    stars: i32,
}

fn inside<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let given = f64::deserialize(deserializer)?;
    stars::inside(given).ok_or_else(|| D::Error::custom(stars::EXPECTED))
}

#[derive(Serialize, ToSchema)]
pub(super) struct Rated {
    stars: f64,
    /// How many movies the member has rated now.
    rated_count: i64,
}

/// Rates a movie or changes the rating.
#[utoipa::path(put, path = "/api/v1/movies/{id}/rating", tag = "movies", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = GivenStars, responses((status = 200, body = Rated)))]
pub(super) async fn rate(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieId(id): MovieId,
    Json(rating): Json<GivenStars>,
) -> Result<Json<Rated>, Problem> {
    let message = RateRequest {
        movie_id: id.to_string(),
        stars: rating.stars,
    };
    let answer = clients.rating.clone().rate(request(message, &caller)).await?;
    let answer = answer.into_inner();
    Ok(Json(Rated {
        stars: stars::outside(answer.stars),
        rated_count: answer.rated_count,
    }))
}

/// Clears the rating; there need not be one.
#[utoipa::path(delete, path = "/api/v1/movies/{id}/rating", tag = "movies", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no rating now.")))]
pub(super) async fn clear(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieId(id): MovieId,
) -> Result<StatusCode, Problem> {
    let message = ClearRatingRequest {
        movie_id: id.to_string(),
    };
    clients.rating.clone().clear_rating(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}
