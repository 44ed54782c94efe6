//! `/api/v1/lists`: members' lists of movies. A list's id is drawn by whoever makes it, so every write may be repeated.

use std::collections::HashMap;

use axum::extract::State;
use chassis::{client::request, identity::Caller};
use http::StatusCode;
use matcha_protos::rating::v1::{
    self as proto, AddListMovieRequest, CreateListRequest, DeleteListRequest, GetListMoviesRequest, GetListsRequest,
    LikeListRequest, ListMemberListsRequest, ListMovieListsRequest, OrderListMoviesRequest, RemoveListMovieRequest,
    SearchListsRequest, UnlikeListRequest, UpdateListRequest,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tonic::Code;
use utoipa::{IntoParams, ToSchema};

use super::{
    comments::{Author, Authors, PageFilter},
    me::moment,
    members::find,
    movies::{Movie, by_ids},
};
use crate::{
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, MovieInList, PathId, Query, cursor, limit, text, uuid},
        problem::Problem,
    },
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// What a list says of itself.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListDraft {
    /// One line of 1 to 100 characters.
    title: String,
    /// At most 2,000 characters.
    #[serde(default)]
    text: String,
    /// Everybody may see it.
    public: bool,
}

/// A list as the caller may see it.
#[derive(Serialize, ToSchema)]
pub(super) struct List {
    #[schema(value_type = Uuid)]
    id: String,
    /// Null: members cannot be had at the moment.
    member: Option<Author>,
    title: String,
    text: String,
    public: bool,
    movie_count: i64,
    likes: i64,
    liked_by_me: bool,
    /// Of the movies and their order.
    version: i64,
    /// At most four.
    #[schema(value_type = Vec<Uuid>)]
    first_movie_ids: Vec<String>,
    /// Whether the movie that was asked about is in it; null: none was.
    contains_movie: Option<bool>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When title, text, visibility or movies were changed last.
    #[serde(with = "time::serde::rfc3339")]
    changed_at: OffsetDateTime,
}

impl List {
    fn new(found: proto::List, authors: &Authors) -> Self {
        Self {
            member: authors.of(&found.member_id),
            id: found.id,
            title: found.title,
            text: found.text,
            public: found.is_public,
            movie_count: found.movie_count,
            likes: found.like_count,
            liked_by_me: found.liked,
            version: found.version,
            first_movie_ids: found.first_movie_ids,
            contains_movie: None,
            created_at: moment(found.created_at),
            changed_at: moment(found.changed_at),
        }
    }
}

/// One list, with its owner.
async fn shown(clients: &Clients, caller: &Caller, found: proto::List) -> Json<List> {
    let ids = [found.member_id.clone()];
    // Without its owner it is still the list.
    let authors = Authors::read(clients, caller, ids.iter(), &mut Degraded::default()).await;
    Json(List::new(found, &authors))
}

/// A page of lists.
#[derive(Serialize, ToSchema)]
pub(super) struct Lists {
    items: Vec<List>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together; null where that is not counted.
    total: Option<i64>,
    degraded: Vec<&'static str>,
}

impl Lists {
    async fn new(
        clients: &Clients,
        caller: &Caller,
        lists: Vec<proto::List>,
        next_cursor: String,
        total: Option<i64>,
    ) -> Self {
        let mut degraded = Degraded::default();
        let ids = lists.iter().map(|list| &list.member_id);
        let authors = Authors::read(clients, caller, ids, &mut degraded).await;
        Self {
            items: lists.into_iter().map(|found| List::new(found, &authors)).collect(),
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            total,
            degraded: degraded.into_names(),
        }
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListSearch {
    /// What the title contains; spaces, case and accents do not count.
    q: String,
    /// `next_cursor` of the page before; it belongs to its query.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// Public lists by title, the exact title first.
#[utoipa::path(get, path = "/api/v1/lists", tag = "lists", security((), ("bearer" = [])),
    params(ListSearch), responses((status = 200, body = Lists)))]
pub(super) async fn search(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Query(filter): Query<ListSearch>,
) -> Result<Json<Lists>, Problem> {
    let message = SearchListsRequest {
        query: text("q", Some(filter.q))?,
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients.lists.clone().search_lists(request(message, &caller)).await?;
    let answer = answer.into_inner();
    let page = Lists::new(&clients, &caller, answer.lists, answer.next_cursor, None);
    Ok(Json(page.await))
}

/// A list. Somebody else's private one is not found.
#[utoipa::path(get, path = "/api/v1/lists/{id}", tag = "lists", security((), ("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = List)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
) -> Result<Json<List>, Problem> {
    let message = GetListsRequest {
        list_ids: vec![id.to_string()],
    };
    let answer = clients.lists.clone().get_lists(request(message, &caller)).await?;
    let found = answer.into_inner().lists.pop();
    let found = found.ok_or_else(|| Problem::not_found("list"))?;
    Ok(shown(&clients, &caller, found).await)
}

/// Changes what a list says, or makes an empty one of this id.
#[utoipa::path(put, path = "/api/v1/lists/{id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = ListDraft, responses((status = 200, body = List)))]
pub(super) async fn write(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(draft): Json<ListDraft>,
) -> Result<Json<List>, Problem> {
    let mut lists = clients.lists.clone();
    let update = UpdateListRequest {
        list_id: id.to_string(),
        title: draft.title,
        text: draft.text,
        is_public: draft.public,
    };
    let found = match lists.update_list(request(update.clone(), &caller)).await {
        Err(status) if status.code() == Code::NotFound => {
            let create = CreateListRequest {
                list_id: update.list_id,
                title: update.title,
                text: update.text,
                is_public: update.is_public,
                movie_ids: Vec::new(),
            };
            lists.create_list(request(create, &caller)).await?.into_inner().list
        }
        updated => updated?.into_inner().list,
    };
    Ok(shown(&clients, &caller, found.unwrap_or_default()).await)
}

/// Deletes a list; there need not be one.
#[utoipa::path(delete, path = "/api/v1/lists/{id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no such list now.")))]
pub(super) async fn delete(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    let message = DeleteListRequest {
        list_id: id.to_string(),
    };
    clients.lists.clone().delete_list(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page of a list's movies, in its order.
#[derive(Serialize, ToSchema)]
pub(super) struct ListMovies {
    items: Vec<Movie>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
    /// Of the movies and their order.
    version: i64,
    degraded: Vec<&'static str>,
}

/// The movies of a list.
#[utoipa::path(get, path = "/api/v1/lists/{id}/movies", tag = "lists", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), PageFilter), responses((status = 200, body = ListMovies)))]
pub(super) async fn movies(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
    Query(filter): Query<PageFilter>,
) -> Result<Json<ListMovies>, Problem> {
    let message = GetListMoviesRequest {
        list_id: id.to_string(),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients.lists.clone().get_list_movies(request(message, &caller)).await?;
    let answer = answer.into_inner();
    let mut degraded = Degraded::default();
    let items = by_ids(&clients, &batch_reads::ids(&answer.movie_ids), &mut degraded).await?;
    Ok(Json(ListMovies {
        items,
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
        version: answer.version,
        degraded: degraded.into_names(),
    }))
}

/// An order of all movies of a list.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListOrder {
    /// Every movie of the list, each once.
    #[schema(value_type = Vec<Uuid>)]
    movie_ids: Vec<String>,
    /// Of the list as it was seen; 409 where it was changed since.
    version: i64,
}

/// What the movies of a list are now.
#[derive(Serialize, ToSchema)]
pub(super) struct ListVersion {
    version: i64,
}

/// Puts the movies of a list in another order.
#[utoipa::path(put, path = "/api/v1/lists/{id}/movies", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = ListOrder, responses((status = 200, body = ListVersion)))]
pub(super) async fn order(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(order): Json<ListOrder>,
) -> Result<Json<ListVersion>, Problem> {
    let message = OrderListMoviesRequest {
        list_id: id.to_string(),
        movie_ids: order.movie_ids,
        version: order.version,
    };
    let answer = clients
        .lists
        .clone()
        .order_list_movies(request(message, &caller))
        .await?;
    Ok(Json(ListVersion {
        version: answer.into_inner().version,
    }))
}

/// Puts a movie at the end of a list; one that is in it stays where it is.
#[utoipa::path(put, path = "/api/v1/lists/{id}/movies/{movie_id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path), ("movie_id" = Uuid, Path)), responses((status = 200, body = ListVersion)))]
pub(super) async fn add(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    place: MovieInList,
) -> Result<Json<ListVersion>, Problem> {
    let message = AddListMovieRequest {
        list_id: place.list.to_string(),
        movie_id: place.movie.to_string(),
    };
    let answer = clients.lists.clone().add_list_movie(request(message, &caller)).await?;
    Ok(Json(ListVersion {
        version: answer.into_inner().version,
    }))
}

/// Takes a movie out of a list; it need not be in it.
#[utoipa::path(delete, path = "/api/v1/lists/{id}/movies/{movie_id}", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path), ("movie_id" = Uuid, Path)), responses((status = 200, body = ListVersion)))]
pub(super) async fn remove(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    place: MovieInList,
) -> Result<Json<ListVersion>, Problem> {
    let message = RemoveListMovieRequest {
        list_id: place.list.to_string(),
        movie_id: place.movie.to_string(),
    };
    let answer = clients
        .lists
        .clone()
        .remove_list_movie(request(message, &caller))
        .await?;
    Ok(Json(ListVersion {
        version: answer.into_inner().version,
    }))
}

/// How many like a list.
#[derive(Serialize, ToSchema)]
pub(super) struct ListLikes {
    likes: i64,
    liked_by_me: bool,
}

/// Likes somebody else's list.
#[utoipa::path(put, path = "/api/v1/lists/{id}/like", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = ListLikes)))]
pub(super) async fn like(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<ListLikes>, Problem> {
    let message = LikeListRequest {
        list_id: id.to_string(),
    };
    let answer = clients.lists.clone().like_list(request(message, &caller)).await?;
    Ok(Json(ListLikes {
        likes: answer.into_inner().like_count,
        liked_by_me: true,
    }))
}

/// Takes the like back; there need not be one.
#[utoipa::path(delete, path = "/api/v1/lists/{id}/like", tag = "lists", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = ListLikes)))]
pub(super) async fn unlike(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<ListLikes>, Problem> {
    let message = UnlikeListRequest {
        list_id: id.to_string(),
    };
    let answer = clients.lists.clone().unlike_list(request(message, &caller)).await?;
    Ok(Json(ListLikes {
        likes: answer.into_inner().like_count,
        liked_by_me: false,
    }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MyListsFilter {
    /// Says of each list whether it holds this movie.
    contains: Option<String>,
    /// `next_cursor` of the page before; it belongs to its list.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// The member's own lists, newest first, private ones too.
#[utoipa::path(get, path = "/api/v1/me/lists", tag = "me", security(("bearer" = [])),
    params(MyListsFilter), responses((status = 200, body = Lists)))]
pub(super) async fn mine(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<MyListsFilter>,
) -> Result<Json<Lists>, Problem> {
    let contains = filter.contains.map(|id| uuid("contains", &id)).transpose()?;
    let message = ListMemberListsRequest {
        member_id: String::new(),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
        contains_movie_id: contains.map(|id| id.to_string()).unwrap_or_default(),
    };
    let answer = clients
        .lists
        .clone()
        .list_member_lists(request(message, &caller))
        .await?;
    let answer = answer.into_inner();
    let held = answer.lists.iter().map(|list| (list.id.clone(), list.contains_movie));
    let held: HashMap<_, _> = held.collect();
    let mut page = Lists::new(&clients, &caller, answer.lists, answer.next_cursor, Some(answer.total)).await;
    if contains.is_some() {
        for list in &mut page.items {
            list.contains_movie = held.get(&list.id).copied();
        }
    }
    Ok(Json(page))
}

/// A member's public lists, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/lists", tag = "members", security((), ("bearer" = [])),
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Lists)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Lists>, Problem> {
    let cursor = cursor("cursor", filter.cursor)?;
    let limit = limit("limit", filter.limit, 20, 50)?;
    let message = ListMemberListsRequest {
        member_id: find(&clients, &caller, handle).await?.id,
        cursor,
        limit,
        contains_movie_id: String::new(),
    };
    let answer = clients
        .lists
        .clone()
        .list_member_lists(request(message, &caller))
        .await?;
    let answer = answer.into_inner();
    let page = Lists::new(&clients, &caller, answer.lists, answer.next_cursor, Some(answer.total));
    Ok(Json(page.await))
}

/// The public lists that contain a movie, the most liked first.
#[utoipa::path(get, path = "/api/v1/movies/{id}/lists", tag = "lists", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), PageFilter), responses((status = 200, body = Lists)))]
pub(super) async fn of_movie(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Lists>, Problem> {
    let message = ListMovieListsRequest {
        movie_id: id.to_string(),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients
        .lists
        .clone()
        .list_movie_lists(request(message, &caller))
        .await?;
    let answer = answer.into_inner();
    let page = Lists::new(&clients, &caller, answer.lists, answer.next_cursor, Some(answer.total));
    Ok(Json(page.await))
}
