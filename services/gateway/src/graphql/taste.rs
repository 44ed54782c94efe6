//! What a member likes: the fields that a query selects by themselves.

use async_graphql::{ComplexObject, Context};

use super::{
    limits::list_cost,
    pages::page,
    request_context::{RequestContext, request_context},
};
use crate::{
    features::{
        movies::Movie,
        people::Person,
        taste::{self, Preference, Taste, TasteGroup, TasteMovies, TasteMoviesQuery, TasteTag},
    },
    http::problem::Problem,
    id::Id,
    upstream::degraded::none_if_forbidden,
};

/// Reads the taste of a member (`None`: the caller); null if the caller may not see it, or it cannot be read at the moment.
pub(super) async fn of(context: &RequestContext, member: Option<Id>) -> Option<Taste> {
    let taste = taste::get(&context.clients, &context.caller, member).await;
    context.part("recommendation", none_if_forbidden(taste)).flatten()
}

/// The most groups of one kind, movies behind a group, and tags that the services return. They bound what a query costs.
const MAX_GROUPS: i32 = 20;
const MAX_MOVIES: i32 = 12;
const MAX_TAGS: i32 = 12;

#[ComplexObject]
impl Taste {
    #[graphql(complexity = "list_cost(Some(MAX_GROUPS), child_complexity)")]
    async fn genres(&self) -> &[Preference] {
        &self.genres
    }

    /// Keys are ISO 3166-1 alpha-2.
    #[graphql(complexity = "list_cost(Some(MAX_GROUPS), child_complexity)")]
    async fn countries(&self) -> &[Preference] {
        &self.countries
    }

    /// Keys are the first years of decades.
    #[graphql(complexity = "list_cost(Some(MAX_GROUPS), child_complexity)")]
    async fn decades(&self) -> &[Preference] {
        &self.decades
    }

    /// Keys are ids of people.
    #[graphql(complexity = "list_cost(Some(MAX_GROUPS), child_complexity)")]
    async fn directors(&self) -> &[Preference] {
        &self.directors
    }

    /// Keys are ids of people.
    #[graphql(complexity = "list_cost(Some(MAX_GROUPS), child_complexity)")]
    async fn actors(&self) -> &[Preference] {
        &self.actors
    }

    /// Tags of the diary, at most twelve, those without a score last; null if the caller may not see them, or they cannot be
    /// read at the moment.
    #[graphql(complexity = "list_cost(Some(MAX_TAGS), child_complexity)")]
    async fn tags(&self, ctx: &Context<'_>) -> Result<Option<Vec<TasteTag>>, Problem> {
        let context = request_context(ctx);
        context.take_of_member("tags")?;
        let tags = taste::tags(&context.clients, &context.caller, self.member).await;
        Ok(context.part("rating", none_if_forbidden(tags)).flatten())
    }

    /// All the movies behind one figure, best rated first. The key is the figure's; with STARS, the stars; with ALL, none.
    #[graphql(name = "films", complexity = "list_cost(first, child_complexity)")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        group: TasteGroup,
        key: Option<String>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<TasteMovies, Problem> {
        let context = request_context(ctx);
        let query = TasteMoviesQuery {
            member: self.member,
            group,
            key: taste::checked_key(group, key)?,
            page: page(first, after)?,
        };
        Ok(taste::movies(&context.clients, &context.caller, query).await?)
    }
}

#[ComplexObject]
impl Preference {
    /// The director or actor; null in other groups, or if movies cannot be read at the moment.
    async fn person(&self, ctx: &Context<'_>) -> Option<Person> {
        let first = *self.movie_ids.first()?;
        let movie = request_context(ctx).movie_if_there(first).await?;
        self.find_person(&movie)
    }

    /// The movies behind it, best rated first, at most twelve.
    #[graphql(complexity = "list_cost(Some(MAX_MOVIES), child_complexity)")]
    async fn movies(&self, ctx: &Context<'_>) -> Result<Vec<Movie>, Problem> {
        request_context(ctx).movies(&self.movie_ids).await
    }
}
