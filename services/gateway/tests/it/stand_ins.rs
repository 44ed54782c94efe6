//! The stand-ins of these tests answer as the gateway expects of the real services. The same expectations run against the real
//! services in the tests of a cluster.

use chassis::{client::Channels, identity::Caller};
use matcha_stand_ins::expectations::{self, World};
use testing::Stores;
use uuid::Uuid;

use crate::{harness::serve, services::Services};

async fn world() -> World {
    let services = Services::default();
    services.state(|state| state.jwks = r#"{"keys": [{"kty": "OKP"}]}"#.to_owned());
    let movies = services.add_movies(3);
    let peer = serve(services).await;
    let peers = ["user", "movie", "rating", "recommendation"].map(|name| format!("{name}={peer}"));
    let member = |id| Caller::Member {
        id,
        session: Uuid::now_v7(),
    };
    World {
        channels: Channels::new("gateway", &Stores::shared().service_config("gateway", &peers)).unwrap(),
        movies,
        member: member(Uuid::from_u128(7)),
        other: member(Uuid::from_u128(8)),
        handle: "mina".to_owned(),
    }
}

#[tokio::test]
async fn ratings_are_as_expected() {
    expectations::ratings(&world().await).await;
}

#[tokio::test]
async fn statistics_are_as_expected() {
    expectations::statistics(&world().await).await;
}

#[tokio::test]
async fn the_shelf_is_as_expected() {
    expectations::shelf(&world().await).await;
}

#[tokio::test]
async fn comments_are_as_expected() {
    expectations::comments(&world().await).await;
}

#[tokio::test]
async fn lists_are_as_expected() {
    expectations::lists(&world().await).await;
}

#[tokio::test]
async fn watches_are_as_expected() {
    expectations::watches(&world().await).await;
}

#[tokio::test]
async fn movies_are_as_expected() {
    expectations::movies(&world().await).await;
}

#[tokio::test]
async fn predictions_are_as_expected() {
    expectations::predictions(&world().await).await;
}

#[tokio::test]
async fn members_are_as_expected() {
    expectations::members(&world().await).await;
}
