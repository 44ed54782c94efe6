//! Batch reads in the caller's name: whatever an answer needs of several movies, members or lists is read with one call. A
//! page of REST and a loader of GraphQL read the same way.

use std::collections::HashMap;

use chassis::{client::request, identity::Caller};
use matcha_protos::{
    rating::v1::{
        Comment, CountWatchesRequest, GetListsRequest, GetMineRequest, GetMyCommentsRequest, List, Mine, WatchCount,
    },
    recommendation::v1::{PredictRequest, Prediction},
    user::v1::{GetMembersByHandleRequest, GetMembersRequest, GetProfilesRequest, Member, Profile},
};
use tonic::Status;
use uuid::Uuid;

use crate::upstream::{
    batches::{Read, by_id, in_batches, in_batches_of},
    clients::Clients,
};

/// The caller's own stars and shelf states; empty for a caller who is signed out.
pub(crate) async fn viewer_states(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Mine> {
    if caller.member_if_any().is_none() {
        return Ok(HashMap::new());
    }
    in_batches(ids, |movie_ids| async move {
        let mut rating = clients.rating.clone();
        let answer = rating.get_mine(request(GetMineRequest { movie_ids }, caller));
        Ok(by_id(answer.await?.into_inner().mine, |mine| &mine.movie_id))
    })
    .await
}

/// How often the caller watched movies; nothing for who is signed out.
pub(crate) async fn watch_counts(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<WatchCount> {
    if caller.member_if_any().is_none() {
        return Ok(HashMap::new());
    }
    in_batches(ids, |movie_ids| async move {
        let mut watches = clients.watches.clone();
        let answer = watches.count_watches(request(CountWatchesRequest { movie_ids }, caller));
        Ok(by_id(answer.await?.into_inner().counts, |of| &of.movie_id))
    })
    .await
}

/// The most comments that rating gives at once: they may be long.
const MAX_COMMENTS: usize = 50;

/// The caller's own comments, by movie; nothing for who is signed out.
pub(crate) async fn my_comments(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Comment> {
    if caller.member_if_any().is_none() {
        return Ok(HashMap::new());
    }
    in_batches_of(MAX_COMMENTS, ids, |movie_ids| async move {
        let mut comments = clients.comments.clone();
        let answer = comments.get_my_comments(request(GetMyCommentsRequest { movie_ids }, caller));
        Ok(by_id(answer.await?.into_inner().comments, |comment| &comment.movie_id))
    })
    .await
}

/// The most lists that rating gives at once.
const MAX_LISTS: usize = 50;

/// Lists that the caller may see.
pub(crate) async fn lists(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<List> {
    in_batches_of(MAX_LISTS, ids, |list_ids| async move {
        let mut lists = clients.lists.clone();
        let answer = lists.get_lists(request(GetListsRequest { list_ids }, caller));
        Ok(by_id(answer.await?.into_inner().lists, |list| &list.id))
    })
    .await
}

/// Predicted stars of the caller; nothing for who is signed out.
pub(crate) async fn predictions(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Prediction> {
    if caller.member_if_any().is_none() {
        return Ok(HashMap::new());
    }
    in_batches(ids, |movie_ids| async move {
        let mut recommendation = clients.recommendation.clone();
        let answer = recommendation.predict(request(PredictRequest { movie_ids }, caller));
        Ok(by_id(answer.await?.into_inner().predictions, |one| &one.movie_id))
    })
    .await
}

pub(crate) async fn members(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Member> {
    in_batches(ids, |ids| async move {
        let mut user = clients.user.clone();
        let answer = user.get_members(request(GetMembersRequest { ids }, caller));
        Ok(by_id(answer.await?.into_inner().members, |member| &member.id))
    })
    .await
}

/// The most profiles that user gives at once: each is counted.
const MAX_PROFILES: usize = 100;

/// What the caller may see of members, and how many follow whom.
pub(crate) async fn profiles(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Profile> {
    in_batches_of(MAX_PROFILES, ids, |member_ids| async move {
        let mut user = clients.user.clone();
        let answer = user.get_profiles(request(GetProfilesRequest { member_ids }, caller));
        Ok(by_id(answer.await?.into_inner().profiles, |profile| &profile.member_id))
    })
    .await
}

/// By handle, as everybody sees them.
pub(crate) async fn members_by_handle(
    clients: &Clients,
    caller: &Caller,
    handles: &[String],
) -> Result<HashMap<String, Member>, Status> {
    let mut user = clients.user.clone();
    let message = GetMembersByHandleRequest {
        handles: handles.to_vec(),
    };
    let answer = user.get_members_by_handle(request(message, caller)).await?;
    let members = answer.into_inner().members.into_iter();
    Ok(members.map(|member| (member.handle.clone(), member)).collect())
}

/// Parses ids. A string that is no UUID is left out: it names nothing.
pub(crate) fn ids<'a>(given: impl IntoIterator<Item = &'a String>) -> Vec<Uuid> {
    given.into_iter().filter_map(|id| id.parse().ok()).collect()
}
