//! Lists of movies: the fields that a query selects by themselves, and the writes.

use async_graphql::{ComplexObject, Context, ID, Object};
use uuid::Uuid;

use super::{
    authors::author,
    limits::list_cost,
    mutation::WRITE,
    pages::page,
    request_context::{RequestContext, request_context},
};
use crate::{
    features::{
        authors::Author,
        list_movies::{self, ListMovies, ListOrder, ListVersion},
        lists::{self, List, ListDraft, ListLikes, Lists, Owner},
        movies::Movie,
    },
    http::{
        extract::{text, uuid},
        problem::Problem,
    },
};

/// Reads a list that the caller may see.
pub(super) async fn one(context: &RequestContext, id: Uuid) -> Result<Option<List>, Problem> {
    let list = context.loaders.lists.load_one(id).await?;
    Ok(list.map(|list| List::new(list.as_ref().clone(), &context.caller)))
}

/// Searches public lists by title; null if the rating service did not answer.
pub(super) async fn search(
    context: &RequestContext,
    q: String,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<Lists>, Problem> {
    let (query, page) = (text("q", Some(q))?, page(first, after)?);
    let lists = lists::search(&context.clients, &context.caller, query, page).await;
    context.part_if_valid("rating", lists)
}

/// Reads a member's lists.
pub(super) async fn of_member(
    context: &RequestContext,
    owner: Owner,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Lists, Problem> {
    let page = page(first, after)?;
    Ok(lists::of_member(&context.clients, &context.caller, owner, page).await?)
}

/// Reads the public lists that contain a movie; null if the rating service did not answer.
pub(super) async fn of_movie(
    context: &RequestContext,
    movie: Uuid,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<Lists>, Problem> {
    let page = page(first, after)?;
    context.take_list("lists")?;
    let lists = lists::of_movie(&context.clients, &context.caller, movie, page).await;
    context.part_if_valid("rating", lists)
}

#[ComplexObject]
impl List {
    /// The owner; null if members cannot be read at the moment.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(request_context(ctx), self.owner).await
    }

    /// Whether the list has the movie given in `contains`; false if none was given.
    async fn contains_movie(&self) -> bool {
        self.contains_movie.unwrap_or(false)
    }

    /// The first movies of the list, at most four; null if movies cannot be read at the moment.
    async fn first_movies(&self, ctx: &Context<'_>) -> Option<Vec<Movie>> {
        let ids: Vec<Uuid> = self.first_movie_ids.iter().map(|id| id.0).collect();
        request_context(ctx).movies_if_there(&ids).await
    }

    /// The movies in the list's order.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<ListMovies, Problem> {
        let context = request_context(ctx);
        let page = page(first, after)?;
        context.take_list("movies")?;
        Ok(list_movies::read(&context.clients, &context.caller, self.id, page).await?)
    }

    /// For the owner, who may change it; null for everybody else.
    async fn order(&self, ctx: &Context<'_>) -> Result<Option<ListOrder>, Problem> {
        let context = request_context(ctx);
        if !self.mine {
            return Ok(None);
        }
        context.take_list("order")?;
        let order = list_movies::order_of(&context.clients, &context.caller, self.id).await?;
        Ok(Some(order))
    }
}

/// The writes about lists. Each may be repeated.
pub(super) struct ListMutation;

#[Object]
impl ListMutation {
    /// Creates a list. The client generates its id: the same list again is no second one, a different one is a CONFLICT.
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
        let context = request_context(ctx);
        context.member()?;
        let id = uuid("listId", &list_id)?;
        let draft = ListDraft { title, text, public };
        let movie_ids = movie_ids.into_iter().map(|id| id.0).collect();
        Ok(lists::create(&context.clients, &context.caller, id, draft, movie_ids).await?)
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
        let context = request_context(ctx);
        context.member()?;
        let id = uuid("listId", &list_id)?;
        let draft = ListDraft { title, text, public };
        Ok(lists::update(&context.clients, &context.caller, id, draft).await?)
    }

    /// Deletes a list. Succeeds if there is none.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_list(&self, ctx: &Context<'_>, list_id: ID) -> Result<bool, Problem> {
        let context = request_context(ctx);
        context.member()?;
        lists::delete(&context.clients, &context.caller, uuid("listId", &list_id)?).await?;
        Ok(true)
    }

    /// Adds a movie to the end of a list. A movie that is in the list stays where it is.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn add_list_movie(&self, ctx: &Context<'_>, list_id: ID, movie_id: ID) -> Result<ListVersion, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let (list, movie) = (uuid("listId", &list_id)?, uuid("movieId", &movie_id)?);
        Ok(list_movies::add(&context.clients, &context.caller, list, movie).await?)
    }

    /// Removes a movie from a list. Succeeds if it is not in the list.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn remove_list_movie(&self, ctx: &Context<'_>, list_id: ID, movie_id: ID) -> Result<ListVersion, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let (list, movie) = (uuid("listId", &list_id)?, uuid("movieId", &movie_id)?);
        Ok(list_movies::remove(&context.clients, &context.caller, list, movie).await?)
    }

    /// Puts all movies of a list in another order. CONFLICT if the list was changed since that version.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn order_list_movies(
        &self,
        ctx: &Context<'_>,
        list_id: ID,
        movie_ids: Vec<ID>,
        version: i64,
    ) -> Result<ListOrder, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let id = uuid("listId", &list_id)?;
        let order = ListOrder {
            movie_ids: movie_ids.clone(),
            version,
        };
        let version = list_movies::order(&context.clients, &context.caller, id, order)
            .await?
            .version;
        Ok(ListOrder { movie_ids, version })
    }

    /// Likes another member's list.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn like_list(&self, ctx: &Context<'_>, list_id: ID) -> Result<ListLikes, Problem> {
        let context = request_context(ctx);
        context.member()?;
        Ok(lists::like(&context.clients, &context.caller, uuid("listId", &list_id)?).await?)
    }

    /// Takes the like back. Succeeds if there is none.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn unlike_list(&self, ctx: &Context<'_>, list_id: ID) -> Result<ListLikes, Problem> {
        let context = request_context(ctx);
        context.member()?;
        Ok(lists::unlike(&context.clients, &context.caller, uuid("listId", &list_id)?).await?)
    }
}
