//! Starts the service on a database of its own and calls it over gRPC.

use std::collections::HashMap;
use std::str::FromStr as _;
use std::sync::{Arc, Mutex};

use chassis::config::Secret;
use chassis::identity::Caller;
use chassis::shutdown::Stop;
use matcha_protos::events::v1::RatingChanged;
use matcha_protos::movie::v1::movie_service_client::MovieServiceClient;
use matcha_protos::movie::v1::suggestion::Kind;
use matcha_protos::movie::v1::{
    GetMoviesRequest, ListFacetsRequest, Movie, PersonName, PutMovie, PutMoviesRequest, PutMoviesResponse,
    SearchMoviesRequest, SuggestRequest,
};
use matcha_protos::rating::v1::rating_service_server::{RatingService, RatingServiceServer};
use matcha_protos::rating::v1::*;
use messaging::events::BrokerConfig;
use messaging::events::{Broker, Event, PublishOutcome, Publisher};
use sqlx::PgPool;
use testing::{Stores, eventually, request};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// A running service; it stops when this is dropped.
pub(crate) struct Catalogue {
    pub(crate) client: MovieServiceClient<tonic::transport::Channel>,
    pub(crate) config: movie::config::Config,
    stop: Stop,
}

impl Drop for Catalogue {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

impl Catalogue {
    pub(crate) async fn start() -> Self {
        let stores = Stores::shared();
        // No rating service runs: the catalogue works without it.
        Self::start_with(stores.database("movie").await, stores.broker(), &[]).await
    }

    pub(crate) async fn start_with(database_url: Secret, broker: BrokerConfig, peers: &[String]) -> Self {
        let service = Stores::shared().service_config("movie", peers);
        // The service's own comparison waits longer than any test runs, so it corrects nothing that a test looks at.
        let mut config = movie::config::Config {
            service,
            broker,
            database_url,
            reconcile_every: 600,
            reconcile_settle: 600,
        };
        let listener = TcpListener::bind(config.service.listen).await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let stop = Stop::new();
        tokio::spawn(movie::run(config.clone(), listener, stop.clone()));
        // For the comparison that a test starts.
        config.reconcile_settle = 1;
        let channel = tonic::transport::Endpoint::new(address).unwrap().connect_lazy();
        let client = MovieServiceClient::new(channel).max_decoding_message_size(64 << 20);
        let this = Self { client, config, stop };
        eventually("the service answers", async || {
            let request = request(ListFacetsRequest {}, &Caller::Anonymous, "movie");
            this.client.clone().list_facets(request).await.is_ok()
        })
        .await;
        this
    }

    /// A second instance over the same stores.
    pub(crate) async fn replica(&self) -> Self {
        Self::start_with(self.config.database_url.clone(), self.config.broker.clone(), &[]).await
    }

    pub(crate) async fn database(&self) -> PgPool {
        PgPool::connect(self.config.database_url.expose()).await.unwrap()
    }

    pub(crate) async fn try_put(&self, movies: Vec<PutMovie>, caller: &Caller) -> Result<PutMoviesResponse, Status> {
        let request = request(PutMoviesRequest { movies }, caller, "movie");
        Ok(self.client.clone().put_movies(request).await?.into_inner())
    }

    /// Puts movies as the operator; returns how many were published, changed and unchanged.
    pub(crate) async fn put(&self, movies: &[PutMovie]) -> (i32, i32, i32) {
        let done = self.try_put(movies.to_vec(), &Caller::Operator).await.unwrap();
        (done.published, done.changed, done.unchanged)
    }

    /// Puts movies and waits until all of them can be found.
    pub(crate) async fn with(movies: &[PutMovie]) -> Self {
        let catalogue = Self::start().await;
        catalogue.put(movies).await;
        catalogue.eventually_holds(movies.len()).await;
        catalogue
    }

    pub(crate) async fn eventually_holds(&self, count: usize) {
        eventually("the index has every movie", async || {
            let request = request(ListFacetsRequest {}, &Caller::Anonymous, "movie");
            let facets = self.client.clone().list_facets(request).await.unwrap().into_inner();
            facets.decades.iter().map(|facet| facet.count).sum::<i32>() as usize == count
        })
        .await;
    }

    pub(crate) async fn get(&self, ids: &[&str]) -> Vec<Movie> {
        let message = GetMoviesRequest {
            ids: ids.iter().map(|id| (*id).to_owned()).collect(),
        };
        let request = request(message, &Caller::Anonymous, "movie");
        self.client
            .clone()
            .get_movies(request)
            .await
            .unwrap()
            .into_inner()
            .movies
    }

    /// One page: English titles and the next cursor.
    pub(crate) async fn try_search(&self, search: SearchMoviesRequest) -> Result<(Vec<String>, String), Status> {
        let request = request(search, &Caller::Anonymous, "movie");
        let page = self.client.clone().search_movies(request).await?.into_inner();
        Ok((
            page.movies.into_iter().map(|movie| movie.title_en).collect(),
            page.next_cursor,
        ))
    }

    /// English titles of the first page.
    pub(crate) async fn search(&self, query: &str) -> Vec<String> {
        self.browse(SearchMoviesRequest {
            query: query.to_owned(),
            ..Default::default()
        })
        .await
    }

    /// Years of the movies of the first page.
    pub(crate) async fn years(&self, query: &str) -> Vec<i32> {
        let message = SearchMoviesRequest {
            query: query.to_owned(),
            ..Default::default()
        };
        let request = request(message, &Caller::Anonymous, "movie");
        let page = self.client.clone().search_movies(request).await.unwrap().into_inner();
        page.movies.into_iter().map(|movie| movie.year).collect()
    }

    pub(crate) async fn browse(&self, search: SearchMoviesRequest) -> Vec<String> {
        self.try_search(search).await.unwrap().0
    }

    /// English titles, and English names in brackets.
    pub(crate) async fn suggest(&self, query: &str) -> Vec<String> {
        let message = SuggestRequest {
            query: query.to_owned(),
            limit: 0,
        };
        let request = request(message, &Caller::Anonymous, "movie");
        let suggestions = self
            .client
            .clone()
            .suggest(request)
            .await
            .unwrap()
            .into_inner()
            .suggestions;
        let shown = suggestions.into_iter().map(|suggestion| match suggestion.kind {
            Some(Kind::Movie(movie)) => movie.title_en,
            Some(Kind::Person(person)) => format!("[{}]", person.name_en),
            None => panic!("an empty suggestion"),
        });
        shown.collect()
    }

    /// Publishes events as rating does.
    pub(crate) async fn publish(&self, events: &[Event]) {
        let publisher = Broker::new(&self.config.broker, "rating").publisher().await.unwrap();
        // An event is returned until the consumer has declared its queue; rating's relay retries too.
        for event in events {
            eventually("the event has a queue", async || is_routed(&publisher, event).await).await;
        }
    }

    /// Publishes ratings of the movie by this many members and waits until they are counted.
    pub(crate) async fn rate(&self, movie: &PutMovie, times: i64, stars: i32) {
        let before = self.get(&[&movie.id]).await[0].rating_count;
        let events: Vec<Event> = (0..times).map(|_| rated(&movie.id, None, Some(stars))).collect();
        self.publish(&events).await;
        eventually("the ratings are counted", async || {
            self.get(&[&movie.id]).await[0].rating_count == before + times
        })
        .await;
    }
}

async fn is_routed(publisher: &Publisher, event: &Event) -> bool {
    let confirm = publisher.publish(event).await.unwrap();
    Publisher::confirm(confirm).await.unwrap() == PublishOutcome::Confirmed
}

/// A `rating.changed` of a new member.
pub(crate) fn rated(movie: &str, old_stars: Option<i32>, new_stars: Option<i32>) -> Event {
    let member_id = Uuid::now_v7().to_string();
    let aggregate = format!("{member_id}:{movie}");
    let changed = RatingChanged {
        member_id,
        movie_id: movie.to_owned(),
        old_stars,
        new_stars,
        version: 1,
        rated_at: 1,
    };
    Event::new("rating.changed", aggregate, 1, &changed)
}

/// A movie with the required facts. The same English title and year give the same id.
pub(crate) fn put_movie(title_ko: &str, title_en: &str, year: i32) -> PutMovie {
    PutMovie {
        id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{title_en} {year}").as_bytes()).to_string(),
        title_ko: title_ko.to_owned(),
        title_en: title_en.to_owned(),
        title_original: title_ko.to_owned(),
        year,
        runtime: 100,
        countries: vec!["KR".to_owned()],
        genres: vec!["drama".to_owned()],
        ..PutMovie::default()
    }
}

/// People as `송강호=Song Kang-ho`.
pub(crate) fn people(names: &[&str]) -> Vec<PersonName> {
    let person = |name: &&str| {
        let (name_ko, name_en) = name.split_once('=').unwrap();
        PersonName {
            name_ko: name_ko.to_owned(),
            name_en: name_en.to_owned(),
        }
    };
    names.iter().map(person).collect()
}

/// The field that a refusal names.
pub(crate) fn field(status: &Status) -> &str {
    status
        .metadata()
        .get(chassis::error::FIELD)
        .map_or("", |field| field.to_str().unwrap())
}

/// Stands in for the rating service: it returns the statistics that a test sets.
#[derive(Clone, Default)]
pub(crate) struct Rating {
    pub(crate) statistics: Arc<Mutex<HashMap<String, (i64, i64)>>>,
}

impl Rating {
    /// Listens; returns its entry for `PEERS`.
    pub(crate) async fn listen(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tonic::transport::Server::builder().add_service(RatingServiceServer::new(self.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        format!("rating={address}")
    }

    pub(crate) fn set_statistics(&self, movie: &PutMovie, count: i64, sum: i64) {
        self.statistics.lock().unwrap().insert(movie.id.clone(), (count, sum));
    }
}

/// The RPCs that movie does not call.
macro_rules! unused {
    ($($rpc:ident($request:ident) -> $response:ident),* $(,)?) => {
        #[tonic::async_trait]
        impl RatingService for Rating {
            async fn get_statistics(
                &self,
                request: Request<GetStatisticsRequest>,
            ) -> Result<Response<GetStatisticsResponse>, Status> {
                let known = self.statistics.lock().unwrap();
                let statistics = request.into_inner().movie_ids.into_iter().map(|movie_id| {
                    let (count, sum) = known.get(&movie_id).copied().unwrap_or_default();
                    MovieStatistics { movie_id, count, sum, histogram: vec![0; 10], comment_count: 0 }
                });
                Ok(Response::new(GetStatisticsResponse { statistics: statistics.collect() }))
            }
            type StreamRatingsStream = tokio_stream::Empty<Result<StreamRatingsResponse, Status>>;
            type StreamShelfStream = tokio_stream::Empty<Result<StreamShelfResponse, Status>>;
            async fn stream_ratings(
                &self,
                _: Request<StreamRatingsRequest>,
            ) -> Result<Response<Self::StreamRatingsStream>, Status> {
                Err(Status::unimplemented("not part of this test"))
            }
            async fn stream_shelf(
                &self,
                _: Request<StreamShelfRequest>,
            ) -> Result<Response<Self::StreamShelfStream>, Status> {
                Err(Status::unimplemented("not part of this test"))
            }
            $(async fn $rpc(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented("not part of this test"))
            })*
        }
    };
}
unused! {
    rate(RateRequest) -> RateResponse,
    clear_rating(ClearRatingRequest) -> ClearRatingResponse,
    put_shelf(PutShelfRequest) -> PutShelfResponse,
    clear_shelf(ClearShelfRequest) -> ClearShelfResponse,
    get_mine(GetMineRequest) -> GetMineResponse,
    list_ratings(ListRatingsRequest) -> ListRatingsResponse,
    list_shelf(ListShelfRequest) -> ListShelfResponse,
    import_ratings(ImportRatingsRequest) -> ImportRatingsResponse,
    list_feed(ListFeedRequest) -> ListFeedResponse,
    get_activity(GetActivityRequest) -> GetActivityResponse,
    list_rated_movies(ListRatedMoviesRequest) -> ListRatedMoviesResponse,
}

pub(crate) fn id(movie: &PutMovie) -> Uuid {
    Uuid::from_str(&movie.id).unwrap()
}
