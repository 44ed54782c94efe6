//! Members' lists of movies. The client generates a list's id, so every write is idempotent.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{
    self as proto, CreateListRequest, DeleteListRequest, LikeListRequest, ListMemberListsRequest,
    ListMovieListsRequest, SearchListsRequest, UnlikeListRequest, UpdateListRequest,
};
use serde::{Deserialize, Serialize};
use tonic::{Code, Status};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        authors::{self, Author, Authors, is_caller},
        page::{Page, PageRequest, page_names},
    },
    id::Id,
    timestamp::Timestamp,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

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
    pub(crate) total: Option<i64>,
    /// Services that could not answer; what they know is null.
    #[graphql(skip)]
    degraded: Vec<&'static str>,
}

/// A page of lists.
pub(crate) type Lists = Page<List, ListCount>;

page_names!(Lists, "ListConnection", "A page of lists.");

impl Lists {
    fn from_proto(lists: Vec<proto::List>, next_cursor: String, total: Option<i64>, caller: &Caller) -> Self {
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

/// Title, text and visibility of a list.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListDraft {
    /// One line of 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, pattern = "\\S")]
    pub(crate) title: String,
    /// At most 2,000 characters.
    #[schema(max_length = 2_000)]
    #[serde(default)]
    pub(crate) text: String,
    /// Whether everybody may see it.
    pub(crate) public: bool,
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
    Ok(Lists::from_proto(answer.lists, answer.next_cursor, None, caller))
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
    let mut lists = Lists::from_proto(answer.lists, answer.next_cursor, Some(answer.total), caller);
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
    Ok(Lists::from_proto(
        answer.lists,
        answer.next_cursor,
        Some(answer.total),
        caller,
    ))
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

/// Deletes a list. Succeeds if there is none, as with the nil and the greatest UUID, which no list has.
pub(crate) async fn delete(clients: &Clients, caller: &Caller, id: Uuid) -> Result<(), Status> {
    if id.is_nil() || id.is_max() {
        return Ok(());
    }
    let message = DeleteListRequest {
        list_id: id.to_string(),
    };
    clients.lists.clone().delete_list(request(message, caller)).await?;
    Ok(())
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
