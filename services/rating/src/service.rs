//! The gRPC door: who calls, and which function does the work. One method per RPC of `rating.proto`, nothing more.

use chassis::identity::caller;
use futures::{StreamExt as _, stream::BoxStream};
use matcha_protos::rating::v1::{
    ClearRatingRequest, ClearRatingResponse, ClearShelfRequest, ClearShelfResponse, GetMineRequest, GetMineResponse,
    GetStatisticsRequest, GetStatisticsResponse, ImportRatingsRequest, ImportRatingsResponse, ListRatingsRequest,
    ListRatingsResponse, ListShelfRequest, ListShelfResponse, PutShelfRequest, PutShelfResponse, RateRequest,
    RateResponse, StreamRatingsRequest, StreamRatingsResponse, StreamShelfRequest, StreamShelfResponse,
    rating_service_server::RatingService,
};
use tonic::{Request, Response, Status};

use crate::{Service, ids::MemberId, mine, rating_list, ratings, shelf, statistics, streams};

/// The member of the verified token; nobody can act for another by naming them in a request.
fn member<T>(request: &Request<T>) -> Result<MemberId, Status> {
    Ok(MemberId(caller(request)?.member()?))
}

#[tonic::async_trait]
impl RatingService for Service {
    async fn rate(&self, request: Request<RateRequest>) -> Result<Response<RateResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(ratings::rate(self, member, request.into_inner()).await?))
    }

    async fn clear_rating(
        &self,
        request: Request<ClearRatingRequest>,
    ) -> Result<Response<ClearRatingResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(ratings::clear(self, member, request.into_inner()).await?))
    }

    async fn put_shelf(&self, request: Request<PutShelfRequest>) -> Result<Response<PutShelfResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(shelf::put(self, member, request.into_inner()).await?))
    }

    async fn clear_shelf(&self, request: Request<ClearShelfRequest>) -> Result<Response<ClearShelfResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(shelf::clear(self, member, request.into_inner()).await?))
    }

    async fn get_statistics(
        &self,
        request: Request<GetStatisticsRequest>,
    ) -> Result<Response<GetStatisticsResponse>, Status> {
        // Public: any caller whose token is good, a visitor's too.
        caller(&request)?;
        Ok(Response::new(statistics::get(self, request.into_inner()).await?))
    }

    async fn get_mine(&self, request: Request<GetMineRequest>) -> Result<Response<GetMineResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(mine::get(self, member, request.into_inner()).await?))
    }

    async fn list_ratings(
        &self,
        request: Request<ListRatingsRequest>,
    ) -> Result<Response<ListRatingsResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(
            rating_list::list(self, member, request.into_inner()).await?,
        ))
    }

    async fn list_shelf(&self, request: Request<ListShelfRequest>) -> Result<Response<ListShelfResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(shelf::list(self, member, request.into_inner()).await?))
    }

    type StreamRatingsStream = BoxStream<'static, Result<StreamRatingsResponse, Status>>;

    async fn stream_ratings(
        &self,
        request: Request<StreamRatingsRequest>,
    ) -> Result<Response<Self::StreamRatingsStream>, Status> {
        caller(&request)?.require_service_or_operator()?;
        Ok(Response::new(streams::ratings(self.db.clone()).boxed()))
    }

    type StreamShelfStream = BoxStream<'static, Result<StreamShelfResponse, Status>>;

    async fn stream_shelf(
        &self,
        request: Request<StreamShelfRequest>,
    ) -> Result<Response<Self::StreamShelfStream>, Status> {
        caller(&request)?.require_service_or_operator()?;
        Ok(Response::new(streams::shelf(self.db.clone()).boxed()))
    }

    async fn import_ratings(
        &self,
        request: Request<ImportRatingsRequest>,
    ) -> Result<Response<ImportRatingsResponse>, Status> {
        caller(&request)?.require_operator()?;
        Ok(Response::new(ratings::import(self, request.into_inner()).await?))
    }
}
