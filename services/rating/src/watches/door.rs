//! One method per RPC of `watches.proto`, nothing more.

use matcha_protos::{
    rating::v1::{
        CountWatchesRequest, CountWatchesResponse, DeleteWatchRequest, DeleteWatchResponse, ListTagsRequest,
        ListTagsResponse, ListWatchesRequest, ListWatchesResponse, PutWatchRequest, PutWatchResponse,
        watch_service_server::WatchService,
    },
    user::v1::Section,
};
use tonic::{Request, Response, Status};

use super::{count, delete, list, put, tag_list};
use crate::{
    Service,
    ids::MemberId,
    service::{member, shown, viewer},
};

#[tonic::async_trait]
impl WatchService for Service {
    async fn put_watch(&self, request: Request<PutWatchRequest>) -> Result<Response<PutWatchResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(put(self, member, request.into_inner()).await?))
    }

    async fn delete_watch(
        &self,
        request: Request<DeleteWatchRequest>,
    ) -> Result<Response<DeleteWatchResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(delete(self, member, request.into_inner()).await?))
    }

    async fn list_watches(
        &self,
        request: Request<ListWatchesRequest>,
    ) -> Result<Response<ListWatchesResponse>, Status> {
        let member = match request.get_ref().member_id.as_str() {
            "" => member(&request)?,
            id => shown(self, viewer(&request)?, id, Section::Ratings).await?,
        };
        Ok(Response::new(list(self, member, request.into_inner()).await?))
    }

    async fn list_tags(&self, request: Request<ListTagsRequest>) -> Result<Response<ListTagsResponse>, Status> {
        let member = match request.get_ref().member_id.as_str() {
            "" => member(&request)?,
            id => {
                let member = MemberId::parse(id)?;
                // They tell of the diary, which shows what the ratings show, and of what is liked.
                let sections = [Section::Ratings, Section::Taste];
                self.access.require(viewer(&request)?, member, &sections).await?;
                member
            }
        };
        Ok(Response::new(tag_list::list(self, member).await?))
    }

    async fn count_watches(
        &self,
        request: Request<CountWatchesRequest>,
    ) -> Result<Response<CountWatchesResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(count(self, member, request.into_inner()).await?))
    }
}
