//! `/api/v1/movies/{id}/shelf`: the one state in which a movie is on the member's shelf. Both writes may be repeated.

use axum::extract::State;
use chassis::client::request;
use http::StatusCode;
use matcha_protos::rating::v1::{self as proto, ClearShelfRequest, PutShelfRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    http::{
        auth::SignedIn,
        extract::{Json, MovieId},
        problem::Problem,
    },
    upstream::clients::Clients,
};

#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ShelfState {
    Wish,
    Watching,
    NotInterested,
}

impl ShelfState {
    pub(super) fn from_inside(state: proto::ShelfState) -> Option<Self> {
        match state {
            proto::ShelfState::Unspecified => None,
            proto::ShelfState::Wish => Some(Self::Wish),
            proto::ShelfState::Watching => Some(Self::Watching),
            proto::ShelfState::NotInterested => Some(Self::NotInterested),
        }
    }

    pub(super) fn inside(self) -> proto::ShelfState {
        match self {
            Self::Wish => proto::ShelfState::Wish,
            Self::Watching => proto::ShelfState::Watching,
            Self::NotInterested => proto::ShelfState::NotInterested,
        }
    }
}

/// Where a movie is on the shelf.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    state: ShelfState,
}

/// Puts a movie on the shelf, in place of the state before.
#[utoipa::path(put, path = "/api/v1/movies/{id}/shelf", tag = "movies", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = Place, responses((status = 200, body = Place)))]
pub(super) async fn put(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieId(id): MovieId,
    Json(place): Json<Place>,
) -> Result<Json<Place>, Problem> {
    let message = PutShelfRequest {
        movie_id: id.to_string(),
        state: place.state.inside().into(),
    };
    clients.rating.clone().put_shelf(request(message, &caller)).await?;
    Ok(Json(place))
}

/// Takes a movie off the shelf; it need not be there.
#[utoipa::path(delete, path = "/api/v1/movies/{id}/shelf", tag = "movies", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "It is not on the shelf now.")))]
pub(super) async fn clear(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieId(id): MovieId,
) -> Result<StatusCode, Problem> {
    let message = ClearShelfRequest {
        movie_id: id.to_string(),
    };
    clients.rating.clone().clear_shelf(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}
