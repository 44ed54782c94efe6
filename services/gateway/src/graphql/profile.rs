//! A member as others see them: the fields that a query selects by themselves, and who follows whom. The services refuse what
//! the caller may not see; `visible` lets a page skip those fields.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Object, SimpleObject};
use matcha_protos::{rating::v1::GetActivityResponse, user::v1::Profile};

use super::{
    limits::list_cost,
    lists,
    mutation::WRITE,
    pages::page,
    request_context::{RequestContext, request_context},
    taste, watches,
};
use crate::{
    features::{
        authors::is_caller,
        comments::{self, Comments},
        follows::{self, Members},
        lists::{Lists, Owner},
        members::{self, FoundMembers, PublicMember},
        profile::{self, Section, TasteMatch},
        ratings::{self, RatingSort, Ratings, RatingsQuery},
        shelf::{self, Shelf, VisibleShelfState},
        taste::Taste,
        watches::Watches,
    },
    http::{
        extract::{self, text},
        problem::Problem,
    },
};

/// Searches members by name; null if the user service did not answer.
pub(super) async fn search(
    context: &RequestContext,
    q: String,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<FoundMembers>, Problem> {
    let (query, page) = (text("q", Some(q))?, page(first, after)?);
    let members = members::search(&context.clients, &context.caller, query, page).await;
    context.part_if_valid("user", members)
}

impl PublicMember {
    /// Reads what the caller may see, and how many follow; `None` if the user service did not answer.
    async fn profile(&self, context: &RequestContext) -> Option<Arc<Profile>> {
        context.part("user", context.loaders.profiles.load_one(self.id.0).await)?
    }

    /// Reads the counts once, whichever of them a query selects.
    async fn activity(&self, context: &RequestContext) -> Result<Option<GetActivityResponse>, Problem> {
        let activity = self.activity.get_or_try_init(async || {
            context.take_of_member("ratedCount")?;
            let activity = profile::activity(&context.clients, &context.caller, self.id).await;
            Ok::<_, Problem>(context.part("rating", activity))
        });
        activity.await.copied()
    }
}

#[ComplexObject]
impl PublicMember {
    /// Whether it is the caller.
    async fn is_me(&self, ctx: &Context<'_>) -> bool {
        is_caller(&request_context(ctx).caller, self.id)
    }

    /// Null if it cannot be read at the moment.
    async fn follower_count(&self, ctx: &Context<'_>) -> Option<i64> {
        Some(self.profile(request_context(ctx)).await?.follower_count)
    }

    /// How many the member follows; null if it cannot be read at the moment.
    async fn following_count(&self, ctx: &Context<'_>) -> Option<i64> {
        Some(self.profile(request_context(ctx)).await?.following_count)
    }

    /// Null if it cannot be read at the moment.
    async fn followed_by_me(&self, ctx: &Context<'_>) -> Option<bool> {
        Some(self.profile(request_context(ctx)).await?.followed)
    }

    /// The sections that the caller may see; null if they cannot be read at the moment.
    async fn visible(&self, ctx: &Context<'_>) -> Option<Vec<Section>> {
        let profile = self.profile(request_context(ctx)).await?;
        Some(Section::visible(&profile))
    }

    /// Null if the caller may not see it, or it cannot be read at the moment.
    async fn rated_count(&self, ctx: &Context<'_>) -> Result<Option<i64>, Problem> {
        let activity = self.activity(request_context(ctx)).await?;
        Ok(activity.and_then(|activity| activity.rated_count))
    }

    /// How many public comments; null if the caller may not see it, or it cannot be read at the moment.
    async fn comment_count(&self, ctx: &Context<'_>) -> Result<Option<i64>, Problem> {
        let activity = self.activity(request_context(ctx)).await?;
        Ok(activity.and_then(|activity| activity.comment_count))
    }

    /// Likes of the member's public comments and lists; null if the caller may not see comments, or it cannot be read at the
    /// moment.
    async fn likes_received(&self, ctx: &Context<'_>) -> Result<Option<i64>, Problem> {
        let activity = self.activity(request_context(ctx)).await?;
        Ok(activity.and_then(|activity| activity.likes_received))
    }

    /// What the member likes, by the ratings; null if the caller may not see it and the ratings, or it cannot be read at the
    /// moment.
    async fn taste(&self, ctx: &Context<'_>) -> Option<Taste> {
        taste::of(request_context(ctx), Some(self.id)).await
    }

    /// How similar the caller's taste and the member's are, in percent, from the stars that both gave to the same movies.
    /// Null when signed out, for the caller's own profile, if the caller may not see both the taste and the ratings of the
    /// member, or if it cannot be read at the moment.
    async fn taste_match(&self, ctx: &Context<'_>) -> Result<Option<TasteMatch>, Problem> {
        let context = request_context(ctx);
        if context.caller.member_if_any().is_none() || is_caller(&context.caller, self.id) {
            return Ok(None);
        }
        context.take_of_member("tasteMatch")?;
        let taste_match = profile::taste_match(&context.clients, &context.caller, self.id).await;
        Ok(context.part("recommendation", taste_match).flatten())
    }

    /// FORBIDDEN if the caller may not see them.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn ratings(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        #[graphql(default_with = "Some(RatingSort::Newest)")] sort: Option<RatingSort>,
    ) -> Result<Option<Ratings>, Problem> {
        let context = request_context(ctx);
        context.take_of_member("ratings")?;
        let query = RatingsQuery {
            member: Some(self.id),
            sort,
            half_steps: None,
            page: page(first, after)?,
        };
        let ratings = ratings::list(&context.clients, &context.caller, query).await?;
        Ok(Some(ratings))
    }

    /// FORBIDDEN if the caller may not see it.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn shelf(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(VisibleShelfState::Wish)")] state: Option<VisibleShelfState>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Shelf>, Problem> {
        let context = request_context(ctx);
        context.take_of_member("shelf")?;
        let state = state.unwrap_or(VisibleShelfState::Wish).into();
        let page = page(first, after)?;
        let shelf = shelf::list(&context.clients, &context.caller, Some(self.id), Some(state), page).await?;
        Ok(Some(shelf))
    }

    /// The member's public comments on all movies, newest first. FORBIDDEN if the caller may not see them in one list.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Comments>, Problem> {
        let context = request_context(ctx);
        context.take_comments()?;
        let page = page(first, after)?;
        let comments = comments::of_member(&context.clients, &context.caller, self.id, page).await?;
        Ok(Some(comments))
    }

    /// The member's public lists, newest first.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Lists>, Problem> {
        let context = request_context(ctx);
        context.take_of_member("lists")?;
        let lists = lists::of_member(context, Owner::Member(self.id), first, after).await?;
        Ok(Some(lists))
    }

    /// The diary, the latest day first; with `tag`, only watches that have it. FORBIDDEN if the caller may not see ratings.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn watches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        tag: Option<String>,
    ) -> Result<Option<Watches>, Problem> {
        let context = request_context(ctx);
        context.take_of_member("watches")?;
        let watches = watches::of_member(context, Some(self.id), tag, first, after).await?;
        Ok(Some(watches))
    }

    /// Who follows the member, newest first.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn followers(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Members>, Problem> {
        let context = request_context(ctx);
        context.take_of_member("followers")?;
        let page = page(first, after)?;
        let followers = follows::followers(&context.clients, &context.caller, self.id, page).await?;
        Ok(Some(followers))
    }

    /// Whom the member follows, newest first.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn following(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Members>, Problem> {
        let context = request_context(ctx);
        context.take_of_member("following")?;
        let page = page(first, after)?;
        let following = follows::following(&context.clients, &context.caller, self.id, page).await?;
        Ok(Some(following))
    }
}

/// The writes about following. Each may be repeated.
pub(super) struct FollowMutation;

/// What following leads to.
#[derive(SimpleObject)]
pub(super) struct FollowPayload {
    handle: String,
    followed_by_me: bool,
    /// How many follow the member now.
    follower_count: i64,
}

#[Object]
impl FollowMutation {
    /// Follows a member. Following again changes nothing.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn follow(&self, ctx: &Context<'_>, handle: String) -> Result<FollowPayload, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let member = by_handle(context, &handle).await?;
        let follower_count = follows::follow(&context.clients, &context.caller, member.id).await?;
        Ok(FollowPayload {
            handle: member.handle,
            followed_by_me: true,
            follower_count,
        })
    }

    /// Unfollows a member. Succeeds if the caller does not follow.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn unfollow(&self, ctx: &Context<'_>, handle: String) -> Result<FollowPayload, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let member = by_handle(context, &handle).await?;
        let follower_count = follows::unfollow(&context.clients, &context.caller, member.id).await?;
        Ok(FollowPayload {
            handle: member.handle,
            followed_by_me: false,
            follower_count,
        })
    }
}

async fn by_handle(context: &RequestContext, handle: &str) -> Result<PublicMember, Problem> {
    let unknown = || Problem::not_found("member");
    let handle = extract::handle(handle).ok_or_else(unknown)?;
    let member = context.loaders.handles.load_one(handle).await?.ok_or_else(unknown)?;
    Ok(member.as_ref().into())
}
