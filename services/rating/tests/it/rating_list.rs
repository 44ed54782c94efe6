//! The list of a member's ratings.

use std::cmp::Reverse;

use matcha_protos::rating::v1::{ListRatedMoviesRequest, ListRatingsRequest, ListRatingsResponse, RatingSort};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::harness::{Person, Rating, field};

async fn list(rating: &Rating, person: &Person, request: ListRatingsRequest) -> Result<ListRatingsResponse, Status> {
    let response = rating.client().list_ratings(person.request(request)).await?;
    Ok(response.into_inner())
}

/// The ratings of all pages.
async fn read_all(rating: &Rating, person: &Person, sort: RatingSort) -> Vec<(String, i32)> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let sort = sort.into();
        let request = ListRatingsRequest {
            sort,
            cursor,
            limit: 4,
            ..ListRatingsRequest::default()
        };
        let page = list(rating, person, request).await.unwrap();
        assert_eq!(page.total, 11);
        all.extend(page.ratings.into_iter().map(|rating| (rating.movie_id, rating.stars)));
        if page.next_cursor.is_empty() {
            return all;
        }
        cursor = page.next_cursor;
    }
}

#[tokio::test]
async fn every_order_shows_each_rating_once_over_all_pages() {
    let rating = Rating::start().await;
    let movies: [Uuid; 12] = rating.movies().await;
    let alice = Person::member();
    let mut rated = Vec::new();
    for (turn, movie) in (0..).zip(movies) {
        let stars = 1 + turn * 7 % 3;
        rating.rate(&alice, movie, stars).await;
        rating.rate(&Person::member(), movie, 10).await;
        rated.push((movie.to_string(), stars));
    }
    rating.clear(&alice, movies[11]).await;
    rated.pop();

    rated.reverse();
    assert_eq!(read_all(&rating, &alice, RatingSort::Newest).await, rated);
    assert_eq!(read_all(&rating, &alice, RatingSort::Unspecified).await, rated);
    rated.sort_by_key(|(_, stars)| Reverse(*stars));
    assert_eq!(read_all(&rating, &alice, RatingSort::StarsHigh).await, rated);
    rated.reverse();
    assert_eq!(read_all(&rating, &alice, RatingSort::StarsLow).await, rated);

    let only = ListRatingsRequest {
        stars: Some(2),
        ..Default::default()
    };
    let twos = list(&rating, &alice, only).await.unwrap();
    assert!(twos.ratings.iter().all(|rating| rating.stars == 2));
    assert_eq!(twos.total, rated.iter().filter(|(_, stars)| *stars == 2).count() as i64);
    rating.end().await;
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let rating = Rating::start().await;
    let movies: [Uuid; 3] = rating.movies().await;
    let alice = Person::member();
    for movie in movies {
        rating.rate(&alice, movie, 5).await;
    }
    let newest = ListRatingsRequest {
        limit: 1,
        ..Default::default()
    };
    let cursor = list(&rating, &alice, newest.clone()).await.unwrap().next_cursor;
    let own = ListRatingsRequest {
        cursor: cursor.clone(),
        ..newest.clone()
    };
    assert_eq!(list(&rating, &alice, own.clone()).await.unwrap().ratings.len(), 1);

    let by_stars = ListRatingsRequest {
        sort: RatingSort::StarsHigh.into(),
        ..own.clone()
    };
    let filtered = ListRatingsRequest {
        stars: Some(5),
        ..own.clone()
    };
    let made_up = ListRatingsRequest {
        cursor: "bm9uc2Vuc2U".to_owned(),
        ..newest.clone()
    };
    // Cursors with a valid checksum and a time that Postgres cannot represent must be rejected before the query.
    let newest_of_alice = ("ratings", alice.id(), "Newest", None::<i32>);
    let far = |at: i64| {
        let position = serde_json::json!({"stars": 1, "rated_at": at, "movie": Uuid::nil()});
        ListRatingsRequest {
            cursor: chassis::cursor::encode_for(&newest_of_alice, &position),
            ..newest.clone()
        }
    };
    let (after, before) = (far(253_402_300_799_999_999), far(i64::MIN));
    let text = serde_json::json!({"stars": 1, "rated_at": "9999-12-31T23:59:59-23:59", "movie": Uuid::nil()});
    let text = ListRatingsRequest {
        cursor: chassis::cursor::encode_for(&newest_of_alice, &text),
        ..newest.clone()
    };
    for foreign in [by_stars, filtered, made_up, after, before, text] {
        let status = list(&rating, &alice, foreign).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "cursor"));
    }
    // Another member's cursor is rejected, not read as an empty page.
    let status = list(&rating, &Person::member(), own).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "cursor"));
    // A valid hand-made cursor is accepted, so those above were rejected because of their time.
    let made = serde_json::json!({"stars": 1, "rated_at": 4_000_000_000_000_000_i64, "movie": Uuid::nil()});
    let made = ListRatingsRequest {
        cursor: chassis::cursor::encode_for(&newest_of_alice, &made),
        ..newest.clone()
    };
    assert_eq!(list(&rating, &alice, made).await.unwrap().ratings.len(), 1);
    for limit in [-1, 51] {
        let request = ListRatingsRequest {
            limit,
            ..Default::default()
        };
        let status = list(&rating, &alice, request).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "limit"));
    }
    for (request, wrong) in [
        (
            ListRatingsRequest {
                sort: 9,
                ..Default::default()
            },
            "sort",
        ),
        (
            ListRatingsRequest {
                stars: Some(0),
                ..Default::default()
            },
            "stars",
        ),
    ] {
        let status = list(&rating, &alice, request).await.unwrap_err();
        assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, wrong));
    }
    rating.end().await;
}

#[tokio::test]
async fn the_set_of_rated_movies_is_the_callers_own_without_cleared_ones() {
    let rating = Rating::start().await;
    let movies: [Uuid; 4] = rating.movies().await;
    let alice = Person::member();
    for movie in &movies[..3] {
        rating.rate(&alice, *movie, 5).await;
    }
    rating.rate(&Person::member(), movies[3], 5).await;
    rating.clear(&alice, movies[1]).await;
    let request = alice.request(ListRatedMoviesRequest {});
    let answer = rating.client().list_rated_movies(request).await.unwrap().into_inner();
    let mut expected = [movies[0].to_string(), movies[2].to_string()];
    let mut found = answer.movie_ids;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let nobody = Person::visitor().request(ListRatedMoviesRequest {});
    let status = rating.client().list_rated_movies(nobody).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    rating.end().await;
}
