//! A member's profile: the visible sections, the counts, and how similar the member's taste is to the caller's.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::{
    rating::v1::{GetActivityRequest, GetActivityResponse},
    recommendation::v1::{GetMatchRequest, GetMatchResponse},
    user::v1::{self as user, GetProfilesRequest},
};
use serde::Serialize;
use tonic::Status;
use utoipa::ToSchema;

use crate::{
    features::{authors::is_caller, members::PublicMember},
    http::problem::Problem,
    id::Id,
    upstream::{
        clients::Clients,
        degraded::{Degraded, none_if_forbidden},
    },
    wire_enum::wire_enum,
};

wire_enum! {
    /// The parts of a profile that a member can show to everybody, to followers, or to nobody.
    #[graphql(name = "ProfileSection")]
    pub(crate) enum Section = user::Section {
        Ratings,
        Shelf,
        Comments,
        Taste,
    }
}

impl Section {
    /// The sections that the caller may see.
    pub(crate) fn visible(profile: &user::Profile) -> Vec<Self> {
        profile.visible().filter_map(Self::from_proto).collect()
    }
}

/// The head of a member's profile, as the caller sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Profile {
    member: PublicMember,
    follower_count: i64,
    following_count: i64,
    followed_by_me: bool,
    /// The sections that the caller may see.
    visible: Vec<Section>,
    /// Null: the caller may not see it, or the rating service did not answer.
    rated_count: Option<i64>,
    /// Null: the caller may not see it, or the rating service did not answer.
    comment_count: Option<i64>,
    /// Likes of the public comments and lists. Null: the caller may not see comments, or the rating service did not answer.
    likes_received: Option<i64>,
    /// Null: signed out, the caller's own profile, the caller may not see both the taste and the ratings, or the
    /// recommendation service did not answer.
    taste_match: Option<TasteMatch>,
    /// Services that did not answer.
    degraded: Vec<&'static str>,
}

/// How similar two tastes are.
#[derive(SimpleObject, Serialize, ToSchema)]
pub(crate) struct TasteMatch {
    /// 0-100; 50 is that of two members drawn at random. Null: too few movies in common.
    percent: Option<i32>,
    /// The number of movies that both have rated.
    common_count: i64,
    /// How many movies in common a percentage needs.
    needed: i64,
}

impl From<GetMatchResponse> for TasteMatch {
    fn from(found: GetMatchResponse) -> Self {
        Self {
            percent: found.percent,
            common_count: found.common_count,
            needed: found.needed,
        }
    }
}

/// Reads the counts of a member's activity, as far as the caller may see them.
pub(crate) async fn activity(clients: &Clients, caller: &Caller, member: Id) -> Result<GetActivityResponse, Status> {
    let message = GetActivityRequest {
        member_id: member.to_string(),
    };
    let answer = clients.rating.clone().get_activity(request(message, caller)).await?;
    Ok(answer.into_inner())
}

/// Compares the caller's taste with a member's. `None` for a caller who is signed out, for the caller's own profile, and if
/// the caller may not see both the taste and the ratings of the member.
pub(crate) async fn taste_match(clients: &Clients, caller: &Caller, member: Id) -> Result<Option<TasteMatch>, Status> {
    if caller.member_if_any().is_none() || is_caller(caller, member) {
        return Ok(None);
    }
    let message = GetMatchRequest {
        member_id: member.to_string(),
    };
    let mut recommendation = clients.recommendation.clone();
    let answer = none_if_forbidden(recommendation.get_match(request(message, caller)).await)?;
    Ok(answer.map(|answer| answer.into_inner().into()))
}

/// Reads the head of a member's profile.
pub(crate) async fn read(clients: &Clients, caller: &Caller, member: PublicMember) -> Result<Profile, Problem> {
    let message = GetProfilesRequest {
        member_ids: vec![member.id.to_string()],
    };
    let mut user = clients.user.clone();
    let (profiles, activity, taste_match) = tokio::join!(
        user.get_profiles(request(message, caller)),
        activity(clients, caller, member.id),
        taste_match(clients, caller, member.id),
    );
    let profile = profiles?.into_inner().profiles.pop();
    let profile = profile.ok_or_else(|| Problem::not_found("member"))?;
    let degraded = Degraded::default();
    let activity = degraded.part("rating", activity).unwrap_or_default();
    let taste_match = degraded.part("recommendation", taste_match).flatten();
    Ok(Profile {
        member,
        follower_count: profile.follower_count,
        following_count: profile.following_count,
        followed_by_me: profile.followed,
        visible: Section::visible(&profile),
        rated_count: activity.rated_count,
        comment_count: activity.comment_count,
        likes_received: activity.likes_received,
        taste_match,
        degraded: degraded.names(),
    })
}
