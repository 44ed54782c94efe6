//! `/api/v1/members/{handle}/taste`, the movies behind each of its figures, and the caller's own taste.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::pages::page;
use crate::{
    features::{
        members,
        taste::{self, Taste, TasteGroup, TasteMovies, TasteMoviesQuery},
    },
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, Query},
        problem::Problem,
    },
    upstream::clients::Clients,
};

/// The taste of a member.
#[utoipa::path(get, path = "/api/v1/members/{handle}/taste", tag = "members", params(("handle" = String, Path)),
    responses((status = 200, body = Taste)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
) -> Result<Json<Taste>, Problem> {
    let member = members::by_handle(&clients, &caller, &handle).await?;
    Ok(Json(taste::get_all(&clients, &caller, Some(member.id)).await?))
}

/// The caller's taste.
#[utoipa::path(get, path = "/api/v1/me/taste", tag = "me", security(("bearer" = [])),
    responses((status = 200, body = Taste)))]
pub(super) async fn mine(State(clients): State<Clients>, SignedIn(caller): SignedIn) -> Result<Json<Taste>, Problem> {
    Ok(Json(taste::get_all(&clients, &caller, None).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FigureFilter {
    /// What the movies have in common.
    #[param(inline)]
    group: TasteGroup,
    /// The key of the figure. With `stars`, the stars, such as 4.5; with `all`, none.
    key: Option<String>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// All the movies behind one figure of a taste, best rated first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/taste/movies", tag = "members",
    params(("handle" = String, Path), FigureFilter), responses((status = 200, body = TasteMovies)))]
pub(super) async fn movies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<FigureFilter>,
) -> Result<Json<TasteMovies>, Problem> {
    let key = taste::checked_key(filter.group, filter.key)?;
    let page = page(filter.cursor, filter.limit)?;
    let member = members::by_handle(&clients, &caller, &handle).await?;
    let query = TasteMoviesQuery {
        member: Some(member.id),
        group: filter.group,
        key,
        page,
    };
    let movies = taste::movies(&clients, &caller, query).await?;
    Ok(Json(movies.with_averages(&clients).await))
}
