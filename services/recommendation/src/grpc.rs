//! The gRPC service: one method per RPC. Each checks the caller and calls its feature.

use chassis::identity::{Caller, caller};
use matcha_protos::recommendation::v1::{
    DescribeProfilesRequest, DescribeProfilesResponse, GetMatchRequest, GetMatchResponse, GetModelRequest,
    GetModelResponse, GetTasteRequest, GetTasteResponse, ListPredictedRequest, ListPredictedResponse,
    ListTasteMoviesRequest, ListTasteMoviesResponse, ListToRateRequest, ListToRateResponse, PredictRequest,
    PredictResponse, RecommendRequest, RecommendResponse, SimilarRequest, SimilarResponse,
    recommendation_service_server::RecommendationService,
};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::{
    Service, models, movies_to_rate, parse, predictions, profile, rows, similar_movies, taste, taste_similarity,
};

type Answer<T> = Result<Response<T>, Status>;

#[tonic::async_trait]
impl RecommendationService for Service {
    async fn predict(&self, request: Request<PredictRequest>) -> Answer<PredictResponse> {
        let caller = caller(&request)?;
        let answer = predictions::predict(self, &caller, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn list_predicted(&self, request: Request<ListPredictedRequest>) -> Answer<ListPredictedResponse> {
        let member = caller(&request)?.member()?;
        let answer = predictions::list_predicted(self, member, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn recommend(&self, request: Request<RecommendRequest>) -> Answer<RecommendResponse> {
        let caller = caller(&request)?;
        let answer = rows::recommend(self, &caller, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn similar(&self, request: Request<SimilarRequest>) -> Answer<SimilarResponse> {
        Ok(Response::new(similar_movies::similar(self, &request.into_inner())?))
    }

    async fn list_to_rate(&self, request: Request<ListToRateRequest>) -> Answer<ListToRateResponse> {
        let caller = caller(&request)?;
        let answer = movies_to_rate::list_to_rate(self, &caller, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_taste(&self, request: Request<GetTasteRequest>) -> Answer<GetTasteResponse> {
        let caller = caller(&request)?;
        let member_id = &request.get_ref().member_id;
        let member = authorize(self, &caller, member_id).await?;
        let answer = taste::get_taste(self, member).await?;
        Ok(Response::new(answer))
    }

    async fn list_taste_movies(&self, request: Request<ListTasteMoviesRequest>) -> Answer<ListTasteMoviesResponse> {
        let caller = caller(&request)?;
        let member_id = &request.get_ref().member_id;
        let member = authorize(self, &caller, member_id).await?;
        let answer = taste::list_taste_movies(self, member, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_match(&self, request: Request<GetMatchRequest>) -> Answer<GetMatchResponse> {
        let member = caller(&request)?.member()?;
        let answer = taste_similarity::get_match(self, member, request.into_inner()).await?;
        Ok(Response::new(answer))
    }

    async fn get_model(&self, _: Request<GetModelRequest>) -> Answer<GetModelResponse> {
        Ok(Response::new(models::get_model(self).await))
    }

    async fn describe_profiles(&self, request: Request<DescribeProfilesRequest>) -> Answer<DescribeProfilesResponse> {
        caller(&request)?.require_service_or_operator()?;
        let answer = profile::describe_profiles(self, &request.into_inner()).await?;
        Ok(Response::new(answer))
    }
}

/// The named member, if the caller may see what is computed from their ratings. An empty id names the caller.
async fn authorize(service: &Service, caller: &Caller, member_id: &str) -> Result<Uuid, Status> {
    if member_id.is_empty() {
        return caller.member();
    }
    let member = parse::id(member_id)?;
    service.access.require_taste(caller.member_if_any(), member).await?;
    Ok(member)
}
