//! One method per RPC of `lists.proto`, nothing more.

use chassis::identity::caller;
use matcha_protos::rating::v1::{
    AddListMovieRequest, AddListMovieResponse, CreateListRequest, CreateListResponse, DeleteListRequest,
    DeleteListResponse, GetListMoviesRequest, GetListMoviesResponse, GetListsRequest, GetListsResponse,
    LikeListRequest, LikeListResponse, ListMemberListsRequest, ListMemberListsResponse, ListMovieListsRequest,
    ListMovieListsResponse, OrderListMoviesRequest, OrderListMoviesResponse, RemoveListMovieRequest,
    RemoveListMovieResponse, SearchListsRequest, SearchListsResponse, UnlikeListRequest, UnlikeListResponse,
    UpdateListRequest, UpdateListResponse, list_service_server::ListService,
};
use tonic::{Request, Response, Status};

use super::{create, delete, get, likes, movies, pages, update};
use crate::{Service, ids::MemberId};

fn member<T>(request: &Request<T>) -> Result<MemberId, Status> {
    Ok(MemberId(caller(request)?.member()?))
}

/// Who looks at what everybody may see: a member, or none.
fn viewer<T>(request: &Request<T>) -> Result<Option<MemberId>, Status> {
    Ok(caller(request)?.member_if_any().map(MemberId))
}

#[tonic::async_trait]
impl ListService for Service {
    async fn create_list(&self, request: Request<CreateListRequest>) -> Result<Response<CreateListResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(create(self, member, request.into_inner()).await?))
    }

    async fn update_list(&self, request: Request<UpdateListRequest>) -> Result<Response<UpdateListResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(update(self, member, request.into_inner()).await?))
    }

    async fn delete_list(&self, request: Request<DeleteListRequest>) -> Result<Response<DeleteListResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(delete(self, member, request.into_inner()).await?))
    }

    async fn add_list_movie(
        &self,
        request: Request<AddListMovieRequest>,
    ) -> Result<Response<AddListMovieResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(movies::add(self, member, request.into_inner()).await?))
    }

    async fn remove_list_movie(
        &self,
        request: Request<RemoveListMovieRequest>,
    ) -> Result<Response<RemoveListMovieResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(movies::remove(self, member, request.into_inner()).await?))
    }

    async fn order_list_movies(
        &self,
        request: Request<OrderListMoviesRequest>,
    ) -> Result<Response<OrderListMoviesResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(movies::order(self, member, request.into_inner()).await?))
    }

    async fn like_list(&self, request: Request<LikeListRequest>) -> Result<Response<LikeListResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(likes::like(self, member, request.into_inner()).await?))
    }

    async fn unlike_list(&self, request: Request<UnlikeListRequest>) -> Result<Response<UnlikeListResponse>, Status> {
        let member = member(&request)?;
        Ok(Response::new(likes::unlike(self, member, request.into_inner()).await?))
    }

    async fn get_lists(&self, request: Request<GetListsRequest>) -> Result<Response<GetListsResponse>, Status> {
        let viewer = viewer(&request)?;
        Ok(Response::new(get(self, viewer, request.into_inner()).await?))
    }

    async fn get_list_movies(
        &self,
        request: Request<GetListMoviesRequest>,
    ) -> Result<Response<GetListMoviesResponse>, Status> {
        let viewer = viewer(&request)?;
        Ok(Response::new(movies::get(self, viewer, request.into_inner()).await?))
    }

    async fn list_member_lists(
        &self,
        request: Request<ListMemberListsRequest>,
    ) -> Result<Response<ListMemberListsResponse>, Status> {
        let viewer = viewer(&request)?;
        let member = match request.get_ref().member_id.as_str() {
            "" => member(&request)?,
            id => MemberId::parse(id)?,
        };
        Ok(Response::new(
            pages::of_member(self, viewer, member, request.into_inner()).await?,
        ))
    }

    async fn list_movie_lists(
        &self,
        request: Request<ListMovieListsRequest>,
    ) -> Result<Response<ListMovieListsResponse>, Status> {
        let viewer = viewer(&request)?;
        Ok(Response::new(
            pages::of_movie(self, viewer, request.into_inner()).await?,
        ))
    }

    async fn search_lists(
        &self,
        request: Request<SearchListsRequest>,
    ) -> Result<Response<SearchListsResponse>, Status> {
        let viewer = viewer(&request)?;
        Ok(Response::new(pages::search(self, viewer, request.into_inner()).await?))
    }
}
