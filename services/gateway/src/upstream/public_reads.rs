//! Batch reads of what every caller sees alike. They carry no caller's identity, so requests of several callers can share one.

use chassis::{
    client::{Channel, request},
    identity::Caller,
};
use matcha_protos::{
    movie::v1::{GetMoviesRequest, GetPeopleRequest, Movie, Person, movie_service_client::MovieServiceClient},
    rating::v1::{GetStatisticsRequest, MovieStatistics, rating_service_client::RatingServiceClient},
};
use uuid::Uuid;

use crate::upstream::batches::{Read, by_id, in_batches};

/// Called by `Clients::movies`, which gathers the ids of several requests.
pub(super) async fn movies(movie: MovieServiceClient<Channel>, ids: Vec<Uuid>) -> Read<Movie> {
    in_batches(&ids, |ids| {
        let mut movie = movie.clone();
        async move {
            let answer = movie.get_movies(request(GetMoviesRequest { ids }, &Caller::Anonymous));
            Ok(by_id(answer.await?.into_inner().movies, |movie| &movie.id))
        }
    })
    .await
}

/// Called by `Clients::people`.
pub(super) async fn people(movie: MovieServiceClient<Channel>, ids: Vec<Uuid>) -> Read<Person> {
    in_batches(&ids, |ids| {
        let mut movie = movie.clone();
        async move {
            let answer = movie.get_people(request(GetPeopleRequest { ids }, &Caller::Anonymous));
            Ok(by_id(answer.await?.into_inner().people, |person| &person.id))
        }
    })
    .await
}

/// Called by `Clients::statistics`.
pub(super) async fn statistics(rating: RatingServiceClient<Channel>, ids: Vec<Uuid>) -> Read<MovieStatistics> {
    in_batches(&ids, |movie_ids| {
        let mut rating = rating.clone();
        async move {
            let answer = rating.get_statistics(request(GetStatisticsRequest { movie_ids }, &Caller::Anonymous));
            Ok(by_id(answer.await?.into_inner().statistics, |of| &of.movie_id))
        }
    })
    .await
}
