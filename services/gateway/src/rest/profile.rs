//! `/api/v1/members/{handle}/profile`.

use axum::extract::State;

use crate::{
    features::{
        members,
        profile::{self, Profile},
    },
    http::{
        auth::Anyone,
        extract::{Handle, Json},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Returns the head of a member's profile.
#[utoipa::path(get, path = "/api/v1/members/{handle}/profile", tag = "members", params(("handle" = String, Path)),
    responses((status = 200, body = Profile)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
) -> Result<Json<Profile>, Problem> {
    let member = members::by_handle(&clients, &caller, &handle).await?;
    Ok(Json(profile::read(&clients, &caller, member).await?))
}
