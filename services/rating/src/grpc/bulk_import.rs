//! `CommunityService` of community.proto: the operator's bulk imports. (The proto keeps its old name, as clients know it.)

use chassis::identity::caller;
use matcha_protos::rating::v1::{
    ImportCommentsRequest, ImportCommentsResponse, ImportListsRequest, ImportListsResponse, ImportWatchesRequest,
    ImportWatchesResponse, community_service_server::CommunityService,
};
use tonic::{Request, Response, Status};

use crate::{Service, comments, lists, watches};

#[tonic::async_trait]
impl CommunityService for Service {
    async fn import_comments(
        &self,
        request: Request<ImportCommentsRequest>,
    ) -> Result<Response<ImportCommentsResponse>, Status> {
        caller(&request)?.require_operator()?;
        Ok(Response::new(
            comments::bulk_import::import(self, request.into_inner()).await?,
        ))
    }

    async fn import_lists(
        &self,
        request: Request<ImportListsRequest>,
    ) -> Result<Response<ImportListsResponse>, Status> {
        caller(&request)?.require_operator()?;
        Ok(Response::new(
            lists::bulk_import::import(self, request.into_inner()).await?,
        ))
    }

    async fn import_watches(
        &self,
        request: Request<ImportWatchesRequest>,
    ) -> Result<Response<ImportWatchesResponse>, Status> {
        caller(&request)?.require_operator()?;
        Ok(Response::new(
            watches::bulk_import::import(self, request.into_inner()).await?,
        ))
    }
}
