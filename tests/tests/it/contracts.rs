//! The real services answer as the gateway expects. The same expectations run against the stand-ins of the gateway's tests, so
//! a stand-in cannot drift from the service it stands for.

use chassis::identity::Caller;
use matcha_stand_ins::expectations::{self, World};
use matcha_tests::{
    cluster::gateway_channels,
    member::{Member, popular_movies},
};
use uuid::Uuid;

async fn world() -> World {
    let (member, other) = (Member::sign_up().await, Member::sign_up().await);
    let caller = |member: &Member| Caller::Member {
        id: member.id,
        session: Uuid::now_v7(),
    };
    World {
        channels: gateway_channels(),
        movies: popular_movies(3).await.into_iter().take(3).collect(),
        member: caller(&member),
        other: caller(&other),
        handle: member.handle,
    }
}

#[tokio::test]
async fn rating_answers_as_the_gateway_expects() {
    let world = world().await;
    expectations::ratings(&world).await;
    expectations::statistics(&world).await;
    expectations::shelf(&world).await;
    expectations::comments(&world).await;
    expectations::lists(&world).await;
    expectations::watches(&world).await;
}

#[tokio::test]
async fn movie_answers_as_the_gateway_expects() {
    expectations::movies(&world().await).await;
}

#[tokio::test]
async fn recommendation_answers_as_the_gateway_expects() {
    expectations::predictions(&world().await).await;
}

#[tokio::test]
async fn user_answers_as_the_gateway_expects() {
    expectations::members(&world().await).await;
}
