//! The batch reads. Whatever needs something of several movies or members asks once for all of them; REST and GraphQL's
//! loaders both read through here.

use std::collections::HashMap;

use chassis::{
    client::{Channel, request},
    identity::Caller,
};
use futures::future::try_join_all;
use matcha_protos::{
    movie::v1::{GetMoviesRequest, GetPeopleRequest, Movie, Person, movie_service_client::MovieServiceClient},
    rating::v1::{
        Comment, CountWatchesRequest, GetListsRequest, GetMineRequest, GetMyCommentsRequest, GetStatisticsRequest,
        List, Mine, MovieStatistics, WatchCount, rating_service_client::RatingServiceClient,
    },
    recommendation::v1::{PredictRequest, Prediction},
    user::v1::{GetMembersByHandleRequest, GetMembersRequest, GetProfilesRequest, Member, Profile},
};
use tonic::Status;
use uuid::Uuid;

use crate::upstream::clients::{Clients, MOST_IN_A_BATCH};

/// By id; what is unknown is left out.
pub(crate) type Read<T> = Result<HashMap<Uuid, T>, Status>;

/// Looks the same to everybody: ask through `Clients::movies`, which asks once for all.
pub(crate) async fn movies(movie: MovieServiceClient<Channel>, ids: Vec<Uuid>) -> Read<Movie> {
    in_batches(&ids, |ids| {
        let mut movie = movie.clone();
        async move {
            let answer = movie.get_movies(request(GetMoviesRequest { ids }, &Caller::Anonymous));
            Ok(by_id(answer.await?.into_inner().movies, |movie| &movie.id))
        }
    })
    .await
}

/// Likewise: ask through `Clients::people`.
pub(crate) async fn people(movie: MovieServiceClient<Channel>, ids: Vec<Uuid>) -> Read<Person> {
    in_batches(&ids, |ids| {
        let mut movie = movie.clone();
        async move {
            let answer = movie.get_people(request(GetPeopleRequest { ids }, &Caller::Anonymous));
            Ok(by_id(answer.await?.into_inner().people, |person| &person.id))
        }
    })
    .await
}

/// Likewise: ask through `Clients::statistics`.
pub(crate) async fn statistics(rating: RatingServiceClient<Channel>, ids: Vec<Uuid>) -> Read<MovieStatistics> {
    in_batches(&ids, |movie_ids| {
        let mut rating = rating.clone();
        async move {
            let answer = rating.get_statistics(request(GetStatisticsRequest { movie_ids }, &Caller::Anonymous));
            Ok(by_id(answer.await?.into_inner().statistics, |of| &of.movie_id))
        }
    })
    .await
}

/// The caller's own stars and shelf; nothing for who is signed out.
pub(crate) async fn mine(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Mine> {
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
const MOST_COMMENTS: usize = 50;

/// The caller's own comments, by movie; nothing for who is signed out.
pub(crate) async fn my_comments(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Comment> {
    if caller.member_if_any().is_none() {
        return Ok(HashMap::new());
    }
    in_batches_of(MOST_COMMENTS, ids, |movie_ids| async move {
        let mut rating = clients.rating.clone();
        let answer = rating.get_my_comments(request(GetMyCommentsRequest { movie_ids }, caller));
        Ok(by_id(answer.await?.into_inner().comments, |comment| &comment.movie_id))
    })
    .await
}

/// The most lists that rating gives at once.
const MOST_LISTS: usize = 50;

/// Lists that the caller may see.
pub(crate) async fn lists(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<List> {
    in_batches_of(MOST_LISTS, ids, |list_ids| async move {
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
const MOST_PROFILES: usize = 100;

/// What the caller may see of members, and how many follow whom.
pub(crate) async fn profiles(clients: &Clients, caller: &Caller, ids: &[Uuid]) -> Read<Profile> {
    in_batches_of(MOST_PROFILES, ids, |member_ids| async move {
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

/// Where a member stands: how many movies are rated, and how many it takes until something is predicted.
#[derive(Clone, Copy)]
pub(crate) struct Standing {
    pub(crate) rated_count: i64,
    pub(crate) unlock_at: i64,
}

/// The product's number, for when the recommendation service cannot say it.
const UNLOCK_AT: i64 = 10;

/// Either service knows the count; the other, where it could not say, comes with its reason.
pub(crate) async fn standing(
    clients: &Clients,
    caller: &Caller,
) -> Result<(Standing, Option<(&'static str, Status)>), Status> {
    let (mut rating, mut recommendation) = (clients.rating.clone(), clients.recommendation.clone());
    let (mine, predicted) = tokio::join!(
        rating.get_mine(request(GetMineRequest::default(), caller)),
        recommendation.predict(request(PredictRequest::default(), caller)),
    );
    let standing = |rated_count, unlock_at| Standing {
        rated_count,
        unlock_at: if unlock_at > 0 { unlock_at } else { UNLOCK_AT },
    };
    match (mine, predicted) {
        (Ok(mine), Ok(predicted)) => {
            let unlock_at = predicted.into_inner().unlock_at;
            Ok((standing(mine.into_inner().rated_count, unlock_at), None))
        }
        (Ok(mine), Err(status)) => {
            let standing = standing(mine.into_inner().rated_count, UNLOCK_AT);
            Ok((standing, Some(("recommendation", status))))
        }
        (Err(status), Ok(predicted)) => {
            let predicted = predicted.into_inner();
            let standing = standing(predicted.rated_count, predicted.unlock_at);
            Ok((standing, Some(("rating", status))))
        }
        (Err(status), Err(_)) => Err(status),
    }
}

/// The ids among these that can be read; an id we cannot read is nobody's.
pub(crate) fn ids<'a>(given: impl IntoIterator<Item = &'a String>) -> Vec<Uuid> {
    given.into_iter().filter_map(|id| id.parse().ok()).collect()
}

/// Splits what is more than a service takes at once; nothing at all is no call.
async fn in_batches<T, F>(ids: &[Uuid], read: impl Fn(Vec<String>) -> F) -> Read<T>
where
    F: Future<Output = Read<T>>,
{
    in_batches_of(MOST_IN_A_BATCH, ids, read).await
}

async fn in_batches_of<T, F>(most: usize, ids: &[Uuid], read: impl Fn(Vec<String>) -> F) -> Read<T>
where
    F: Future<Output = Read<T>>,
{
    let batches = ids.chunks(most);
    // Collected first: only owned values cross the calls.
    let batches: Vec<Vec<String>> = batches
        .map(|batch| batch.iter().map(Uuid::to_string).collect())
        .collect();
    let answers = try_join_all(batches.into_iter().map(read)).await?;
    Ok(answers.into_iter().flatten().collect())
}

fn by_id<T>(items: Vec<T>, id: impl Fn(&T) -> &String) -> HashMap<Uuid, T> {
    let with_id = items
        .into_iter()
        .filter_map(|item| Some((id(&item).parse().ok()?, item)));
    with_id.collect()
}
