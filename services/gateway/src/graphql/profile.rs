//! A member as others see them: the profile with its sections, who follows whom, and the two writes about that. What a viewer
//! may not see the services refuse; `visible` only spares a page the asking.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::{
    rating::v1::{self as rating, GetActivityRequest, GetActivityResponse, ListMemberCommentsRequest},
    recommendation::v1::GetMatchRequest,
    user::v1::{self as proto, FollowRequest, ListFollowersRequest, ListFollowingRequest, UnfollowRequest},
};
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    comments::CommentConnection,
    limits::list_cost,
    lists::{self, ListConnection},
    loaders::{Asker, asker},
    member::{self, RatingConnection, RatingSort, ShelfConnection, moment},
    mutation::WRITE,
    taste::{self, Taste},
    watches::{self, WatchConnection},
};
use crate::{
    features::profile::{Section, TasteMatch},
    http::{
        extract::{self, cursor, limit},
        problem::Problem,
    },
    upstream::degraded::shown,
};

/// A member as everybody sees them.
pub(super) struct PublicMember {
    found: Arc<proto::Member>,
    activity: OnceCell<Option<GetActivityResponse>>,
}

/// What a shelf shows to others.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum ShownShelf {
    Wish,
    Watching,
}

/// Members by name.
#[derive(SimpleObject)]
pub(super) struct FoundMembers {
    items: Vec<PublicMember>,
    next_cursor: Option<String>,
}

impl FoundMembers {
    pub(super) fn new(members: Vec<proto::Member>, next_cursor: String) -> Self {
        let MemberConnection { items, next_cursor, .. } = MemberConnection::new(members, next_cursor, 0);
        Self { items, next_cursor }
    }
}

#[derive(SimpleObject)]
pub(super) struct MemberConnection {
    items: Vec<PublicMember>,
    next_cursor: Option<String>,
    total: i64,
}

impl PublicMember {
    pub(super) fn new(found: Arc<proto::Member>) -> Self {
        Self {
            found,
            activity: OnceCell::new(),
        }
    }

    /// What the asker may see and how many follow; nothing when user cannot say.
    async fn profile(&self, asker: &Asker) -> Option<Arc<proto::Profile>> {
        let id: Uuid = self.found.id.parse().ok()?;
        asker.part("user", asker.profiles.load_one(id).await)?
    }

    /// Asked for once, whichever of its counts a query wants.
    async fn activity(&self, asker: &Asker) -> Result<Option<GetActivityResponse>, Problem> {
        let activity = self.activity.get_or_try_init(async || {
            asker.take_of_member("ratedCount")?;
            let message = GetActivityRequest {
                member_id: self.found.id.clone(),
            };
            let mut rating = asker.clients.rating.clone();
            let answer = rating.get_activity(request(message, &asker.caller)).await;
            Ok::<_, Problem>(asker.part("rating", answer).map(tonic::Response::into_inner))
        });
        activity.await.copied()
    }
}

#[Object]
impl PublicMember {
    async fn handle(&self) -> &str {
        &self.found.handle
    }

    async fn display_name(&self) -> &str {
        &self.found.display_name
    }

    /// Drawn by the seed, not a person.
    async fn synthetic(&self) -> bool {
        self.found.synthetic
    }

    /// RFC 3339.
    async fn registered_at(&self) -> String {
        moment(self.found.registered_at)
    }

    /// Whether it is the asker.
    async fn is_me(&self, ctx: &Context<'_>) -> bool {
        let me = asker(ctx).caller.member_if_any();
        me.is_some_and(|me| self.found.id.parse() == Ok(me))
    }

    /// Null when it cannot be had.
    async fn follower_count(&self, ctx: &Context<'_>) -> Option<i64> {
        Some(self.profile(asker(ctx)).await?.follower_count)
    }

    /// How many the member follows; null when it cannot be had.
    async fn following_count(&self, ctx: &Context<'_>) -> Option<i64> {
        Some(self.profile(asker(ctx)).await?.following_count)
    }

    /// Null when it cannot be had.
    async fn followed_by_me(&self, ctx: &Context<'_>) -> Option<bool> {
        Some(self.profile(asker(ctx)).await?.followed)
    }

    /// The sections that the asker may see; null when it cannot be had.
    async fn visible(&self, ctx: &Context<'_>) -> Option<Vec<Section>> {
        let profile = self.profile(asker(ctx)).await?;
        Some(Section::visible(&profile))
    }

    /// Null when it is not for the asker, or cannot be had.
    async fn rated_count(&self, ctx: &Context<'_>) -> Result<Option<i64>, Problem> {
        Ok(self
            .activity(asker(ctx))
            .await?
            .and_then(|activity| activity.rated_count))
    }

    /// How many public comments; null when it is not for the asker, or cannot be had.
    async fn comment_count(&self, ctx: &Context<'_>) -> Result<Option<i64>, Problem> {
        Ok(self
            .activity(asker(ctx))
            .await?
            .and_then(|activity| activity.comment_count))
    }

    /// Likes of the member's public comments and lists; null when comments are not for the asker, or it cannot be had.
    async fn likes_received(&self, ctx: &Context<'_>) -> Result<Option<i64>, Problem> {
        Ok(self
            .activity(asker(ctx))
            .await?
            .and_then(|activity| activity.likes_received))
    }

    /// What the member likes, as far as the ratings say; null when it is not for the asker, or cannot be had.
    async fn taste(&self, ctx: &Context<'_>) -> Option<Taste> {
        taste::of(asker(ctx), &self.found.id).await
    }

    /// How alike the tastes are; null for visitors and oneself, when it is not for the asker, or cannot be had.
    async fn taste_match(&self, ctx: &Context<'_>) -> Result<Option<TasteMatch>, Problem> {
        let asker = asker(ctx);
        let me = asker.caller.member_if_any();
        if me.is_none_or(|me| self.found.id.parse() == Ok(me)) {
            return Ok(None);
        }
        asker.take_of_member("tasteMatch")?;
        let message = GetMatchRequest {
            member_id: self.found.id.clone(),
        };
        let mut recommendation = asker.clients.recommendation.clone();
        let answer = recommendation.get_match(request(message, &asker.caller)).await;
        let found = asker.part("recommendation", shown(answer));
        Ok(found.flatten().map(|answer| answer.into_inner().into()))
    }

    /// FORBIDDEN where it is not for the asker.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn ratings(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        #[graphql(default_with = "Some(RatingSort::Newest)")] sort: Option<RatingSort>,
    ) -> Result<Option<RatingConnection>, Problem> {
        let asker = asker(ctx);
        asker.take_of_member("ratings")?;
        let ratings = member::ratings_of(asker, self.found.id.clone(), first, after, sort, None).await?;
        Ok(Some(ratings))
    }

    /// FORBIDDEN where it is not for the asker.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn shelf(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(ShownShelf::Wish)")] state: Option<ShownShelf>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<ShelfConnection>, Problem> {
        let asker = asker(ctx);
        asker.take_of_member("shelf")?;
        let state = match state {
            None | Some(ShownShelf::Wish) => rating::ShelfState::Wish,
            Some(ShownShelf::Watching) => rating::ShelfState::Watching,
        };
        let shelf = member::shelf_of(asker, self.found.id.clone(), state.into(), first, after).await?;
        Ok(Some(shelf))
    }

    /// The member's public comments on all movies, newest first. FORBIDDEN where the list is not for the asker.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn comments(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<CommentConnection>, Problem> {
        let asker = asker(ctx);
        asker.take_comments()?;
        let message = ListMemberCommentsRequest {
            member_id: self.found.id.clone(),
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        let mut rating = asker.clients.rating.clone();
        let answer = rating.list_member_comments(request(message, &asker.caller)).await?;
        let answer = answer.into_inner();
        Ok(Some(CommentConnection::new(
            answer.comments,
            answer.next_cursor,
            answer.total,
        )))
    }

    /// The member's public lists, newest first.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<ListConnection>, Problem> {
        let asker = asker(ctx);
        asker.take_of_member("lists")?;
        let lists = lists::of_member(asker, self.found.id.clone(), None, first, after).await?;
        Ok(Some(lists))
    }

    /// The diary, the latest day first; with tag only what has it. FORBIDDEN where ratings are not for the asker.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn watches(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
        tag: Option<String>,
    ) -> Result<Option<WatchConnection>, Problem> {
        let asker = asker(ctx);
        asker.take_of_member("watches")?;
        let watches = watches::of_member(asker, self.found.id.clone(), tag, first, after).await?;
        Ok(Some(watches))
    }

    /// Who follows the member, newest first.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn followers(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<MemberConnection>, Problem> {
        let asker = asker(ctx);
        asker.take_of_member("followers")?;
        let message = ListFollowersRequest {
            member_id: self.found.id.clone(),
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        let mut user = asker.clients.user.clone();
        let answer = user.list_followers(request(message, &asker.caller)).await?;
        let answer = answer.into_inner();
        Ok(Some(MemberConnection::new(
            answer.members,
            answer.next_cursor,
            answer.total,
        )))
    }

    /// Whom the member follows, newest first.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn following(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<MemberConnection>, Problem> {
        let asker = asker(ctx);
        asker.take_of_member("following")?;
        let message = ListFollowingRequest {
            member_id: self.found.id.clone(),
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        let mut user = asker.clients.user.clone();
        let answer = user.list_following(request(message, &asker.caller)).await?;
        let answer = answer.into_inner();
        Ok(Some(MemberConnection::new(
            answer.members,
            answer.next_cursor,
            answer.total,
        )))
    }
}

impl MemberConnection {
    fn new(members: Vec<proto::Member>, next_cursor: String, total: i64) -> Self {
        Self {
            items: members
                .into_iter()
                .map(|found| PublicMember::new(Arc::new(found)))
                .collect(),
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            total,
        }
    }
}

/// The writes about following.
pub(super) struct FollowMutation;

#[Object]
impl FollowMutation {
    /// Follows a member; once more is no more.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn follow(&self, ctx: &Context<'_>, handle: String) -> Result<FollowPayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let member = by_handle(asker, &handle).await?;
        let message = FollowRequest {
            member_id: member.id.clone(),
        };
        let mut user = asker.clients.user.clone();
        let answer = user.follow(request(message, &asker.caller)).await?;
        Ok(FollowPayload {
            handle: member.handle.clone(),
            followed_by_me: true,
            follower_count: answer.into_inner().follower_count,
        })
    }

    /// Stops following a member; it need not have begun.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn unfollow(&self, ctx: &Context<'_>, handle: String) -> Result<FollowPayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let member = by_handle(asker, &handle).await?;
        let message = UnfollowRequest {
            member_id: member.id.clone(),
        };
        let mut user = asker.clients.user.clone();
        let answer = user.unfollow(request(message, &asker.caller)).await?;
        Ok(FollowPayload {
            handle: member.handle.clone(),
            followed_by_me: false,
            follower_count: answer.into_inner().follower_count,
        })
    }
}

#[derive(SimpleObject)]
pub(super) struct FollowPayload {
    handle: String,
    followed_by_me: bool,
    /// How many follow the member now.
    follower_count: i64,
}

async fn by_handle(asker: &Asker, handle: &str) -> Result<Arc<proto::Member>, Problem> {
    let nobody = || Problem::not_found("member");
    let handle = extract::handle(handle).ok_or_else(nobody)?;
    asker.handles.load_one(handle).await?.ok_or_else(nobody)
}
