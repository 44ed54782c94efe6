//! The streams from which other services rebuild their copies.

use std::collections::BTreeMap;

use matcha_protos::rating::v1::{ShelfState, StreamRatingsRequest, StreamShelfRequest};
use tonic::Code;
use uuid::Uuid;

use crate::harness::{Person, Rating};

#[tokio::test]
async fn the_stream_has_every_rating_once_including_cleared_ones() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    // More than two pages, inserted directly.
    sqlx::query(
        "insert into ratings (member_id, movie_id, stars, version, rated_at, projected_stars, projected_version)
         select gen_random_uuid(), $1, 1 + n % 10, 1, now(), 1 + n % 10, 1 from generate_series(1, 2500) as n",
    )
    .bind(movie)
    .execute(&rating.db)
    .await
    .unwrap();
    let alice = Person::member();
    rating.rate(&alice, movie, 7).await;
    rating.clear(&alice, movie).await;

    let request = Person::recommendation().request(StreamRatingsRequest {});
    let mut pages = rating.client().stream_ratings(request).await.unwrap().into_inner();
    let mut met = BTreeMap::new();
    while let Some(page) = pages.message().await.unwrap() {
        for entry in page.ratings {
            let again = met.insert(entry.member_id, (entry.stars, entry.version));
            assert_eq!(again, None, "once each");
        }
    }
    assert_eq!(met.len(), 2501);
    assert_eq!(met[&alice.id().to_string()], (None, 2));
    rating.end().await;
}

#[tokio::test]
async fn the_stream_of_shelves_includes_removed_entries() {
    let rating = Rating::start().await;
    let [wished, taken_off]: [Uuid; 2] = rating.movies().await;
    let alice = Person::member();
    rating.put(&alice, wished, ShelfState::Wish).await;
    rating.put(&alice, taken_off, ShelfState::Watching).await;
    rating.take_off(&alice, taken_off).await;
    let request = Person::operator().request(StreamShelfRequest {});
    let mut pages = rating.client().stream_shelf(request).await.unwrap().into_inner();
    let page = pages.message().await.unwrap().unwrap();
    let entries = page.entries.iter();
    let states: BTreeMap<_, _> = entries
        .map(|entry| (entry.movie_id.clone(), (entry.state(), entry.version)))
        .collect();
    assert_eq!(states[&wished.to_string()], (ShelfState::Wish, 1));
    assert_eq!(states[&taken_off.to_string()], (ShelfState::Unspecified, 2));
    assert_eq!(pages.message().await.unwrap(), None);
    rating.end().await;
}

#[tokio::test]
async fn members_and_visitors_cannot_stream() {
    let rating = Rating::start().await;
    for person in [Person::member(), Person::visitor()] {
        let request = person.request(StreamRatingsRequest {});
        let status = rating.client().stream_ratings(request).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
        let request = person.request(StreamShelfRequest {});
        let status = rating.client().stream_shelf(request).await.unwrap_err();
        assert_eq!(status.code(), Code::PermissionDenied);
    }
    rating.end().await;
}
