//! Who follows whom.

use chassis::{client::request, identity::Caller};
use matcha_protos::user::v1::{
    self as proto, FollowRequest, ListFollowersRequest, ListFollowingRequest, UnfollowRequest,
};
use tonic::Status;

use crate::{
    features::{
        members::PublicMember,
        page::{Page, PageRequest, Total, page_names},
    },
    id::Id,
    upstream::clients::Clients,
};

/// A page of members.
pub(crate) type Members = Page<PublicMember, Total>;

page_names!(Members, "MemberConnection", "A page of members.");

impl Members {
    fn from_proto(members: &[proto::Member], next_cursor: String, total: i64) -> Self {
        let members = members.iter().map(PublicMember::from);
        Self::new(members.collect(), next_cursor, Total { total })
    }
}

/// Reads the followers of a member, newest first.
pub(crate) async fn followers(
    clients: &Clients,
    caller: &Caller,
    member: Id,
    page: PageRequest,
) -> Result<Members, Status> {
    let message = ListFollowersRequest {
        member_id: member.to_string(),
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.user.clone().list_followers(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(Members::from_proto(&answer.members, answer.next_cursor, answer.total))
}

/// Reads the members whom a member follows, newest first.
pub(crate) async fn following(
    clients: &Clients,
    caller: &Caller,
    member: Id,
    page: PageRequest,
) -> Result<Members, Status> {
    let message = ListFollowingRequest {
        member_id: member.to_string(),
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.user.clone().list_following(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(Members::from_proto(&answer.members, answer.next_cursor, answer.total))
}

/// Follows a member and returns how many follow the member now. Following again changes nothing.
pub(crate) async fn follow(clients: &Clients, caller: &Caller, member: Id) -> Result<i64, Status> {
    let message = FollowRequest {
        member_id: member.to_string(),
    };
    let answer = clients.user.clone().follow(request(message, caller)).await?;
    Ok(answer.into_inner().follower_count)
}

/// Unfollows a member and returns how many follow the member now. Succeeds if the caller does not follow.
pub(crate) async fn unfollow(clients: &Clients, caller: &Caller, member: Id) -> Result<i64, Status> {
    let message = UnfollowRequest {
        member_id: member.to_string(),
    };
    let answer = clients.user.clone().unfollow(request(message, caller)).await?;
    Ok(answer.into_inner().follower_count)
}
