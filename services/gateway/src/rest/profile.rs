//! What others see of a member: `/api/v1/members/{handle}/…`. What is not for the caller the owner of the data refuses, and the
//! answer is 403.

use axum::extract::State;
use chassis::client::request;
use http::StatusCode;
use matcha_protos::{
    rating::v1::{GetActivityRequest, ListMemberCommentsRequest, ListShelfRequest, ShelfState},
    recommendation::v1::GetMatchRequest,
    user::v1::{
        FollowRequest, GetProfilesRequest, ListFollowersRequest, ListFollowingRequest, Member as Found, UnfollowRequest,
    },
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    comments::{Comments, PageFilter},
    me::{self, Ratings, RatingsFilter, Shelf},
    members::{PublicMember, find},
};
use crate::{
    features::profile::{Section, TasteMatch},
    http::{
        auth::{Anyone, SignedIn},
        extract::{Handle, Json, Query, cursor, limit},
        problem::Problem,
    },
    upstream::{
        clients::Clients,
        degraded::{Degraded, shown},
    },
};

/// The head of a member's profile, as the caller sees it.
#[derive(Serialize, ToSchema)]
pub(super) struct Profile {
    member: PublicMember,
    follower_count: i64,
    following_count: i64,
    followed_by_me: bool,
    /// What the caller may see.
    visible: Vec<Section>,
    /// Null: not for the caller, or rating cannot say.
    rated_count: Option<i64>,
    /// Null: likewise.
    comment_count: Option<i64>,
    /// Of the public comments and lists. Null: comments are not for the caller, or rating cannot say.
    likes_received: Option<i64>,
    /// Null: signed out, oneself, not for the caller, or recommendation cannot say.
    taste_match: Option<TasteMatch>,
    /// Services that could not answer.
    degraded: Vec<&'static str>,
}

/// The profile of a member.
#[utoipa::path(get, path = "/api/v1/members/{handle}/profile", tag = "members", params(("handle" = String, Path)),
    responses((status = 200, body = Profile)))]
pub(super) async fn show(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
) -> Result<Json<Profile>, Problem> {
    let found = find(&clients, &caller, handle).await?;
    let (mut user, mut rating) = (clients.user.clone(), clients.rating.clone());
    let profiles = GetProfilesRequest {
        member_ids: vec![found.id.clone()],
    };
    let activity = GetActivityRequest {
        member_id: found.id.clone(),
    };
    let matching = async {
        // Nobody is compared with themself.
        let me = caller.member_if_any()?;
        (found.id.parse() != Ok(me)).then_some(())?;
        let message = GetMatchRequest {
            member_id: found.id.clone(),
        };
        Some(
            clients
                .recommendation
                .clone()
                .get_match(request(message, &caller))
                .await,
        )
    };
    let (profiles, activity, matching) = tokio::join!(
        user.get_profiles(request(profiles, &caller)),
        rating.get_activity(request(activity, &caller)),
        matching,
    );
    let profile = profiles?.into_inner().profiles.pop();
    let profile = profile.ok_or_else(|| Problem::not_found("member"))?;
    let mut degraded = Degraded::default();
    let activity = degraded.part("rating", activity);
    let activity = activity.map(tonic::Response::into_inner).unwrap_or_default();
    let matching = matching.and_then(|matching| degraded.part("recommendation", shown(matching)).flatten());
    Ok(Json(Profile {
        member: found.into(),
        follower_count: profile.follower_count,
        following_count: profile.following_count,
        followed_by_me: profile.followed,
        visible: Section::visible(&profile),
        rated_count: activity.rated_count,
        comment_count: activity.comment_count,
        likes_received: activity.likes_received,
        taste_match: matching.map(|matching| matching.into_inner().into()),
        degraded: degraded.into_names(),
    }))
}

/// Follows a member; once more is no more.
#[utoipa::path(put, path = "/api/v1/members/{handle}/follow", tag = "members", security(("bearer" = [])),
    params(("handle" = String, Path)), responses((status = 204, description = "Followed.")))]
pub(super) async fn follow(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Handle(handle): Handle,
) -> Result<StatusCode, Problem> {
    let member_id = find(&clients, &caller, handle).await?.id;
    let message = FollowRequest { member_id };
    clients.user.clone().follow(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stops following a member; it need not have begun.
#[utoipa::path(delete, path = "/api/v1/members/{handle}/follow", tag = "members", security(("bearer" = [])),
    params(("handle" = String, Path)), responses((status = 204, description = "Not followed any more.")))]
pub(super) async fn unfollow(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Handle(handle): Handle,
) -> Result<StatusCode, Problem> {
    let member_id = find(&clients, &caller, handle).await?.id;
    let message = UnfollowRequest { member_id };
    clients.user.clone().unfollow(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A page of members.
#[derive(Serialize, ToSchema)]
pub(super) struct Members {
    items: Vec<PublicMember>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
}

impl Members {
    fn new(members: Vec<Found>, next_cursor: String, total: i64) -> Self {
        Self {
            items: members.into_iter().map(PublicMember::from).collect(),
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            total,
        }
    }
}

/// Who follows a member, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/followers", tag = "members",
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Members)))]
pub(super) async fn followers(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Members>, Problem> {
    let cursor = cursor("cursor", filter.cursor)?;
    let limit = limit("limit", filter.limit, 20, 50)?;
    let message = ListFollowersRequest {
        member_id: find(&clients, &caller, handle).await?.id,
        cursor,
        limit,
    };
    let answer = clients.user.clone().list_followers(request(message, &caller)).await?;
    let answer = answer.into_inner();
    Ok(Json(Members::new(answer.members, answer.next_cursor, answer.total)))
}

/// Whom a member follows, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/following", tag = "members",
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Members)))]
pub(super) async fn following(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Members>, Problem> {
    let cursor = cursor("cursor", filter.cursor)?;
    let limit = limit("limit", filter.limit, 20, 50)?;
    let message = ListFollowingRequest {
        member_id: find(&clients, &caller, handle).await?.id,
        cursor,
        limit,
    };
    let answer = clients.user.clone().list_following(request(message, &caller)).await?;
    let answer = answer.into_inner();
    Ok(Json(Members::new(answer.members, answer.next_cursor, answer.total)))
}

/// A member's ratings.
#[utoipa::path(get, path = "/api/v1/members/{handle}/ratings", tag = "members",
    params(("handle" = String, Path), RatingsFilter), responses((status = 200, body = Ratings)))]
pub(super) async fn ratings(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<RatingsFilter>,
) -> Result<Json<Ratings>, Problem> {
    let member = find(&clients, &caller, handle).await?;
    me::ratings_of(&clients, &caller, member.id, filter).await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ShownFilter {
    /// Usually `wish`.
    #[param(inline)]
    state: Option<ShownShelf>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

/// What a shelf shows to others.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ShownShelf {
    Wish,
    Watching,
}

/// What a member wishes for, or is watching.
#[utoipa::path(get, path = "/api/v1/members/{handle}/shelf", tag = "members",
    params(("handle" = String, Path), ShownFilter), responses((status = 200, body = Shelf)))]
pub(super) async fn shelf(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<ShownFilter>,
) -> Result<Json<Shelf>, Problem> {
    let state = match filter.state {
        None | Some(ShownShelf::Wish) => ShelfState::Wish,
        Some(ShownShelf::Watching) => ShelfState::Watching,
    };
    let cursor = cursor("cursor", filter.cursor)?;
    let limit = limit("limit", filter.limit, 20, 50)?;
    let message = ListShelfRequest {
        state: state.into(),
        cursor,
        limit,
        member_id: find(&clients, &caller, handle).await?.id,
    };
    me::shelf_of(&clients, &caller, message).await.map(Json)
}

/// A member's public comments on all movies, newest first.
#[utoipa::path(get, path = "/api/v1/members/{handle}/comments", tag = "members",
    params(("handle" = String, Path), PageFilter), responses((status = 200, body = Comments)))]
pub(super) async fn comments(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    Handle(handle): Handle,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Comments>, Problem> {
    let cursor = cursor("cursor", filter.cursor)?;
    let limit = limit("limit", filter.limit, 20, 50)?;
    let message = ListMemberCommentsRequest {
        member_id: find(&clients, &caller, handle).await?.id,
        cursor,
        limit,
    };
    let answer = clients
        .rating
        .clone()
        .list_member_comments(request(message, &caller))
        .await?;
    let answer = answer.into_inner();
    let page = Comments::new(&clients, &caller, answer.comments, answer.next_cursor, answer.total);
    Ok(Json(page.await))
}
