//! `/api/v1/movies/{id}/rating` and the lists of ratings. Both writes are idempotent.

use axum::extract::State;
use http::StatusCode;
use serde::{Deserialize, Deserializer, de::Error as _};
use utoipa::{IntoParams, ToSchema};

use super::pages::page;
use crate::{
    features::{
        members,
        ratings::{self, Rated, RatingSort, Ratings, RatingsQuery},
    },
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, MovieId, Query},
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
    #[serde(deserialize_with = "half_steps")]
    stars: i32,
}

fn half_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i32, D::Error> {
    let given = f64::deserialize(deserializer)?;
    stars::to_half_steps(given).ok_or_else(|| D::Error::custom(stars::EXPECTED))
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
    Ok(Json(ratings::rate(&clients, &caller, id, rating.stars).await?))
}

/// Clears the rating; there need not be one.
#[utoipa::path(delete, path = "/api/v1/movies/{id}/rating", tag = "movies", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no rating now.")))]
pub(super) async fn clear(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieId(id): MovieId,
) -> Result<StatusCode, Problem> {
    ratings::clear(&clients, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct RatingsFilter {
    /// `newest` if left out.
    #[param(inline)]
    sort: Option<RatingSort>,
    /// Only ratings with these stars, 0.5-5.0.
    stars: Option<f64>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

impl RatingsFilter {
    fn query(self) -> Result<RatingsQuery, Problem> {
        Ok(RatingsQuery {
            member: None,
            sort: self.sort,
            half_steps: self.stars.map(ratings::half_steps).transpose()?,
            page: page(self.cursor, self.limit)?,
        })
    }
}

/// The caller's ratings.
#[utoipa::path(get, path = "/api/v1/me/ratings", tag = "me", operation_id = "ratings", params(RatingsFilter),
    security(("bearer" = [])), responses((status = 200, body = Ratings)))]
pub(super) async fn of_caller(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<RatingsFilter>,
) -> Result<Json<Ratings>, Problem> {
    let ratings = ratings::list(&clients, &caller, filter.query()?).await?;
    Ok(Json(ratings.with_averages(&clients).await))
}

/// A member's ratings.
#[utoipa::path(get, path = "/api/v1/members/{handle}/ratings", tag = "members", operation_id = "ratings",
    params(("handle" = String, Path), RatingsFilter), responses((status = 200, body = Ratings)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<RatingsFilter>,
) -> Result<Json<Ratings>, Problem> {
    let query = filter.query()?;
    let member = members::by_handle(&clients, &caller, &handle).await?;
    let query = RatingsQuery {
        member: Some(member.id),
        ..query
    };
    let ratings = ratings::list(&clients, &caller, query).await?;
    Ok(Json(ratings.with_averages(&clients).await))
}
