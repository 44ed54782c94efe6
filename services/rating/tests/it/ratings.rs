//! Rating and clearing: stored values, events, and rejected requests.

use std::time::Duration;

use matcha_protos::{
    events::v1::RatingChanged,
    rating::v1::{GetMineRequest, GetStatisticsRequest, PutShelfRequest, RateRequest, ShelfState},
};
use testing::eventually;
use tonic::{Code, Request};
use uuid::Uuid;

use crate::harness::{Person, Rating, field, published};

#[tokio::test]
async fn rating_a_movie_twice_keeps_the_last_stars() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let first = rating.rate(&alice, movie, 4).await;
    let second = rating.rate(&alice, movie, 9).await;
    assert_eq!((first.version, second.version), (1, 2));
    assert_eq!((first.rated_count, second.rated_count), (1, 1));
    assert_eq!(rating.stars(&alice, movie).await, Some(9));
    assert_eq!(rating.stars(&Person::member(), movie).await, None, "nobody else's");
    rating.end().await;
}

#[tokio::test]
async fn equal_stars_make_no_version_and_no_event() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let heard = rating.listen(&["rating.changed"]).await;
    let alice = Person::member();
    rating.rate(&alice, movie, 7).await;
    assert_eq!(rating.rate(&alice, movie, 7).await.version, 1);
    rating.rate(&alice, movie, 8).await;
    rating.clear(&alice, movie).await;
    rating.clear(&alice, movie).await;
    let facts = heard.wait(3).await;
    let mut facts: Vec<_> = facts
        .iter()
        .map(|delivery| delivery.decode::<RatingChanged>().unwrap())
        .map(|fact| (fact.version, fact.old_stars, fact.new_stars))
        .collect();
    facts.sort_unstable();
    assert_eq!(facts, [(1, None, Some(7)), (2, Some(7), Some(8)), (3, Some(8), None)]);
    rating.end().await;
}

#[tokio::test]
async fn a_cleared_rating_is_gone_and_can_be_rated_again() {
    let rating = Rating::start().await;
    let [movie, other] = rating.movies().await;
    let alice = Person::member();
    assert_eq!(
        rating.clear(&alice, movie).await,
        0,
        "clearing what is not there is no error"
    );
    rating.rate(&alice, other, 5).await;
    rating.rate(&alice, movie, 5).await;
    assert_eq!(rating.clear(&alice, movie).await, 1);
    assert_eq!(rating.stars(&alice, movie).await, None);
    let anew = rating.rate(&alice, movie, 6).await;
    assert_eq!((anew.version, anew.rated_count), (3, 2), "versions go on growing");
    rating.end().await;
}

#[tokio::test]
async fn invalid_stars_and_ids_are_rejected() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    for stars in [-1, 0, 11, i32::MAX, i32::MIN] {
        let status = rating.try_rate(&alice, &movie.to_string(), stars).await.unwrap_err();
        assert_eq!(
            (status.code(), field(&status)),
            (Code::InvalidArgument, "stars"),
            "{stars}"
        );
    }
    for id in ["", "alien", &movie.simple().to_string(), &format!("{movie}0"), "별점"] {
        let status = rating.try_rate(&alice, id, 5).await.unwrap_err();
        assert_eq!(
            (status.code(), field(&status)),
            (Code::InvalidArgument, "movie_id"),
            "{id}"
        );
    }
    let many = vec![movie.to_string(); 501];
    let ask = GetStatisticsRequest { movie_ids: many };
    let status = rating.client().get_statistics(alice.request(ask)).await.unwrap_err();
    assert_eq!((status.code(), field(&status)), (Code::InvalidArgument, "movie_ids"));
    assert_eq!(rating.mine(&alice, &[movie]).await.rated_count, 0);
    rating.end().await;
}

#[tokio::test]
async fn a_movie_can_be_rated_once_it_is_published() {
    let rating = Rating::start().await;
    let alice = Person::member();
    let movie = Uuid::now_v7();
    let status = rating.try_rate(&alice, &movie.to_string(), 5).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    // Delivered twice.
    rating.publish(published(movie)).await;
    rating.publish(published(movie)).await;
    testing::eventually("the movie is known", async || {
        rating.try_rate(&alice, &movie.to_string(), 5).await.is_ok()
    })
    .await;
    rating.end().await;
}

#[tokio::test]
async fn an_invalid_request_does_not_fail_its_batch() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let members: Vec<Person> = (0..50).map(|_| Person::member()).collect();
    let unknown = Uuid::now_v7().to_string();
    let movie = movie.to_string();
    let calls = members.iter().enumerate().map(|(turn, member)| match turn % 5 {
        0 => rating.try_rate(member, &movie, 99),
        1 => rating.try_rate(member, &unknown, 5),
        _ => rating.try_rate(member, &movie, 5),
    });
    let results = futures::future::join_all(calls).await;
    for (turn, result) in results.iter().enumerate() {
        assert_eq!(result.is_ok(), turn % 5 > 1, "{turn}: {result:?}");
    }
    rating.end().await;
}

#[tokio::test]
async fn rating_needs_the_token_of_a_member() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let wish = || RateRequest {
        movie_id: movie.to_string(),
        stars: 5,
    };
    let mut client = rating.client();
    let status = client.rate(Request::new(wish())).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated, "no token");
    for person in [Person::visitor(), Person::recommendation(), Person::operator()] {
        let status = client.rate(person.request(wish())).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{:?}", person.caller);
        let status = client
            .get_mine(person.request(GetMineRequest::default()))
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{:?}", person.caller);
    }
    let mut forged = Person::member().request(wish());
    forged
        .metadata_mut()
        .insert("authorization", "Bearer made.up.token".parse().unwrap());
    let status = client.rate(forged).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    rating.end().await;
}

#[tokio::test]
async fn while_the_database_hangs_writes_are_unavailable_before_the_deadline_of_the_caller() {
    let (rating, proxy) = Rating::behind_a_proxy().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    rating.rate(&alice, movie, 4).await;
    proxy.freeze();
    // One after another, so that most of them wait for the batch before theirs too.
    let writes = (0..8).map(async |turn| {
        tokio::time::sleep(Duration::from_millis(150) * turn).await;
        let message = RateRequest {
            movie_id: movie.to_string(),
            stars: 9,
        };
        let mut request = alice.request(message);
        request.set_timeout(chassis::client::CALL);
        rating.client().rate(request).await.unwrap_err()
    });
    let mut refused = futures::future::join_all(writes).await;
    let message = PutShelfRequest {
        movie_id: movie.to_string(),
        state: ShelfState::Wish.into(),
    };
    let mut request = alice.request(message);
    request.set_timeout(chassis::client::CALL);
    refused.push(rating.client().put_shelf(request).await.unwrap_err());
    for refused in refused {
        assert_eq!(refused.code(), Code::Unavailable, "{refused:?}");
        assert!(
            refused.metadata().contains_key(chassis::error::RETRY_AFTER),
            "{refused:?}"
        );
    }
    proxy.thaw();
    eventually("members write again", async || {
        rating.try_rate(&alice, &movie.to_string(), 7).await.is_ok()
    })
    .await;
    rating.end().await;
}
