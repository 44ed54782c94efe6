//! `WatchService` of watches.proto.

use matcha_protos::{
    rating::v1::{
        CountWatchesRequest, CountWatchesResponse, DeleteWatchRequest, DeleteWatchResponse, ListTagsRequest,
        ListTagsResponse, ListWatchesRequest, ListWatchesResponse, PutWatchRequest, PutWatchResponse,
        watch_service_server::WatchService,
    },
    user::v1::Section,
};
use tonic::{Request, Response, Status};

use super::{authorize_section, member_if_any, require_member};
use crate::{
    Service,
    ids::MemberId,
    watches::{self, tag_list},
};

#[tonic::async_trait]
impl WatchService for Service {
    async fn put_watch(&self, request: Request<PutWatchRequest>) -> Result<Response<PutWatchResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(watches::put(self, member, request.into_inner()).await?))
    }

    async fn delete_watch(
        &self,
        request: Request<DeleteWatchRequest>,
    ) -> Result<Response<DeleteWatchResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(
            watches::delete(self, member, request.into_inner()).await?,
        ))
    }

    async fn list_watches(
        &self,
        request: Request<ListWatchesRequest>,
    ) -> Result<Response<ListWatchesResponse>, Status> {
        let member = match request.get_ref().member_id.as_str() {
            "" => require_member(&request)?,
            id => authorize_section(self, member_if_any(&request)?, id, Section::Ratings).await?,
        };
        Ok(Response::new(watches::list(self, member, request.into_inner()).await?))
    }

    async fn list_tags(&self, request: Request<ListTagsRequest>) -> Result<Response<ListTagsResponse>, Status> {
        let member = match request.get_ref().member_id.as_str() {
            "" => require_member(&request)?,
            id => {
                let member = MemberId::parse(id)?;
                // Tags reveal the diary, which is shown with the ratings, and what the member likes.
                let sections = [Section::Ratings, Section::Taste];
                self.access.require(member_if_any(&request)?, member, &sections).await?;
                member
            }
        };
        Ok(Response::new(tag_list::list(self, member).await?))
    }

    async fn count_watches(
        &self,
        request: Request<CountWatchesRequest>,
    ) -> Result<Response<CountWatchesResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(watches::count(self, member, request.into_inner()).await?))
    }
}
