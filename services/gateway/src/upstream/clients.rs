//! Clients of the four services behind the gateway. A client is cheap to clone; its channel is shared, knows the instances,
//! balances between them, and gives every call a deadline.

use std::time::Duration;

use chassis::{
    client::{Channel, Channels},
    identity::Caller,
};
use matcha_protos::{
    movie::v1::{Movie, Person, movie_service_client::MovieServiceClient},
    rating::v1::{
        MovieStatistics, comment_service_client::CommentServiceClient, import_service_client::ImportServiceClient,
        list_service_client::ListServiceClient, rating_service_client::RatingServiceClient,
        watch_service_client::WatchServiceClient,
    },
    recommendation::v1::recommendation_service_client::RecommendationServiceClient,
    user::v1::user_service_client::UserServiceClient,
};

use crate::upstream::{coalesced_reads::CoalescedReader, public_reads};

const IMPORT_CALL: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) user: UserServiceClient<Channel>,
    pub(crate) movie: MovieServiceClient<Channel>,
    pub(crate) rating: RatingServiceClient<Channel>,
    /// Comments, their likes and replies; served by rating.
    pub(crate) comments: CommentServiceClient<Channel>,
    /// Lists; served by rating.
    pub(crate) lists: ListServiceClient<Channel>,
    /// Imports of files; served by rating. A call may take longer, because it may cover every row of a long file.
    pub(crate) imports: ImportServiceClient<Channel>,
    /// Diaries; served by rating.
    pub(crate) watches: WatchServiceClient<Channel>,
    pub(crate) recommendation: RecommendationServiceClient<Channel>,
    /// Movies, people and statistics are the same for every caller, so concurrent requests share calls.
    pub(crate) movies: CoalescedReader<Movie>,
    pub(crate) people: CoalescedReader<Person>,
    pub(crate) statistics: CoalescedReader<MovieStatistics>,
}

impl Clients {
    pub(crate) fn new(channels: &Channels) -> Self {
        let movie = MovieServiceClient::new(channels.channel("movie"));
        let rating = RatingServiceClient::new(channels.channel("rating"));
        Self {
            movies: CoalescedReader::new("movies", {
                let movie = movie.clone();
                move |ids| public_reads::movies(movie.clone(), ids)
            }),
            people: CoalescedReader::new("people", {
                let movie = movie.clone();
                move |ids| public_reads::people(movie.clone(), ids)
            }),
            statistics: CoalescedReader::new("statistics", {
                let rating = rating.clone();
                move |ids| public_reads::statistics(rating.clone(), ids)
            }),
            user: UserServiceClient::new(channels.channel("user")),
            movie,
            rating,
            comments: CommentServiceClient::new(channels.channel("rating")),
            lists: ListServiceClient::new(channels.channel("rating")),
            imports: ImportServiceClient::new(channels.channel("rating").with_limit(IMPORT_CALL)),
            watches: WatchServiceClient::new(channels.channel("rating")),
            recommendation: RecommendationServiceClient::new(channels.channel("recommendation")),
        }
    }
}

/// The caller of requests that the gateway makes for itself, such as keys and sign-ins, where there is no member yet.
pub(crate) fn own() -> Caller {
    Caller::Service("gateway".to_owned())
}
