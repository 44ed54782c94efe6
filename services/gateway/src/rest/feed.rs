//! `/api/v1/me/feed`: what the members whom the caller follows did; and members to follow.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::pages::PageFilter;
use crate::{
    features::{
        feed::{self, Feed},
        members::{self, PublicMember},
    },
    http::{
        auth::SignedIn,
        extract::{Json, Query, limit},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// Returns what followed members rated, wrote and wish for, newest first. What a member does not show to the caller is left
/// out.
#[utoipa::path(get, path = "/api/v1/me/feed", tag = "me", security(("bearer" = [])),
    params(PageFilter), responses((status = 200, body = Feed)))]
pub(super) async fn feed(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Feed>, Problem> {
    let feed = feed::list(&clients, &caller, filter.page()?).await?;
    Ok(Json(feed.with_movies_and_members(&clients, &caller).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SuggestedMembersFilter {
    /// 1-20; 6 if left out.
    #[param(minimum = 1, maximum = 20)]
    limit: Option<i32>,
}

/// Members to follow.
#[derive(Serialize, ToSchema)]
pub(super) struct SuggestedMembers {
    items: Vec<PublicMember>,
}

/// Returns members whom the caller could follow: those with the most followers first, then the longest registered.
#[utoipa::path(get, path = "/api/v1/me/suggested-members", tag = "me", security(("bearer" = [])),
    params(SuggestedMembersFilter), responses((status = 200, body = SuggestedMembers)))]
pub(super) async fn suggested(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<SuggestedMembersFilter>,
) -> Result<Json<SuggestedMembers>, Problem> {
    let limit = limit("limit", filter.limit, 6, 20)?;
    let items = members::suggested(&clients, &caller, limit).await?;
    Ok(Json(SuggestedMembers { items }))
}
