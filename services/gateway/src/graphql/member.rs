//! The signed-in member: the fields that a query selects by themselves.

use async_graphql::{ComplexObject, Context, ID};

use super::{
    comments, feed,
    limits::list_cost,
    lists,
    pages::page,
    request_context::{RequestContext, request_context},
    taste, watches,
};
use crate::{
    features::{
        comments::Comments,
        feed::Feed,
        lists::{Lists, Owner},
        members::{self, Member, PublicMember},
        ratings::{self, RatingSort, Ratings, RatingsQuery},
        sessions::{self, OpenSession},
        settings::{self, Settings},
        shelf::{self, Shelf, ShelfState},
        taste::Taste,
        unlock_progress::{self, UnlockProgress},
        watches::Watches,
    },
    http::{
        extract::{limit, uuid},
        problem::Problem,
    },
};

impl Member {
    /// Reads the progress once, whichever of its fields a query selects.
    async fn unlock_progress(&self, context: &RequestContext) -> Result<UnlockProgress, Problem> {
        let read = async || unlock_progress::read(&context.clients, &context.caller, &context.degraded()).await;
        Ok(*self.unlock_progress.get_or_try_init(read).await?)
    }
}

#[ComplexObject]
impl Member {
    async fn rated_count(&self, ctx: &Context<'_>) -> Result<i64, Problem> {
        Ok(self.unlock_progress(request_context(ctx)).await?.rated_count)
    }

    /// Ratings needed before anything is predicted (10).
    async fn unlock_at(&self, ctx: &Context<'_>) -> Result<i64, Problem> {
        Ok(self.unlock_progress(request_context(ctx)).await?.unlock_at)
    }

    /// What the member likes, by the ratings; null if it cannot be read at the moment.
    async fn taste(&self, ctx: &Context<'_>) -> Option<Taste> {
        taste::of(request_context(ctx), Some(self.id)).await
    }

    /// The member's ratings; with `stars`, only the movies that were given these stars, 0.5-5.0.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn ratings(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        #[graphql(default_with = "Some(RatingSort::Newest)")] sort: Option<RatingSort>,
        stars: Option<f64>,
    ) -> Result<Ratings, Problem> {
        let context = request_context(ctx);
        let query = RatingsQuery {
            member: None,
            sort,
            page: page(first, after)?,
            half_steps: stars.map(ratings::half_steps).transpose()?,
        };
        Ok(ratings::list(&context.clients, &context.caller, query).await?)
    }

    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn shelf(
        &self,
        ctx: &Context<'_>,
        state: Option<ShelfState>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Shelf, Problem> {
        let context = request_context(ctx);
        let page = page(first, after)?;
        Ok(shelf::list(&context.clients, &context.caller, None, state, page).await?)
    }

    /// The member's comments on all movies, newest first, in any state.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Comments, Problem> {
        comments::of_caller(request_context(ctx), first, after).await
    }

    /// The member's lists, newest first, private ones too. With `contains`, each says whether it has that movie.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        contains: Option<ID>,
    ) -> Result<Lists, Problem> {
        let contains = contains.map(|id| uuid("contains", &id)).transpose()?;
        lists::of_member(request_context(ctx), Owner::Caller { contains }, first, after).await
    }

    /// The member's diary, the latest day first and watches without a day last; with `tag`, only watches that have it.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn watches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        tag: Option<String>,
    ) -> Result<Watches, Problem> {
        watches::of_member(request_context(ctx), None, tag, first, after).await
    }

    /// What followed members rated, wrote and wish for, newest first. What a member does not show to the caller is left out.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn feed(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Feed, Problem> {
        feed::of_caller(request_context(ctx), first, after).await
    }

    /// Whom the member could follow: those with the most followers first, then the longest registered.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn suggested_members(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(6)")] first: Option<i32>,
    ) -> Result<Vec<PublicMember>, Problem> {
        let context = request_context(ctx);
        let most = limit("first", first, 6, 20)?;
        Ok(members::suggested(&context.clients, &context.caller, most).await?)
    }

    /// Name, languages, and who sees which section of the profile.
    async fn settings(&self, ctx: &Context<'_>) -> Result<Settings, Problem> {
        let context = request_context(ctx);
        Ok(settings::get(&context.clients, &context.caller).await?)
    }

    /// The member's open sessions: the session of this request first, then the one used last.
    #[graphql(complexity = "list_cost(Some(20), child_complexity)")]
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<OpenSession>, Problem> {
        let context = request_context(ctx);
        Ok(sessions::list(&context.clients, &context.caller).await?)
    }
}
