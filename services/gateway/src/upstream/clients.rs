//! The four services behind the gateway. A client is a cheap clone over one shared channel, which knows the instances,
//! balances, and gives every call a deadline.

use std::time::Duration;

use chassis::{
    client::{Channel, Channels},
    identity::Caller,
};
use matcha_protos::{
    movie::v1::{Movie, Person, movie_service_client::MovieServiceClient},
    rating::v1::{
        MovieStatistics, import_service_client::ImportServiceClient, list_service_client::ListServiceClient,
        rating_service_client::RatingServiceClient, watch_service_client::WatchServiceClient,
    },
    recommendation::v1::recommendation_service_client::RecommendationServiceClient,
    user::v1::user_service_client::UserServiceClient,
};

use crate::upstream::{batch_reads, coalesced_reads::Together};

/// The most a service takes in one batch read.
pub(crate) const MOST_IN_A_BATCH: usize = 500;

const IMPORT_CALL: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) user: UserServiceClient<Channel>,
    pub(crate) movie: MovieServiceClient<Channel>,
    pub(crate) rating: RatingServiceClient<Channel>,
    /// Rating too.
    pub(crate) lists: ListServiceClient<Channel>,
    /// Rating too, with more patience: one call may be about every row of a long file.
    pub(crate) imports: ImportServiceClient<Channel>,
    /// Rating too, for the diary.
    pub(crate) watches: WatchServiceClient<Channel>,
    pub(crate) recommendation: RecommendationServiceClient<Channel>,
    /// Movies, people and statistics look the same to everybody, so all requests read them together.
    pub(crate) movies: Together<Movie>,
    pub(crate) people: Together<Person>,
    pub(crate) statistics: Together<MovieStatistics>,
}

impl Clients {
    pub(crate) fn new(channels: &Channels) -> Self {
        let movie = MovieServiceClient::new(channels.channel("movie"));
        let rating = RatingServiceClient::new(channels.channel("rating"));
        Self {
            movies: Together::new("movies", {
                let movie = movie.clone();
                move |ids| batch_reads::movies(movie.clone(), ids)
            }),
            people: Together::new("people", {
                let movie = movie.clone();
                move |ids| batch_reads::people(movie.clone(), ids)
            }),
            statistics: Together::new("statistics", {
                let rating = rating.clone();
                move |ids| batch_reads::statistics(rating.clone(), ids)
            }),
            user: UserServiceClient::new(channels.channel("user")),
            movie,
            rating,
            lists: ListServiceClient::new(channels.channel("rating")),
            imports: ImportServiceClient::new(channels.channel("rating").with_limit(IMPORT_CALL)),
            watches: WatchServiceClient::new(channels.channel("rating")),
            recommendation: RecommendationServiceClient::new(channels.channel("recommendation")),
        }
    }
}

/// What the gateway asks for itself, such as keys and sign-ins, where there is no member yet.
pub(crate) fn own() -> Caller {
    Caller::Service("gateway".to_owned())
}
