//! The movies of a list, and their order.

use async_graphql::{ID, SimpleObject};
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{
    AddListMovieRequest, GetListMoviesRequest, GetListMoviesResponse, OrderListMoviesRequest, RemoveListMovieRequest,
};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        movies::{self, Movie},
        page::{Page, PageRequest, page_names},
    },
    id::Id,
    upstream::{batch_reads, clients::Clients},
};

/// The most movies that a list holds.
const MAX_MOVIES: i32 = 500;

/// What a page of a list's movies says beside them.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct ListMovieCount {
    /// The number of movies on all pages together.
    total: i64,
    /// Changes with every change of the movies and their order.
    #[graphql(skip)]
    version: i64,
    /// Services that could not answer; what they know is null.
    #[graphql(skip)]
    degraded: Vec<&'static str>,
}

/// A page of a list's movies, in the list's order.
pub(crate) type ListMovies = Page<Movie, ListMovieCount>;

page_names!(
    ListMovies,
    "ListMovieConnection",
    "A page of a list's movies, in its order."
);

impl ListMovies {
    /// Reads the movies' averages with one call.
    pub(crate) async fn with_averages(mut self, clients: &Clients) -> Self {
        self.extra.degraded = movies::add_averages_to(clients, &mut self.items).await;
        self
    }
}

/// All movies of a list in their order.
#[derive(SimpleObject, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListOrder {
    /// Every movie of the list, each once.
    #[schema(value_type = Vec<Uuid>, max_items = 500)]
    pub(crate) movie_ids: Vec<ID>,
    /// The version of the list that this order was made from. A new order is refused if the list was changed since.
    pub(crate) version: i64,
}

/// What a change of a list's movies leads to.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(name = "ListMoviesPayload")]
pub(crate) struct ListVersion {
    #[serde(skip)]
    list_id: Id,
    #[serde(skip)]
    movie_count: i64,
    /// The list's version now.
    pub(crate) version: i64,
}

/// Reads the movies of a list, in the list's order.
pub(crate) async fn read(clients: &Clients, caller: &Caller, id: Id, page: PageRequest) -> Result<ListMovies, Status> {
    let answer = movie_ids(clients, caller, id, page).await?;
    let movies = movies::read_in_order(clients, &batch_reads::ids(&answer.movie_ids)).await?;
    let extra = ListMovieCount {
        total: answer.total,
        version: answer.version,
        degraded: Vec::new(),
    };
    Ok(ListMovies::new(movies, answer.next_cursor, extra))
}

async fn movie_ids(
    clients: &Clients,
    caller: &Caller,
    id: Id,
    page: PageRequest,
) -> Result<GetListMoviesResponse, Status> {
    let message = GetListMoviesRequest {
        list_id: id.to_string(),
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.lists.clone().get_list_movies(request(message, caller)).await?;
    Ok(answer.into_inner())
}

/// Reads all movies of a list at once: a list holds no more than one answer does.
pub(crate) async fn order_of(clients: &Clients, caller: &Caller, id: Id) -> Result<ListOrder, Status> {
    let all = PageRequest {
        cursor: String::new(),
        limit: MAX_MOVIES,
    };
    let answer = movie_ids(clients, caller, id, all).await?;
    Ok(ListOrder {
        movie_ids: answer.movie_ids.into_iter().map(ID).collect(),
        version: answer.version,
    })
}

/// Adds a movie to the end of a list. A movie that is in the list stays where it is.
pub(crate) async fn add(clients: &Clients, caller: &Caller, list: Uuid, movie: Uuid) -> Result<ListVersion, Status> {
    let message = AddListMovieRequest {
        list_id: list.to_string(),
        movie_id: movie.to_string(),
    };
    let answer = clients.lists.clone().add_list_movie(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(ListVersion {
        list_id: list.into(),
        movie_count: answer.movie_count,
        version: answer.version,
    })
}

/// Removes a movie from a list. Succeeds if it is not in the list.
pub(crate) async fn remove(clients: &Clients, caller: &Caller, list: Uuid, movie: Uuid) -> Result<ListVersion, Status> {
    let message = RemoveListMovieRequest {
        list_id: list.to_string(),
        movie_id: movie.to_string(),
    };
    let answer = clients
        .lists
        .clone()
        .remove_list_movie(request(message, caller))
        .await?;
    let answer = answer.into_inner();
    Ok(ListVersion {
        list_id: list.into(),
        movie_count: answer.movie_count,
        version: answer.version,
    })
}

/// Puts all movies of a list in another order. A conflict if the list was changed since that version.
pub(crate) async fn order(
    clients: &Clients,
    caller: &Caller,
    list: Uuid,
    order: ListOrder,
) -> Result<ListVersion, Status> {
    let movie_count = order.movie_ids.len().try_into().unwrap_or(i64::MAX);
    let message = OrderListMoviesRequest {
        list_id: list.to_string(),
        movie_ids: order.movie_ids.into_iter().map(|id| id.0).collect(),
        version: order.version,
    };
    let answer = clients
        .lists
        .clone()
        .order_list_movies(request(message, caller))
        .await?;
    Ok(ListVersion {
        list_id: list.into(),
        movie_count,
        version: answer.into_inner().version,
    })
}
