//! `ListService` of lists.proto.

use matcha_protos::rating::v1::{
    AddListMovieRequest, AddListMovieResponse, CreateListRequest, CreateListResponse, DeleteListRequest,
    DeleteListResponse, GetListMoviesRequest, GetListMoviesResponse, GetListsRequest, GetListsResponse,
    LikeListRequest, LikeListResponse, ListMemberListsRequest, ListMemberListsResponse, ListMovieListsRequest,
    ListMovieListsResponse, OrderListMoviesRequest, OrderListMoviesResponse, RemoveListMovieRequest,
    RemoveListMovieResponse, SearchListsRequest, SearchListsResponse, UnlikeListRequest, UnlikeListResponse,
    UpdateListRequest, UpdateListResponse, list_service_server::ListService,
};
use tonic::{Request, Response, Status};

use super::{member_if_any, require_member};
use crate::{
    Service,
    ids::MemberId,
    lists::{self, likes, movies, pages},
};

#[tonic::async_trait]
impl ListService for Service {
    async fn create_list(&self, request: Request<CreateListRequest>) -> Result<Response<CreateListResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(lists::create(self, member, request.into_inner()).await?))
    }

    async fn update_list(&self, request: Request<UpdateListRequest>) -> Result<Response<UpdateListResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(lists::update(self, member, request.into_inner()).await?))
    }

    async fn delete_list(&self, request: Request<DeleteListRequest>) -> Result<Response<DeleteListResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(lists::delete(self, member, request.into_inner()).await?))
    }

    async fn add_list_movie(
        &self,
        request: Request<AddListMovieRequest>,
    ) -> Result<Response<AddListMovieResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(movies::add(self, member, request.into_inner()).await?))
    }

    async fn remove_list_movie(
        &self,
        request: Request<RemoveListMovieRequest>,
    ) -> Result<Response<RemoveListMovieResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(movies::remove(self, member, request.into_inner()).await?))
    }

    async fn order_list_movies(
        &self,
        request: Request<OrderListMoviesRequest>,
    ) -> Result<Response<OrderListMoviesResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(movies::order(self, member, request.into_inner()).await?))
    }

    async fn like_list(&self, request: Request<LikeListRequest>) -> Result<Response<LikeListResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(likes::like(self, member, request.into_inner()).await?))
    }

    async fn unlike_list(&self, request: Request<UnlikeListRequest>) -> Result<Response<UnlikeListResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(likes::unlike(self, member, request.into_inner()).await?))
    }

    async fn get_lists(&self, request: Request<GetListsRequest>) -> Result<Response<GetListsResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(lists::get(self, caller, request.into_inner()).await?))
    }

    async fn get_list_movies(
        &self,
        request: Request<GetListMoviesRequest>,
    ) -> Result<Response<GetListMoviesResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(movies::get(self, caller, request.into_inner()).await?))
    }

    async fn list_member_lists(
        &self,
        request: Request<ListMemberListsRequest>,
    ) -> Result<Response<ListMemberListsResponse>, Status> {
        let caller = member_if_any(&request)?;
        let member = match request.get_ref().member_id.as_str() {
            "" => require_member(&request)?,
            id => MemberId::parse(id)?,
        };
        Ok(Response::new(
            pages::of_member(self, caller, member, request.into_inner()).await?,
        ))
    }

    async fn list_movie_lists(
        &self,
        request: Request<ListMovieListsRequest>,
    ) -> Result<Response<ListMovieListsResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(
            pages::of_movie(self, caller, request.into_inner()).await?,
        ))
    }

    async fn search_lists(
        &self,
        request: Request<SearchListsRequest>,
    ) -> Result<Response<SearchListsResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(pages::search(self, caller, request.into_inner()).await?))
    }
}
