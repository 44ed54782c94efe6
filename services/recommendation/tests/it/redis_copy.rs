//! The copy in Redis: events in any order and number, and the rebuild after a flush.

use matcha_protos::{
    events::v1::{MovieChanged, MovieFacts},
    rating::v1::StreamedRating,
    recommendation::v1::{RecommendRequest, SimilarRequest},
};
use recommendation::store::RatingEntry;
use testing::eventually;
use uuid::Uuid;

use crate::{
    harness::{Member, Recommendation, request_from},
    owner_services::{community, member_id, movie_id},
};

#[tokio::test]
async fn duplicated_and_reordered_events_keep_the_newest_rating() {
    let service = Recommendation::start(community(12, 20)).await;
    let member = Member::new();
    for (stars, version) in [
        (Some(4), 2),
        (Some(9), 4),
        (Some(4), 2),
        (None, 3),
        (Some(9), 4),
        (Some(2), 1),
    ] {
        service.publish_rating(&member, 7, stars, version).await;
    }
    // The queue keeps the order, so when the rating of a second movie has arrived, all events before it have too.
    service.publish_rating(&member, 8, Some(10), 1).await;
    service.wait_for_profile(member.id, (2, 19)).await;
    service.publish_rating(&member, 7, None, 5).await;
    service.wait_for_profile(member.id, (1, 10)).await;
    service.publish_rating(&member, 7, Some(9), 4).await;
    service.publish_rating(&member, 9, Some(1), 1).await;
    service.wait_for_profile(member.id, (2, 11)).await;
    service.stop().await;
}

#[tokio::test]
async fn statistics_do_not_depend_on_the_order_of_events() {
    let service = Recommendation::start(community(12, 20)).await;
    let movie = Uuid::now_v7();
    let mut entries = Vec::new();
    for member in 0..40u8 {
        let id = Uuid::now_v7();
        for version in 1..4 {
            let stars = (member * 7 + version * 3) % 11;
            entries.push(RatingEntry {
                member: id,
                movie,
                stars,
                version: i64::from(version),
                rated_at: 1_700_000_000 + i64::from(stars),
            });
        }
    }
    let last: Vec<RatingEntry> = entries
        .iter()
        .filter(|entry| entry.version == 3 && entry.stars > 0)
        .copied()
        .collect();
    // In reverse, then in another order, then in one batch.
    let backwards: Vec<_> = entries.iter().rev().copied().collect();
    for batch in backwards
        .chunks(7)
        .chain(entries.chunks(11))
        .chain([entries.as_slice()])
    {
        service.store.apply_ratings(batch).await.unwrap();
    }
    let statistics = service.store.statistics().await.unwrap();
    let (_, found) = statistics.iter().find(|(id, _)| *id == movie).unwrap();
    let sum: u32 = last.iter().map(|entry| u32::from(entry.stars)).sum();
    let squares: u32 = last.iter().map(|entry| u32::from(entry.stars).pow(2)).sum();
    assert_eq!(
        (found.count, found.sum, found.squares),
        (last.len() as u32, sum, squares)
    );
    service.stop().await;
}

#[tokio::test]
async fn a_flushed_copy_is_rebuilt_from_rating_and_movie() {
    let service = Recommendation::start(community(40, 40)).await;
    service.train().await;
    let (before, known) = (service.profile(member_id(3)).await, service.copy_status().await.rated);
    assert!(before.0 > 10);
    // Before the rebuild, the rating service gains one rating and clears another.
    {
        let mut owned = service.owned.lock().unwrap();
        let lost = owned
            .ratings
            .iter_mut()
            .find(|rating| rating.member_id == member_id(5).to_string())
            .unwrap();
        (lost.stars, lost.version) = (None, 2);
        owned.ratings.push(StreamedRating {
            member_id: Uuid::now_v7().to_string(),
            movie_id: movie_id(1).to_string(),
            stars: Some(10),
            version: 1,
            rated_at: 1_700_000_000,
        });
    }
    service.store.delete_everything().await.unwrap();
    // Rows do not fail during the rebuild, because the last view stays in use.
    let row = service
        .recommend(
            &Member::new().caller,
            RecommendRequest {
                limit: 5,
                ..Default::default()
            },
        )
        .await;
    assert_eq!(row.movies.len(), 5);
    eventually("the copy is complete again", async || {
        let copy_status = service.copy_status().await;
        copy_status.verified && copy_status.rated == known
    })
    .await;
    assert_eq!(service.profile(member_id(3)).await, before);
    let member = Member {
        id: member_id(3),
        ..Member::new()
    };
    let caller = chassis::identity::Caller::Member {
        id: member.id,
        session: Uuid::now_v7(),
    };
    eventually("predictions are back", async || {
        let movie_ids = (0..40).map(|number| movie_id(number).to_string()).collect();
        let request = request_from(matcha_protos::recommendation::v1::PredictRequest { movie_ids }, &caller);
        service
            .client
            .clone()
            .predict(request)
            .await
            .is_ok_and(|answer| !answer.into_inner().predictions.is_empty())
    })
    .await;
    service.stop().await;
}

#[tokio::test]
async fn facts_that_an_older_release_left_out_are_added_and_never_removed() {
    let service = Recommendation::start(community(12, 20)).await;
    let id = Uuid::now_v7();
    let facts = |runtime: i32, version: i64| {
        let facts = MovieFacts {
            movie_id: id.to_string(),
            runtime,
            version,
            ..Default::default()
        };
        [(id, facts)]
    };
    for (runtime, version, kept) in [
        (0, 1, 0),
        (104, 1, 104),
        (0, 1, 104),
        (104, 1, 104),
        (0, 2, 0),
        (104, 1, 0),
    ] {
        service.store.apply_movies(&facts(runtime, version)).await.unwrap();
        let movies = service.store.movies().await.unwrap();
        let (_, now) = movies.iter().find(|(other, _)| *other == id).unwrap();
        assert_eq!(now.runtime, kept, "{runtime} of version {version}");
    }
    service.stop().await;
}

#[tokio::test]
async fn a_new_movie_is_predicted_before_the_next_training() {
    let service = Recommendation::start(community(60, 60)).await;
    service.train().await;
    let member = Member::new();
    for number in 0..12 {
        service
            .publish_rating(&member, number, Some(if number % 2 == 0 { 9 } else { 2 }), 1)
            .await;
    }
    let fresh = [movie_id(900), movie_id(901)];
    for (id, genre) in fresh.iter().zip(["Comedy", "Horror"]) {
        let facts = MovieFacts {
            movie_id: id.to_string(),
            year: 2001,
            genres: vec![genre.to_owned()],
            countries: vec!["KR".into()],
            version: 1,
            ..Default::default()
        };
        service
            .publish_event("movie.changed", *id, 1, &MovieChanged { movie: Some(facts) })
            .await;
    }
    eventually("both are predicted", async || {
        service.predict(&member.caller, &[900, 901]).await.predictions.len() == 2
    })
    .await;
    let predictions = service.predict(&member.caller, &[900, 901]).await.predictions;
    assert!(predictions[0].stars > predictions[1].stars, "{predictions:?}");
    let request = request_from(
        SimilarRequest {
            movie_id: fresh[0].to_string(),
            limit: 10,
        },
        &member.caller,
    );
    let similar = service
        .client
        .clone()
        .similar(request)
        .await
        .unwrap()
        .into_inner()
        .movie_ids;
    let comedies: Vec<String> = (0..60).step_by(2).map(|number| movie_id(number).to_string()).collect();
    assert!(
        similar.iter().filter(|id| comedies.contains(id)).count() >= 8,
        "{similar:?}"
    );
    service.stop().await;
}
