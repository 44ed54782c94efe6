//! The gRPC service: one method per RPC. Each checks the caller and calls its feature.

use chassis::identity::caller;
use matcha_protos::movie::v1::movie_service_server::MovieService;
use matcha_protos::movie::v1::{
    GetMoviesRequest, GetMoviesResponse, GetPeopleRequest, GetPeopleResponse, ListFacetsRequest, ListFacetsResponse,
    ListFilmographyRequest, ListFilmographyResponse, ListMovieFactsRequest, ListMovieFactsResponse, MatchMoviesRequest,
    MatchMoviesResponse, PutMoviesRequest, PutMoviesResponse, SearchMoviesRequest, SearchMoviesResponse,
    SearchPeopleRequest, SearchPeopleResponse, SuggestRequest, SuggestResponse,
};
use tonic::{Request, Response, Status};

use crate::{Service, facets, identify, movies, people, search};

#[tonic::async_trait]
impl MovieService for Service {
    async fn get_movies(&self, request: Request<GetMoviesRequest>) -> Result<Response<GetMoviesResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(
            movies::get_movies(&self.movies, request.into_inner()).await?,
        ))
    }

    async fn search_movies(
        &self,
        request: Request<SearchMoviesRequest>,
    ) -> Result<Response<SearchMoviesResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(
            search::search_movies(&self.scans, &self.movies, request.into_inner()).await?,
        ))
    }

    async fn suggest(&self, request: Request<SuggestRequest>) -> Result<Response<SuggestResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(
            search::suggest(&self.scans, &self.movies, request.into_inner()).await?,
        ))
    }

    async fn get_people(&self, request: Request<GetPeopleRequest>) -> Result<Response<GetPeopleResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(people::get_people(
            &self.index.load(),
            &request.into_inner(),
        )?))
    }

    async fn search_people(
        &self,
        request: Request<SearchPeopleRequest>,
    ) -> Result<Response<SearchPeopleResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(
            people::search_people(&self.scans, request.into_inner()).await?,
        ))
    }

    async fn list_filmography(
        &self,
        request: Request<ListFilmographyRequest>,
    ) -> Result<Response<ListFilmographyResponse>, Status> {
        caller(&request)?;
        let index = self.index.load_full();
        Ok(Response::new(
            people::list_filmography(&index, &self.movies, request.into_inner()).await?,
        ))
    }

    async fn list_facets(&self, request: Request<ListFacetsRequest>) -> Result<Response<ListFacetsResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(facets::list_facets(&self.index.load())))
    }

    async fn list_movie_facts(
        &self,
        request: Request<ListMovieFactsRequest>,
    ) -> Result<Response<ListMovieFactsResponse>, Status> {
        // The facts are public, but pages of a thousand are only for services that copy them.
        caller(&request)?.require_service_or_operator()?;
        Ok(Response::new(
            movies::list_movie_facts(&self.db, request.into_inner()).await?,
        ))
    }

    async fn match_movies(
        &self,
        request: Request<MatchMoviesRequest>,
    ) -> Result<Response<MatchMoviesResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(identify::match_movies(
            &self.index.load(),
            &request.into_inner(),
        )?))
    }

    async fn put_movies(&self, request: Request<PutMoviesRequest>) -> Result<Response<PutMoviesResponse>, Status> {
        caller(&request)?.require_operator()?;
        let put = movies::put::put_movies(&self.db, &self.movies, request.into_inner()).await?;
        self.nudge.nudge();
        Ok(Response::new(put))
    }
}
