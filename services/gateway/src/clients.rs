//! The four services behind the gateway. A client is a cheap clone over one shared channel, which knows the instances,
//! balances, and gives every call a deadline.

use chassis::{
    client::{Channel, Channels},
    identity::Caller,
};
use matcha_protos::{
    movie::v1::movie_service_client::MovieServiceClient, rating::v1::rating_service_client::RatingServiceClient,
    recommendation::v1::recommendation_service_client::RecommendationServiceClient,
    user::v1::user_service_client::UserServiceClient,
};

/// The most a service takes in one batch read.
pub(crate) const MOST_IN_A_BATCH: usize = 500;

#[derive(Clone)]
pub(crate) struct Clients {
    pub(crate) user: UserServiceClient<Channel>,
    pub(crate) movie: MovieServiceClient<Channel>,
    pub(crate) rating: RatingServiceClient<Channel>,
    pub(crate) recommendation: RecommendationServiceClient<Channel>,
}

impl Clients {
    pub(crate) fn new(channels: &Channels) -> Self {
        Self {
            user: UserServiceClient::new(channels.channel("user")),
            movie: MovieServiceClient::new(channels.channel("movie")),
            rating: RatingServiceClient::new(channels.channel("rating")),
            recommendation: RecommendationServiceClient::new(channels.channel("recommendation")),
        }
    }
}

/// What the gateway asks for itself, such as keys and sign-ins, where there is no member yet.
pub(crate) fn own() -> Caller {
    Caller::Service("gateway".to_owned())
}
