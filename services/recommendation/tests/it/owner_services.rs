//! Stand-ins for the rating and movie services: the two streams and the pages of facts, with synthetic data.

use std::sync::{Arc, Mutex};

use futures::{Stream, StreamExt as _, stream};
use matcha_protos::{movie::v1 as movie, rating::v1 as rating};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// The data of the rating and movie services: two kinds of movies, and two kinds of members, each of which likes one
/// kind.
#[derive(Default)]
pub(crate) struct Owned {
    pub(crate) movies: Vec<movie::Movie>,
    pub(crate) ratings: Vec<rating::StreamedRating>,
    pub(crate) shelf: Vec<rating::StreamedShelf>,
}

pub(crate) fn movie_id(number: usize) -> Uuid {
    Uuid::from_u128(0x1000_0000_0000_0000_0000_0000_0000_0000 + number as u128)
}

pub(crate) fn member_id(number: usize) -> Uuid {
    Uuid::from_u128(0x2000_0000_0000_0000_0000_0000_0000_0000 + number as u128)
}

/// Movies with even numbers are comedies, the others horror. Members with even numbers like comedies, the others
/// horror.
pub(crate) fn community(members: usize, movies: usize) -> Owned {
    let mut owned = Owned::default();
    for number in 0..movies {
        owned.movies.push(movie::Movie {
            id: movie_id(number).to_string(),
            title_en: format!("Movie {number}"),
            year: 1980 + (number % 40) as i32,
            runtime: 90,
            genres: vec![if number % 2 == 0 {
                "Comedy".into()
            } else {
                "Horror".into()
            }],
            countries: vec!["KR".into()],
            version: 1,
            ..Default::default()
        });
    }
    for member in 0..members {
        for number in 0..movies {
            // A fixed pattern: each member rates three of four movies, with some variation of the stars.
            let draw = (member * 31 + number * 17 + member * number) % 16;
            if draw < 4 {
                continue;
            }
            let likes = member % 2 == number % 2;
            let stars = if likes { 8 } else { 3 } + [0, 1, -1, 0, 0, 1][draw % 6];
            owned.ratings.push(rating::StreamedRating {
                member_id: member_id(member).to_string(),
                movie_id: movie_id(number).to_string(),
                stars: Some(stars),
                version: 1,
                rated_at: 1_700_000_000 + (draw * 1000 + number) as i64,
            });
        }
    }
    owned
}

/// Starts both services in one server, and returns its address.
pub(crate) async fn serve(owned: Arc<Mutex<Owned>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = tonic::transport::Server::builder()
        .add_service(rating::rating_service_server::RatingServiceServer::new(Owner(
            owned.clone(),
        )))
        .add_service(movie::movie_service_server::MovieServiceServer::new(Owner(owned)))
        .serve_with_incoming(TcpListenerStream::new(listener));
    tokio::spawn(server);
    address
}

#[derive(Clone)]
struct Owner(Arc<Mutex<Owned>>);

type Answer<T> = Result<Response<T>, Status>;
type Pages<T> = std::pin::Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

fn not_needed<T>() -> Answer<T> {
    Err(Status::unimplemented("recommendation does not call this"))
}

#[tonic::async_trait]
impl rating::rating_service_server::RatingService for Owner {
    type StreamRatingsStream = Pages<rating::StreamRatingsResponse>;
    type StreamShelfStream = Pages<rating::StreamShelfResponse>;

    async fn stream_ratings(&self, _: Request<rating::StreamRatingsRequest>) -> Answer<Self::StreamRatingsStream> {
        let all = self.0.lock().unwrap().ratings.clone();
        let pages: Vec<_> = all.chunks(700).map(<[_]>::to_vec).collect();
        Ok(Response::new(
            stream::iter(pages)
                .map(|ratings| Ok(rating::StreamRatingsResponse { ratings }))
                .boxed(),
        ))
    }

    async fn stream_shelf(&self, _: Request<rating::StreamShelfRequest>) -> Answer<Self::StreamShelfStream> {
        let entries = self.0.lock().unwrap().shelf.clone();
        Ok(Response::new(
            stream::iter([Ok(rating::StreamShelfResponse { entries })]).boxed(),
        ))
    }

    async fn rate(&self, _: Request<rating::RateRequest>) -> Answer<rating::RateResponse> {
        not_needed()
    }
    async fn clear_rating(&self, _: Request<rating::ClearRatingRequest>) -> Answer<rating::ClearRatingResponse> {
        not_needed()
    }
    async fn put_shelf(&self, _: Request<rating::PutShelfRequest>) -> Answer<rating::PutShelfResponse> {
        not_needed()
    }
    async fn clear_shelf(&self, _: Request<rating::ClearShelfRequest>) -> Answer<rating::ClearShelfResponse> {
        not_needed()
    }
    async fn get_statistics(&self, _: Request<rating::GetStatisticsRequest>) -> Answer<rating::GetStatisticsResponse> {
        not_needed()
    }
    async fn get_mine(&self, _: Request<rating::GetMineRequest>) -> Answer<rating::GetMineResponse> {
        not_needed()
    }
    async fn list_ratings(&self, _: Request<rating::ListRatingsRequest>) -> Answer<rating::ListRatingsResponse> {
        not_needed()
    }
    async fn list_rated_movies(
        &self,
        _: Request<rating::ListRatedMoviesRequest>,
    ) -> Answer<rating::ListRatedMoviesResponse> {
        not_needed()
    }
    async fn list_shelf(&self, _: Request<rating::ListShelfRequest>) -> Answer<rating::ListShelfResponse> {
        not_needed()
    }
    async fn import_ratings(&self, _: Request<rating::ImportRatingsRequest>) -> Answer<rating::ImportRatingsResponse> {
        not_needed()
    }
    async fn list_feed(&self, _: Request<rating::ListFeedRequest>) -> Answer<rating::ListFeedResponse> {
        not_needed()
    }
    async fn get_activity(&self, _: Request<rating::GetActivityRequest>) -> Answer<rating::GetActivityResponse> {
        not_needed()
    }
}

#[tonic::async_trait]
impl movie::movie_service_server::MovieService for Owner {
    async fn list_movie_facts(
        &self,
        request: Request<movie::ListMovieFactsRequest>,
    ) -> Answer<movie::ListMovieFactsResponse> {
        let request = request.into_inner();
        let owned = self.0.lock().unwrap();
        // The movies are sorted by id. The pages are smaller than requested, so that there are several.
        let from = owned.movies.partition_point(|movie| movie.id <= request.after_id);
        let limit = (request.limit as usize).min(25.max(owned.movies.len() / 40));
        let movies = owned.movies[from..].iter().take(limit).cloned().collect();
        Ok(Response::new(movie::ListMovieFactsResponse { movies }))
    }

    async fn get_movies(&self, _: Request<movie::GetMoviesRequest>) -> Answer<movie::GetMoviesResponse> {
        not_needed()
    }
    async fn search_movies(&self, _: Request<movie::SearchMoviesRequest>) -> Answer<movie::SearchMoviesResponse> {
        not_needed()
    }
    async fn suggest(&self, _: Request<movie::SuggestRequest>) -> Answer<movie::SuggestResponse> {
        not_needed()
    }
    async fn get_people(&self, _: Request<movie::GetPeopleRequest>) -> Answer<movie::GetPeopleResponse> {
        not_needed()
    }
    async fn search_people(&self, _: Request<movie::SearchPeopleRequest>) -> Answer<movie::SearchPeopleResponse> {
        not_needed()
    }
    async fn list_filmography(
        &self,
        _: Request<movie::ListFilmographyRequest>,
    ) -> Answer<movie::ListFilmographyResponse> {
        not_needed()
    }
    async fn match_movies(&self, _: Request<movie::MatchMoviesRequest>) -> Answer<movie::MatchMoviesResponse> {
        not_needed()
    }
    async fn list_facets(&self, _: Request<movie::ListFacetsRequest>) -> Answer<movie::ListFacetsResponse> {
        not_needed()
    }
    async fn put_movies(&self, _: Request<movie::PutMoviesRequest>) -> Answer<movie::PutMoviesResponse> {
        not_needed()
    }
}
