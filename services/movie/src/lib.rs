//! The movie service: the catalogue of movies and people, search, and a copy of popularity for ranking.
//!
//! Facts live in Postgres and only `PutMovies` writes them. Search runs on an index in memory that every replica builds
//! from Postgres and keeps within a second of it. Popularity is rating's; here it is a copy, counted from events.

pub mod genres;
pub mod search;

mod clues;
mod config;
mod error;
mod facets;
mod movies;
mod people;
mod popularity;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use arc_swap::ArcSwap;
use chassis::admin::{self, Readiness};
use chassis::client::Channels;
use chassis::grpc;
use chassis::identity::caller;
use chassis::shutdown::Stop;
use chassis::tasks::Tasks;
use matcha_protos::movie::v1::movie_service_server::{MovieService, MovieServiceServer};
use matcha_protos::movie::v1::{
    GetMoviesRequest, GetMoviesResponse, GetPeopleRequest, GetPeopleResponse, ListFacetsRequest, ListFacetsResponse,
    ListFilmographyRequest, ListFilmographyResponse, ListMovieFactsRequest, ListMovieFactsResponse, MatchMoviesRequest,
    MatchMoviesResponse, PutMoviesRequest, PutMoviesResponse, SearchMoviesRequest, SearchMoviesResponse,
    SearchPeopleRequest, SearchPeopleResponse, SuggestRequest, SuggestResponse,
};
use matcha_protos::rating::v1::rating_service_client::RatingServiceClient;
use messaging::events::Broker;
use messaging::outbox::{Nudge, Relay};
use messaging::{inbox, postgres};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tonic::{Request, Response, Status};

pub use config::Config;
pub use popularity::{dead_letters, reconcile::Reconciled};

use movies::Movies;
use search::Scans;
use search::index::Index;
use search::refresh::Refresh;

/// Serves until the stop, or until any of its parts fails.
pub async fn run(config: Config, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
    let readiness = Readiness::default();
    let (postgres_check, index_check) = (readiness.check("postgres"), readiness.check("index"));
    let admin = TcpListener::bind(config.service.admin_listen)
        .await
        .context("cannot listen for the admin port")?;
    let mut tasks = Tasks::new(stop.clone());
    tasks.spawn("admin", admin::serve(admin, readiness.clone(), stop.clone()));

    let pool = match postgres::connect(&config.database_url, postgres_check, &stop).await {
        Err(_) if stop.is_stopped() => return tasks.join().await,
        pool => pool?,
    };
    sqlx::migrate!()
        .run(&pool)
        .await
        .context("cannot migrate the database")?;

    let index = Arc::new(ArcSwap::from_pointee(Index::default()));
    let movies = Movies::new(pool.clone(), index.clone());
    let mut refresh = Refresh::new(pool.clone(), index.clone(), movies.clone());
    refresh.step().await.context("cannot build the search index")?;
    index_check.ok();

    let broker = Broker::new(&config.broker, "movie");
    let nudge = Nudge::default();
    let channels = Channels::new("movie", &config.service)?;
    let rating = RatingServiceClient::new(channels.channel("rating"));
    let (every, settle) = (
        Duration::from_secs(config.reconcile_every),
        Duration::from_secs(config.reconcile_settle),
    );
    tasks.spawn("index", refresh.run(stop.clone()));
    tasks.spawn(
        "relay",
        Relay::new(pool.clone(), broker.clone(), nudge.clone()).run(stop.clone()),
    );
    tasks.spawn("popularity", popularity::consume(pool.clone(), broker, stop.clone()));
    tasks.spawn(
        "reconcile",
        popularity::reconcile::run(pool.clone(), rating, every, settle, stop.clone()),
    );
    tasks.spawn("inbox", inbox::sweep(pool.clone(), stop.clone()));

    let service = Movie {
        pool,
        scans: Scans::new(index.clone()),
        index,
        movies,
        nudge,
    };
    let server = grpc::Server::new("movie", &config.service, readiness)
        .await?
        .add(MovieServiceServer::new(service))
        .await
        .describe(matcha_protos::DESCRIPTORS)?;
    tasks.spawn("grpc", server.serve(listener, stop.clone()));
    tasks.join().await
}

/// Compares the popularity copy with rating's statistics once.
pub async fn reconcile(config: &Config, stop: Stop) -> anyhow::Result<Reconciled> {
    let pool = postgres::connect(&config.database_url, Readiness::default().check("postgres"), &stop).await?;
    let channels = Channels::new("movie", &config.service)?;
    let rating = RatingServiceClient::new(channels.channel("rating"));
    popularity::reconcile::once(&pool, &rating, Duration::from_secs(config.reconcile_settle), &stop).await
}

/// What the RPCs stand on.
struct Movie {
    pool: PgPool,
    index: Arc<ArcSwap<Index>>,
    scans: Scans,
    movies: Movies,
    nudge: Nudge,
}

#[tonic::async_trait]
impl MovieService for Movie {
    async fn get_movies(&self, request: Request<GetMoviesRequest>) -> Result<Response<GetMoviesResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(movies::get(&self.movies, request.into_inner()).await?))
    }

    async fn search_movies(
        &self,
        request: Request<SearchMoviesRequest>,
    ) -> Result<Response<SearchMoviesResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(
            search::search(&self.scans, &self.movies, request.into_inner()).await?,
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
        Ok(Response::new(people::get(&self.index.load(), &request.into_inner())?))
    }

    async fn search_people(
        &self,
        request: Request<SearchPeopleRequest>,
    ) -> Result<Response<SearchPeopleResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(people::search(&self.scans, request.into_inner()).await?))
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
        Ok(Response::new(facets::list(&self.index.load())))
    }

    async fn list_movie_facts(
        &self,
        request: Request<ListMovieFactsRequest>,
    ) -> Result<Response<ListMovieFactsResponse>, Status> {
        // Facts are no secret, but pages of a thousand are for services that copy them.
        caller(&request)?.require_service_or_operator()?;
        Ok(Response::new(
            movies::list_facts(&self.pool, request.into_inner()).await?,
        ))
    }

    async fn match_movies(
        &self,
        request: Request<MatchMoviesRequest>,
    ) -> Result<Response<MatchMoviesResponse>, Status> {
        caller(&request)?;
        Ok(Response::new(clues::find(&self.index.load(), &request.into_inner())?))
    }

    async fn put_movies(&self, request: Request<PutMoviesRequest>) -> Result<Response<PutMoviesResponse>, Status> {
        caller(&request)?.require_operator()?;
        let put = movies::put::put(&self.pool, &self.movies, request.into_inner()).await?;
        self.nudge.nudge();
        Ok(Response::new(put))
    }
}
