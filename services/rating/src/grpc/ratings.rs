//! `RatingService` of rating.proto.

use chassis::identity::caller;
use futures::{StreamExt as _, stream::BoxStream};
use matcha_protos::{
    rating::v1::{
        ClearRatingRequest, ClearRatingResponse, ClearShelfRequest, ClearShelfResponse, GetActivityRequest,
        GetActivityResponse, GetMineRequest, GetMineResponse, GetStatisticsRequest, GetStatisticsResponse,
        ImportRatingsRequest, ImportRatingsResponse, ListFeedRequest, ListFeedResponse, ListRatedMoviesRequest,
        ListRatedMoviesResponse, ListRatingsRequest, ListRatingsResponse, ListShelfRequest, ListShelfResponse,
        PutShelfRequest, PutShelfResponse, RateRequest, RateResponse, StreamRatingsRequest, StreamRatingsResponse,
        StreamShelfRequest, StreamShelfResponse, rating_service_server::RatingService,
    },
    user::v1::Section,
};
use tonic::{Request, Response, Status};

use super::{authorize_section, member_if_any, require_member};
use crate::{Service, feed, member_stats, ratings, shelf, statistics, streams, viewer_state};

#[tonic::async_trait]
impl RatingService for Service {
    async fn rate(&self, request: Request<RateRequest>) -> Result<Response<RateResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(ratings::rate(self, member, request.into_inner()).await?))
    }

    async fn clear_rating(
        &self,
        request: Request<ClearRatingRequest>,
    ) -> Result<Response<ClearRatingResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(ratings::clear(self, member, request.into_inner()).await?))
    }

    async fn put_shelf(&self, request: Request<PutShelfRequest>) -> Result<Response<PutShelfResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(shelf::put(self, member, request.into_inner()).await?))
    }

    async fn clear_shelf(&self, request: Request<ClearShelfRequest>) -> Result<Response<ClearShelfResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(shelf::clear(self, member, request.into_inner()).await?))
    }

    async fn get_statistics(
        &self,
        request: Request<GetStatisticsRequest>,
    ) -> Result<Response<GetStatisticsResponse>, Status> {
        // Visitors may read statistics, but every call needs a valid token.
        caller(&request)?;
        Ok(Response::new(statistics::get(self, request.into_inner()).await?))
    }

    async fn get_mine(&self, request: Request<GetMineRequest>) -> Result<Response<GetMineResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(
            viewer_state::get(self, member, request.into_inner()).await?,
        ))
    }

    async fn list_ratings(
        &self,
        request: Request<ListRatingsRequest>,
    ) -> Result<Response<ListRatingsResponse>, Status> {
        let whose = &request.get_ref().member_id;
        let member = match whose.as_str() {
            "" => require_member(&request)?,
            id => authorize_section(self, member_if_any(&request)?, id, Section::Ratings).await?,
        };
        Ok(Response::new(
            ratings::list::list(self, member, request.into_inner()).await?,
        ))
    }

    async fn list_rated_movies(
        &self,
        request: Request<ListRatedMoviesRequest>,
    ) -> Result<Response<ListRatedMoviesResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(ratings::list::all_movies(self, member).await?))
    }

    async fn list_shelf(&self, request: Request<ListShelfRequest>) -> Result<Response<ListShelfResponse>, Status> {
        let ListShelfRequest { member_id, state, .. } = request.get_ref();
        let member = match member_id.as_str() {
            "" => require_member(&request)?,
            id => {
                let caller = member_if_any(&request)?;
                let member = authorize_section(self, caller, id, Section::Shelf).await?;
                if caller != Some(member) {
                    shelf::ensure_listable_by_others(*state)?;
                }
                member
            }
        };
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

    async fn list_feed(&self, request: Request<ListFeedRequest>) -> Result<Response<ListFeedResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(feed::list(self, member, request.into_inner()).await?))
    }

    async fn get_activity(
        &self,
        request: Request<GetActivityRequest>,
    ) -> Result<Response<GetActivityResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(
            member_stats::get(self, caller, request.into_inner()).await?,
        ))
    }
}
