//! Members' lists of movies. The client generates a list's id, so every write is idempotent.

use async_graphql::{ID, SimpleObject};
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{
    self as proto, AddListMovieRequest, CreateListRequest, DeleteListRequest, GetListMoviesRequest,
    GetListMoviesResponse, LikeListRequest, ListMemberListsRequest, ListMovieListsRequest, OrderListMoviesRequest,
    RemoveListMovieRequest, SearchListsRequest, UnlikeListRequest, UpdateListRequest,
};
use serde::{Deserialize, Serialize};
use tonic::{Code, Status};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        authors::{self, Author, Authors, is_caller},
        movies::{self, Movie},
        page::{Page, PageRequest, page_names},
    },
    id::Id,
    timestamp::Timestamp,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// The most movies that a list holds.
const MOST_MOVIES: i32 = 500;

/// A list as the caller may see it.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct List {
    #[schema(value_type = Uuid)]
    pub(crate) id: Id,
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) owner: Id,
    /// The owner; null if members cannot be read at the moment.
    #[graphql(skip)]
    member: Option<Author>,
    title: String,
    /// A description as its owner typed it; may be empty.
    text: String,
    /// Whether everybody may see it.
    public: bool,
    /// Whether the caller owns it.
    #[serde(skip)]
    pub(crate) mine: bool,
    movie_count: i64,
    likes: i64,
    liked_by_me: bool,
    /// Changes with every change of the movies and their order.
    #[graphql(skip)]
    version: i64,
    /// The first movies of the list, at most four.
    #[graphql(skip)]
    #[schema(value_type = Vec<Uuid>)]
    pub(crate) first_movie_ids: Vec<Id>,
    /// Whether the list has the movie given in `contains`; null if none was given.
    #[graphql(skip)]
    pub(crate) contains_movie: Option<bool>,
    /// RFC 3339.
    #[schema(value_type = OffsetDateTime)]
    created_at: Timestamp,
    /// When title, text, visibility or movies were last changed. RFC 3339.
    #[schema(value_type = OffsetDateTime)]
    changed_at: Timestamp,
}

impl List {
    /// Without the owner's names: see [`List::with_member`] and [`Lists::with_members`].
    pub(crate) fn new(list: proto::List, caller: &Caller) -> Self {
        let owner = Id::from_proto(&list.member_id);
        Self {
            id: Id::from_proto(&list.id),
            owner,
            member: None,
            title: list.title,
            text: list.text,
            public: list.is_public,
            mine: is_caller(caller, owner),
            movie_count: list.movie_count,
            likes: list.like_count,
            liked_by_me: list.liked,
            version: list.version,
            first_movie_ids: Id::list_from_proto(&list.first_movie_ids),
            contains_movie: None,
            created_at: Timestamp::from_seconds(list.created_at),
            changed_at: Timestamp::from_seconds(list.changed_at),
        }
    }

    /// Reads the owner's names.
    pub(crate) async fn with_member(mut self, clients: &Clients, caller: &Caller) -> Self {
        self.member = authors::read_one(clients, caller, self.owner).await;
        self
    }
}

/// What a page of lists says beside the lists.
#[derive(Default, SimpleObject, Serialize, ToSchema)]
pub(crate) struct ListCount {
    /// The number of lists on all pages together; null where they are not counted.
    total: Option<i64>,
    /// Services that could not answer; what they know is null.
    #[graphql(skip)]
    degraded: Vec<&'static str>,
}

/// A page of lists.
pub(crate) type Lists = Page<List, ListCount>;

page_names!(Lists, "ListConnection", "A page of lists.");

impl Lists {
    fn read(lists: Vec<proto::List>, next_cursor: String, total: Option<i64>, caller: &Caller) -> Self {
        let lists = lists.into_iter().map(|list| List::new(list, caller));
        let extra = ListCount {
            total,
            ..ListCount::default()
        };
        Self::new(lists.collect(), next_cursor, extra)
    }

    /// Reads the owners' names with one call.
    pub(crate) async fn with_members(mut self, clients: &Clients, caller: &Caller) -> Self {
        let degraded = Degraded::default();
        let owners = self.items.iter().map(|list| list.owner);
        let authors = Authors::read(clients, caller, owners, &degraded).await;
        for list in &mut self.items {
            list.member = authors.get(list.owner);
        }
        self.extra.degraded = degraded.names();
        self
    }
}

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

/// Title, text and visibility of a list.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListDraft {
    /// One line of 1 to 100 characters.
    pub(crate) title: String,
    /// At most 2,000 characters.
    #[serde(default)]
    pub(crate) text: String,
    /// Whether everybody may see it.
    pub(crate) public: bool,
}

/// All movies of a list in their order.
#[derive(SimpleObject, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListOrder {
    /// Every movie of the list, each once.
    #[schema(value_type = Vec<Uuid>)]
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

/// How many members like a list.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(name = "ListLikePayload")]
pub(crate) struct ListLikes {
    #[serde(skip)]
    list_id: Id,
    likes: i64,
    liked_by_me: bool,
}

/// Searches public lists by title, the exact title first.
pub(crate) async fn search(
    clients: &Clients,
    caller: &Caller,
    query: String,
    page: PageRequest,
) -> Result<Lists, Status> {
    let message = SearchListsRequest {
        query,
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.lists.clone().search_lists(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(Lists::read(answer.lists, answer.next_cursor, None, caller))
}

/// Reads a list. `None` if there is none that the caller may see.
pub(crate) async fn get(clients: &Clients, caller: &Caller, id: Uuid) -> Result<Option<List>, Status> {
    let list = batch_reads::lists(clients, caller, &[id]).await?.remove(&id);
    Ok(list.map(|list| List::new(list, caller)))
}

/// Whose lists to read.
pub(crate) enum Owner {
    /// The caller's, private ones too; if a movie is given, each list says whether it has it.
    Caller { contains: Option<Uuid> },
    /// The public ones of the member with this id.
    Member(Id),
}

/// Reads a member's lists, newest first.
pub(crate) async fn of_member(
    clients: &Clients,
    caller: &Caller,
    owner: Owner,
    page: PageRequest,
) -> Result<Lists, Status> {
    let (member_id, contains) = match owner {
        Owner::Caller { contains } => (String::new(), contains),
        Owner::Member(id) => (id.to_string(), None),
    };
    let message = ListMemberListsRequest {
        member_id,
        cursor: page.cursor,
        limit: page.limit,
        contains_movie_id: contains.map(|id| id.to_string()).unwrap_or_default(),
    };
    let answer = clients
        .lists
        .clone()
        .list_member_lists(request(message, caller))
        .await?;
    let answer = answer.into_inner();
    let holds: Vec<bool> = answer.lists.iter().map(|list| list.contains_movie).collect();
    let mut lists = Lists::read(answer.lists, answer.next_cursor, Some(answer.total), caller);
    if contains.is_some() {
        for (list, holds) in lists.items.iter_mut().zip(holds) {
            list.contains_movie = Some(holds);
        }
    }
    Ok(lists)
}

/// Reads the public lists with a movie, the most liked first.
pub(crate) async fn of_movie(
    clients: &Clients,
    caller: &Caller,
    movie: Uuid,
    page: PageRequest,
) -> Result<Lists, Status> {
    let message = ListMovieListsRequest {
        movie_id: movie.to_string(),
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.lists.clone().list_movie_lists(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(Lists::read(
        answer.lists,
        answer.next_cursor,
        Some(answer.total),
        caller,
    ))
}

/// Reads the movies of a list, in the list's order.
pub(crate) async fn movies(
    clients: &Clients,
    caller: &Caller,
    id: Id,
    page: PageRequest,
) -> Result<ListMovies, Status> {
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
        limit: MOST_MOVIES,
    };
    let answer = movie_ids(clients, caller, id, all).await?;
    Ok(ListOrder {
        movie_ids: answer.movie_ids.into_iter().map(ID).collect(),
        version: answer.version,
    })
}

/// Creates a list. The same list again is no second one; a different one with the same id is a conflict.
pub(crate) async fn create(
    clients: &Clients,
    caller: &Caller,
    id: Uuid,
    draft: ListDraft,
    movie_ids: Vec<String>,
) -> Result<List, Status> {
    let message = CreateListRequest {
        list_id: id.to_string(),
        title: draft.title,
        text: draft.text,
        is_public: draft.public,
        movie_ids,
    };
    let answer = clients.lists.clone().create_list(request(message, caller)).await?;
    Ok(List::new(answer.into_inner().list.unwrap_or_default(), caller))
}

/// Changes title, text and visibility.
pub(crate) async fn update(clients: &Clients, caller: &Caller, id: Uuid, draft: ListDraft) -> Result<List, Status> {
    let message = UpdateListRequest {
        list_id: id.to_string(),
        title: draft.title,
        text: draft.text,
        is_public: draft.public,
    };
    let answer = clients.lists.clone().update_list(request(message, caller)).await?;
    Ok(List::new(answer.into_inner().list.unwrap_or_default(), caller))
}

/// Updates a list, or creates an empty one if there is none with this id.
pub(crate) async fn put(clients: &Clients, caller: &Caller, id: Uuid, draft: ListDraft) -> Result<List, Status> {
    let again = draft.clone();
    match update(clients, caller, id, draft).await {
        Err(status) if status.code() == Code::NotFound => create(clients, caller, id, again, Vec::new()).await,
        updated => updated,
    }
}

/// Deletes a list. Succeeds if there is none.
pub(crate) async fn delete(clients: &Clients, caller: &Caller, id: Uuid) -> Result<(), Status> {
    let message = DeleteListRequest {
        list_id: id.to_string(),
    };
    clients.lists.clone().delete_list(request(message, caller)).await?;
    Ok(())
}

/// Adds a movie to the end of a list. A movie that is in the list stays where it is.
pub(crate) async fn add_movie(
    clients: &Clients,
    caller: &Caller,
    list: Uuid,
    movie: Uuid,
) -> Result<ListVersion, Status> {
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
pub(crate) async fn remove_movie(
    clients: &Clients,
    caller: &Caller,
    list: Uuid,
    movie: Uuid,
) -> Result<ListVersion, Status> {
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

/// Likes another member's list.
pub(crate) async fn like(clients: &Clients, caller: &Caller, list: Uuid) -> Result<ListLikes, Status> {
    let message = LikeListRequest {
        list_id: list.to_string(),
    };
    let answer = clients.lists.clone().like_list(request(message, caller)).await?;
    Ok(ListLikes {
        list_id: list.into(),
        likes: answer.into_inner().like_count,
        liked_by_me: true,
    })
}

/// Takes the caller's like back. Succeeds if there is none.
pub(crate) async fn unlike(clients: &Clients, caller: &Caller, list: Uuid) -> Result<ListLikes, Status> {
    let message = UnlikeListRequest {
        list_id: list.to_string(),
    };
    let answer = clients.lists.clone().unlike_list(request(message, caller)).await?;
    Ok(ListLikes {
        list_id: list.into(),
        likes: answer.into_inner().like_count,
        liked_by_me: false,
    })
}
