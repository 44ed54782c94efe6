//! `/api/v1/lists`: members' lists of movies. The client generates a list's id, so every write may be repeated.

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::IntoParams;

use super::pages::{PageFilter, page};
use crate::{
    features::{
        list_movies::{self, ListMovies, ListOrder, ListVersion},
        lists::{self, List, ListDraft, ListLikes, Lists, Owner},
        members,
    },
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, ListId, MovieInList, PathId, Query, text, uuid},
        problem::Problem,
    },
    upstream::clients::Clients,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListSearch {
    /// What the title contains; spaces, case and accents do not count.
    q: String,
    /// `next_cursor` of the page before, from the same query.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Searches public lists by title, the exact title first.
#[utoipa::path(get, path = "/api/v1/lists", tag = "lists", security((), ("bearer" = [])),
    params(ListSearch), responses((status = 200, body = Lists)))]
pub(super) async fn search(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(filter): Query<ListSearch>,
) -> Result<Json<Lists>, Problem> {
    let query = text("q", Some(filter.q))?;
    let page = page(filter.cursor, filter.limit)?;
    let lists = lists::search(&clients, &caller, query, page).await?;
    Ok(Json(lists.with_members(&clients, &caller).await))
}

/// Returns a list. Another member's private list is not found.
#[utoipa::path(get, path = "/api/v1/lists/{id}", tag = "lists", security((), ("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = List)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    ListId(id): ListId,
) -> Result<Json<List>, Problem> {
    let list = lists::get(&clients, &caller, id).await?;
    let list = list.ok_or_else(|| Problem::not_found("list"))?;
    Ok(Json(list.with_member(&clients, &caller).await))
}

/// Changes title, text and visibility of a list, or creates an empty list with this id.
#[utoipa::path(put, path = "/api/v1/lists/{id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = ListDraft, responses((status = 200, body = List)))]
pub(super) async fn write(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    ListId(id): ListId,
    Json(draft): Json<ListDraft>,
) -> Result<Json<List>, Problem> {
    let list = lists::put(&clients, &caller, id, draft).await?;
    Ok(Json(list.with_member(&clients, &caller).await))
}

/// Deletes a list. Succeeds if there is none.
#[utoipa::path(delete, path = "/api/v1/lists/{id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no such list now.")))]
pub(super) async fn delete(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    lists::delete(&clients, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Returns the movies of a list.
#[utoipa::path(get, path = "/api/v1/lists/{id}/movies", tag = "lists", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), PageFilter), responses((status = 200, body = ListMovies)))]
pub(super) async fn movies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    ListId(id): ListId,
    Query(filter): Query<PageFilter>,
) -> Result<Json<ListMovies>, Problem> {
    let movies = list_movies::read(&clients, &caller, id.into(), filter.page()?).await?;
    Ok(Json(movies.with_averages(&clients).await))
}

/// Puts the movies of a list in another order.
#[utoipa::path(put, path = "/api/v1/lists/{id}/movies", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = ListOrder, responses((status = 200, body = ListVersion)))]
pub(super) async fn order(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    ListId(id): ListId,
    Json(order): Json<ListOrder>,
) -> Result<Json<ListVersion>, Problem> {
    Ok(Json(list_movies::order(&clients, &caller, id, order).await?))
}

/// Adds a movie to the end of a list. A movie that is in the list stays where it is.
#[utoipa::path(put, path = "/api/v1/lists/{id}/movies/{movie_id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path), ("movie_id" = Uuid, Path)), responses((status = 200, body = ListVersion)))]
pub(super) async fn add(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieInList { list, movie }: MovieInList,
) -> Result<Json<ListVersion>, Problem> {
    Ok(Json(list_movies::add(&clients, &caller, list, movie).await?))
}

/// Removes a movie from a list. Succeeds if it is not in the list.
#[utoipa::path(delete, path = "/api/v1/lists/{id}/movies/{movie_id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path), ("movie_id" = Uuid, Path)), responses((status = 200, body = ListVersion)))]
pub(super) async fn remove(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    MovieInList { list, movie }: MovieInList,
) -> Result<Json<ListVersion>, Problem> {
    Ok(Json(list_movies::remove(&clients, &caller, list, movie).await?))
}

/// Likes another member's list.
#[utoipa::path(put, path = "/api/v1/lists/{id}/like", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = ListLikes)))]
pub(super) async fn like(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    ListId(id): ListId,
) -> Result<Json<ListLikes>, Problem> {
    Ok(Json(lists::like(&clients, &caller, id).await?))
}

/// Takes the like back. Succeeds if there is none.
#[utoipa::path(delete, path = "/api/v1/lists/{id}/like", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = ListLikes)))]
pub(super) async fn unlike(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    ListId(id): ListId,
) -> Result<Json<ListLikes>, Problem> {
    Ok(Json(lists::unlike(&clients, &caller, id).await?))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MyListsFilter {
    /// A movie's id: each list then says whether it has this movie.
    contains: Option<String>,
    /// `next_cursor` of the page before, from the same list.
    cursor: Option<String>,
    /// 1-50; 20 if left out.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Returns the caller's own lists, newest first, private ones too.
#[utoipa::path(get, path = "/api/v1/me/lists", tag = "me", security(("bearer" = [])),
    params(MyListsFilter), responses((status = 200, body = Lists)))]
pub(super) async fn mine(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<MyListsFilter>,
) -> Result<Json<Lists>, Problem> {
    let contains = filter.contains.map(|id| uuid("contains", &id)).transpose()?;
    let page = page(filter.cursor, filter.limit)?;
    let lists = lists::of_member(&clients, &caller, Owner::Caller { contains }, page).await?;
    Ok(Json(lists.with_members(&clients, &caller).await))
}

/// Returns a member's public lists, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/lists", tag = "members", security((), ("bearer" = [])),
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Lists)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Lists>, Problem> {
    let page = filter.page()?;
    let owner = members::by_handle(&clients, &caller, &handle).await?.id;
    let lists = lists::of_member(&clients, &caller, Owner::Member(owner), page).await?;
    Ok(Json(lists.with_members(&clients, &caller).await))
}

/// Returns the public lists that contain a movie, the most liked first.
#[utoipa::path(get, path = "/api/v1/movies/{id}/lists", tag = "lists", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), PageFilter), responses((status = 200, body = Lists)))]
pub(super) async fn of_movie(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Lists>, Problem> {
    let lists = lists::of_movie(&clients, &caller, id, filter.page()?).await?;
    // Check that the movie exists only when no list has it; if movie is down, return the empty page.
    if lists.extra.total == Some(0) && clients.movies.read(&[id]).await.is_ok_and(|found| found.is_empty()) {
        return Err(Problem::not_found("movie"));
    }
    Ok(Json(lists.with_members(&clients, &caller).await))
}
