//! The operator's door for what a community says beside its ratings, and what its three imports have in common. The work is
//! done where comments, lists and watches are at home.

use std::collections::HashSet;

use chassis::identity::caller;
use matcha_protos::rating::v1::{
    ImportCommentsRequest, ImportCommentsResponse, ImportListsRequest, ImportListsResponse, ImportWatchesRequest,
    ImportWatchesResponse, community_service_server::CommunityService,
};
use time::OffsetDateTime;
use tonic::{Request, Response, Status};

use crate::{
    Service, comments,
    error::{Error, ensure_at_most},
    ids::MemberId,
    lists, watches,
};

const MOST_LIKES: usize = 1_000;

#[tonic::async_trait]
impl CommunityService for Service {
    async fn import_comments(
        &self,
        request: Request<ImportCommentsRequest>,
    ) -> Result<Response<ImportCommentsResponse>, Status> {
        caller(&request)?.require_operator()?;
        Ok(Response::new(
            comments::imported::import(self, request.into_inner()).await?,
        ))
    }

    async fn import_lists(
        &self,
        request: Request<ImportListsRequest>,
    ) -> Result<Response<ImportListsResponse>, Status> {
        caller(&request)?.require_operator()?;
        Ok(Response::new(
            lists::imported::import(self, request.into_inner()).await?,
        ))
    }

    async fn import_watches(
        &self,
        request: Request<ImportWatchesRequest>,
    ) -> Result<Response<ImportWatchesResponse>, Status> {
        caller(&request)?.require_operator()?;
        Ok(Response::new(
            watches::imported::import(self, request.into_inner()).await?,
        ))
    }
}

/// Reads the time at which something was written or made.
pub(crate) fn parse_created_at(seconds: i64) -> Result<OffsetDateTime, Error> {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok();
    let time = time.filter(|time| seconds > 0 && *time <= OffsetDateTime::now_utc());
    time.ok_or_else(invalid_created_at)
}

pub(crate) fn invalid_created_at() -> Error {
    Error::invalid(
        "created_at",
        "the time is before 1970, in the future, or before what it belongs to",
    )
}

/// Who likes something, each once. Its author liking it is the error that is given.
pub(crate) fn liked_by(ids: &[String], author: MemberId, own: fn() -> Error) -> Result<Vec<MemberId>, Error> {
    ensure_at_most("liked_by", ids.len(), MOST_LIKES)?;
    let members = ids.iter().map(|id| MemberId::parse(id));
    let members = members.collect::<Result<HashSet<_>, _>>()?;
    if members.contains(&author) {
        return Err(own());
    }
    Ok(members.into_iter().collect())
}

/// How many, as the columns have it.
pub(crate) fn count<T>(of: &[T]) -> i32 {
    i32::try_from(of.len()).expect("what an import brings is bounded")
}
