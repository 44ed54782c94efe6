//! What the gateway expects of the services behind it, as calls with their answers. The gateway's tests run this against their
//! stand-ins and the tests of a cluster run it against the real services, so that a stand-in which answers differently from the
//! service it stands for fails.
//!
//! Each function needs members who have done nothing yet, because counts are compared.

mod comments;
mod lists;
mod members;
mod movies;
mod predictions;
mod ratings;
mod watches;

use chassis::{
    client::{Channel, Channels},
    identity::Caller,
};
use matcha_protos::{
    movie::v1::movie_service_client::MovieServiceClient,
    rating::v1::{
        comment_service_client::CommentServiceClient, list_service_client::ListServiceClient,
        rating_service_client::RatingServiceClient, watch_service_client::WatchServiceClient,
    },
    recommendation::v1::recommendation_service_client::RecommendationServiceClient,
    user::v1::user_service_client::UserServiceClient,
};
use tonic::{Code, Status};
use uuid::Uuid;

pub use self::{
    comments::comments,
    lists::lists,
    members::members,
    movies::movies,
    predictions::predictions,
    ratings::{ratings, shelf, statistics},
    watches::watches,
};

/// The services under test, two members and what is there beside them.
pub struct World {
    pub channels: Channels,
    /// At least three movies of the catalogue.
    pub movies: Vec<String>,
    pub member: Caller,
    pub other: Caller,
    /// Handle of the member.
    pub handle: String,
}

impl World {
    fn rating(&self) -> RatingServiceClient<Channel> {
        RatingServiceClient::new(self.channels.channel("rating"))
    }

    fn comments(&self) -> CommentServiceClient<Channel> {
        CommentServiceClient::new(self.channels.channel("rating"))
    }

    fn lists(&self) -> ListServiceClient<Channel> {
        ListServiceClient::new(self.channels.channel("rating"))
    }

    fn watches(&self) -> WatchServiceClient<Channel> {
        WatchServiceClient::new(self.channels.channel("rating"))
    }

    fn movie(&self) -> MovieServiceClient<Channel> {
        MovieServiceClient::new(self.channels.channel("movie"))
    }

    fn recommendation(&self) -> RecommendationServiceClient<Channel> {
        RecommendationServiceClient::new(self.channels.channel("recommendation"))
    }

    fn user(&self) -> UserServiceClient<Channel> {
        UserServiceClient::new(self.channels.channel("user"))
    }

    fn member_id(&self) -> String {
        self.member.member_if_any().unwrap().to_string()
    }

    fn other_id(&self) -> String {
        self.other.member_if_any().unwrap().to_string()
    }
}

fn unknown() -> String {
    Uuid::now_v7().to_string()
}

/// Asserts that a call was refused with this code and names this field (empty: no field is compared).
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, field: &str) {
    let status = answer.expect_err("this must be refused");
    assert_eq!(status.code(), code, "{status:?}");
    if !field.is_empty() {
        let named = status.metadata().get(chassis::error::FIELD);
        assert_eq!(named.and_then(|value| value.to_str().ok()), Some(field), "{status:?}");
    }
}
