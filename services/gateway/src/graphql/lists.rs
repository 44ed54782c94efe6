//! Lists of movies as screens see them, and the writes about them.

use async_graphql::{Context, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::rating::v1::{
    self as proto, AddListMovieRequest, CreateListRequest, DeleteListRequest, GetListMoviesRequest, LikeListRequest,
    ListMemberListsRequest, ListMovieListsRequest, OrderListMoviesRequest, RemoveListMovieRequest, SearchListsRequest,
    UnlikeListRequest, UpdateListRequest,
};
use uuid::Uuid;

use super::{
    comments::{Author, author, is_mine},
    limits::list_cost,
    loaders::{Asker, asker},
    member::moment,
    movie::Movie,
    mutation::WRITE,
};
use crate::{
    http::{
        extract::{cursor, limit, text, uuid},
        problem::Problem,
    },
    upstream::batch_reads,
};

/// All movies of a list: whoever changes the order needs to know them.
const ALL: i32 = 500;

/// A list as it was read for the asker.
pub(super) struct List(proto::List);

impl From<proto::List> for List {
    fn from(found: proto::List) -> Self {
        Self(found)
    }
}

#[derive(SimpleObject)]
pub(super) struct ListConnection {
    items: Vec<List>,
    next_cursor: Option<String>,
    /// On all pages together; null where that is not counted.
    total: Option<i64>,
}

impl ListConnection {
    fn new(lists: Vec<proto::List>, next_cursor: String, total: Option<i64>) -> Self {
        Self {
            items: lists.into_iter().map(List).collect(),
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            total,
        }
    }
}

/// A page of a list's movies.
#[derive(SimpleObject)]
pub(super) struct ListMovieConnection {
    items: Vec<Movie>,
    next_cursor: Option<String>,
    total: i64,
}

/// All movies of a list in their order.
#[derive(SimpleObject)]
pub(super) struct ListOrder {
    movie_ids: Vec<ID>,
    /// To be given with a new order.
    version: i64,
}

#[derive(SimpleObject)]
pub(super) struct ListMoviesPayload {
    list_id: ID,
    movie_count: i64,
    version: i64,
}

#[derive(SimpleObject)]
pub(super) struct ListLikePayload {
    list_id: ID,
    likes: i64,
    liked_by_me: bool,
}

/// One list that the asker may see.
pub(super) async fn one(asker: &Asker, id: Uuid) -> Result<Option<List>, Problem> {
    let found = asker.lists.load_one(id).await?;
    Ok(found.map(|found| List(found.as_ref().clone())))
}

/// Public lists by title; null when rating cannot say.
pub(super) async fn search(
    asker: &Asker,
    q: String,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<ListConnection>, Problem> {
    let message = SearchListsRequest {
        query: text("q", Some(q))?,
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
    };
    let mut lists = asker.clients.lists.clone();
    let answer = lists.search_lists(request(message, &asker.caller)).await;
    let answer = asker.part_if_valid("rating", answer)?;
    Ok(answer.map(|answer| {
        let answer = answer.into_inner();
        ListConnection::new(answer.lists, answer.next_cursor, None)
    }))
}

/// The lists of the member of this id (empty: the asker's own).
pub(super) async fn of_member(
    asker: &Asker,
    member_id: String,
    contains: Option<ID>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<ListConnection, Problem> {
    let contains = contains.map(|id| uuid("contains", &id)).transpose()?;
    let message = ListMemberListsRequest {
        member_id,
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
        contains_movie_id: contains.map(|id| id.to_string()).unwrap_or_default(),
    };
    let mut lists = asker.clients.lists.clone();
    let answer = lists.list_member_lists(request(message, &asker.caller)).await?;
    let answer = answer.into_inner();
    Ok(ListConnection::new(
        answer.lists,
        answer.next_cursor,
        Some(answer.total),
    ))
}

/// The public lists that contain a movie; null when rating cannot say.
pub(super) async fn of_movie(
    asker: &Asker,
    movie: Uuid,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<ListConnection>, Problem> {
    let message = ListMovieListsRequest {
        movie_id: movie.to_string(),
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
    };
    asker.take_list("lists")?;
    let mut lists = asker.clients.lists.clone();
    let answer = lists.list_movie_lists(request(message, &asker.caller)).await;
    let answer = asker.part_if_valid("rating", answer)?;
    Ok(answer.map(|answer| {
        let answer = answer.into_inner();
        ListConnection::new(answer.lists, answer.next_cursor, Some(answer.total))
    }))
}

#[Object]
impl List {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    async fn title(&self) -> &str {
        &self.0.title
    }

    /// As it was typed; may be empty.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Whether everybody may see it.
    async fn public(&self) -> bool {
        self.0.is_public
    }

    /// Whose it is; null when members cannot be had.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(asker(ctx), &self.0.member_id).await
    }

    /// Whether it is the asker's.
    async fn mine(&self, ctx: &Context<'_>) -> bool {
        is_mine(asker(ctx), &self.0.member_id)
    }

    async fn movie_count(&self) -> i64 {
        self.0.movie_count
    }

    async fn likes(&self) -> i64 {
        self.0.like_count
    }

    async fn liked_by_me(&self) -> bool {
        self.0.liked
    }

    /// Whether it holds the movie that its list of lists was asked about.
    async fn contains_movie(&self) -> bool {
        self.0.contains_movie
    }

    /// RFC 3339.
    async fn created_at(&self) -> String {
        moment(self.0.created_at)
    }

    /// When title, text, visibility or movies were changed last. RFC 3339.
    async fn changed_at(&self) -> String {
        moment(self.0.changed_at)
    }

    /// At most four, to draw the list from; null when movies cannot be had.
    async fn first_movies(&self, ctx: &Context<'_>) -> Option<Vec<Movie>> {
        asker(ctx)
            .movies_if_there(&batch_reads::ids(&self.0.first_movie_ids))
            .await
    }

    /// In the list's order.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<ListMovieConnection, Problem> {
        let asker = asker(ctx);
        let message = GetListMoviesRequest {
            list_id: self.0.id.clone(),
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        asker.take_list("movies")?;
        let mut lists = asker.clients.lists.clone();
        let answer = lists.get_list_movies(request(message, &asker.caller)).await?;
        let answer = answer.into_inner();
        Ok(ListMovieConnection {
            items: asker.movies(&batch_reads::ids(&answer.movie_ids)).await?,
            next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
            total: answer.total,
        })
    }

    /// For its owner, who may change it; null for everybody else.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<ListOrder>, Problem> {
        let asker = asker(ctx);
        if !is_mine(asker, &self.0.member_id) {
            return Ok(None);
        }
        let message = GetListMoviesRequest {
            list_id: self.0.id.clone(),
            cursor: String::new(),
            limit: ALL,
        };
        asker.take_list("order")?;
        let mut lists = asker.clients.lists.clone();
        let answer = lists.get_list_movies(request(message, &asker.caller)).await?;
        let answer = answer.into_inner();
        Ok(Some(ListOrder {
            movie_ids: answer.movie_ids.into_iter().map(ID).collect(),
            version: answer.version,
        }))
    }
}

/// The writes about lists. Each may be repeated.
pub(super) struct ListMutation;

#[Object]
impl ListMutation {
    /// Makes a list. The client draws its id: the same again is no second list, and other words or movies are a CONFLICT.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn create_list(
        &self,
        ctx: &Context<'_>,
        list_id: ID,
        title: String,
        #[graphql(default)] text: String,
        public: bool,
        #[graphql(default)] movie_ids: Vec<ID>,
    ) -> Result<List, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = CreateListRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
            title,
            text,
            is_public: public,
            movie_ids: movie_ids.into_iter().map(|id| id.0).collect(),
        };
        let mut lists = asker.clients.lists.clone();
        let answer = lists.create_list(request(message, &asker.caller)).await?;
        Ok(List(answer.into_inner().list.unwrap_or_default()))
    }

    /// Changes title, text and visibility.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn update_list(
        &self,
        ctx: &Context<'_>,
        list_id: ID,
        title: String,
        text: String,
        public: bool,
    ) -> Result<List, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = UpdateListRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
            title,
            text,
            is_public: public,
        };
        let mut lists = asker.clients.lists.clone();
        let answer = lists.update_list(request(message, &asker.caller)).await?;
        Ok(List(answer.into_inner().list.unwrap_or_default()))
    }

    /// Deletes a list; there need not be one.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_list(&self, ctx: &Context<'_>, list_id: ID) -> Result<bool, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = DeleteListRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
        };
        let mut lists = asker.clients.lists.clone();
        lists.delete_list(request(message, &asker.caller)).await?;
        Ok(true)
    }

    /// Puts a movie at the end of a list; one that is in it stays where it is.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn add_list_movie(&self, ctx: &Context<'_>, list_id: ID, movie_id: ID) -> Result<ListMoviesPayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = AddListMovieRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
            movie_id: uuid("movieId", &movie_id)?.to_string(),
        };
        let mut lists = asker.clients.lists.clone();
        let answer = lists.add_list_movie(request(message, &asker.caller)).await?;
        let answer = answer.into_inner();
        Ok(ListMoviesPayload {
            list_id,
            movie_count: answer.movie_count,
            version: answer.version,
        })
    }

    /// Takes a movie out of a list; it need not be in it.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn remove_list_movie(
        &self,
        ctx: &Context<'_>,
        list_id: ID,
        movie_id: ID,
    ) -> Result<ListMoviesPayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = RemoveListMovieRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
            movie_id: uuid("movieId", &movie_id)?.to_string(),
        };
        let mut lists = asker.clients.lists.clone();
        let answer = lists.remove_list_movie(request(message, &asker.caller)).await?;
        let answer = answer.into_inner();
        Ok(ListMoviesPayload {
            list_id,
            movie_count: answer.movie_count,
            version: answer.version,
        })
    }

    /// Puts all movies of a list in another order. CONFLICT where the list was changed since that version.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn order_list_movies(
        &self,
        ctx: &Context<'_>,
        list_id: ID,
        movie_ids: Vec<ID>,
        version: i64,
    ) -> Result<ListOrder, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = OrderListMoviesRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
            movie_ids: movie_ids.iter().map(|id| id.0.clone()).collect(),
            version,
        };
        let mut lists = asker.clients.lists.clone();
        let answer = lists.order_list_movies(request(message, &asker.caller)).await?;
        Ok(ListOrder {
            movie_ids,
            version: answer.into_inner().version,
        })
    }

    /// Likes somebody else's list.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn like_list(&self, ctx: &Context<'_>, list_id: ID) -> Result<ListLikePayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = LikeListRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
        };
        let mut lists = asker.clients.lists.clone();
        let answer = lists.like_list(request(message, &asker.caller)).await?;
        Ok(ListLikePayload {
            list_id,
            likes: answer.into_inner().like_count,
            liked_by_me: true,
        })
    }

    /// Takes the like back; there need not be one.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn unlike_list(&self, ctx: &Context<'_>, list_id: ID) -> Result<ListLikePayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = UnlikeListRequest {
            list_id: uuid("listId", &list_id)?.to_string(),
        };
        let mut lists = asker.clients.lists.clone();
        let answer = lists.unlike_list(request(message, &asker.caller)).await?;
        Ok(ListLikePayload {
            list_id,
            likes: answer.into_inner().like_count,
            liked_by_me: false,
        })
    }
}
