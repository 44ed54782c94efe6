//! Rows and the rating list: what may be in them, and for whom.

use std::collections::HashSet;

use chassis::identity::Caller;
use matcha_protos::recommendation::v1::{ListToRateRequest, RecommendRequest, Row};
use tonic::Code;

use crate::{
    harness::{Member, Recommendation, asks},
    owners::{community, movie_id},
};

fn row(row: Row, limit: i32) -> RecommendRequest {
    RecommendRequest {
        row: row.into(),
        limit,
        ..Default::default()
    }
}

#[tokio::test]
async fn rows_never_contain_what_is_rated_or_on_the_shelf() {
    let service = Recommendation::start(community(40, 60)).await;
    service.train().await;
    let member = Member::new();
    for number in 0..14 {
        service
            .rates(&member, number, Some(if number % 2 == 0 { 9 } else { 3 }), 1)
            .await;
    }
    for (number, state) in [(20, "wish"), (22, "watching"), (24, "not_interested"), (26, "wish")] {
        service.shelves(&member, number, state, 1).await;
    }
    service.shelves(&member, 26, "", 2).await;
    service.settled(member.id, (14, 84)).await;
    chassis::testing::eventually("the shelf has arrived", async || {
        service.store.profile(member.id).await.unwrap().shelf.len() == 3
    })
    .await;
    let hidden: HashSet<String> = (0..14)
        .chain([20, 22, 24])
        .map(|number| movie_id(number).to_string())
        .collect();
    for kind in [
        Row::ForYou,
        Row::EspeciallyYou,
        Row::BecauseYouLiked,
        Row::Rising,
        Row::BestRated,
        Row::MostRated,
    ] {
        for variation in 0..3 {
            let answer = service
                .recommend(
                    &member.caller,
                    RecommendRequest {
                        variation,
                        ..row(kind, 100)
                    },
                )
                .await;
            assert!(!answer.movies.is_empty(), "{kind:?} is empty");
            assert!(
                answer.movies.iter().all(|movie| !hidden.contains(&movie.movie_id)),
                "{kind:?}"
            );
            let distinct: HashSet<_> = answer.movies.iter().map(|movie| &movie.movie_id).collect();
            assert_eq!(distinct.len(), answer.movies.len());
            assert_eq!(
                answer.personal,
                matches!(kind, Row::ForYou | Row::EspeciallyYou | Row::BecauseYouLiked)
            );
            assert!(
                answer
                    .movies
                    .iter()
                    .all(|movie| movie.prediction.is_some() == answer.personal)
            );
        }
    }
    let because = service.recommend(&member.caller, row(Row::BecauseYouLiked, 5)).await;
    assert!(
        (0..14)
            .step_by(2)
            .any(|number| movie_id(number).to_string() == because.because_movie_id)
    );
    service.end().await;
}

#[tokio::test]
async fn the_row_for_you_is_of_the_members_kind_and_popular_before_the_unlock() {
    let service = Recommendation::start(community(40, 60)).await;
    service.train().await;
    let member = Member::new();
    let before = service.recommend(&member.caller, row(Row::ForYou, 10)).await;
    assert!(!before.personal);
    assert_eq!(before.movies.len(), 10);
    assert!(
        service
            .recommend(&member.caller, row(Row::EspeciallyYou, 10))
            .await
            .movies
            .is_empty()
    );
    for number in 0..14 {
        service
            .rates(&member, number, Some(if number % 2 == 1 { 9 } else { 2 }), 1)
            .await;
    }
    service.settled(member.id, (14, 77)).await;
    let after = service.recommend(&member.caller, row(Row::ForYou, 10)).await;
    assert!(after.personal);
    let horror: Vec<String> = (1..60).step_by(2).map(|number| movie_id(number).to_string()).collect();
    let fitting = after
        .movies
        .iter()
        .filter(|movie| horror.contains(&movie.movie_id))
        .count();
    assert!(fitting >= 8, "{fitting} of 10 are of the member's kind");

    let again = service.recommend(&member.caller, row(Row::ForYou, 10)).await;
    assert_eq!(again, after, "the same variation is the same row");
    let other = service
        .recommend(
            &member.caller,
            RecommendRequest {
                variation: 7,
                ..row(Row::ForYou, 10)
            },
        )
        .await;
    assert_ne!(other, after, "another variation is another row");
    service.end().await;
}

#[tokio::test]
async fn filters_hold_and_nonsense_is_refused() {
    let service = Recommendation::start(community(20, 60)).await;
    let filtered = RecommendRequest {
        genre: "Horror".into(),
        decade: Some(1990),
        ..row(Row::ForYou, 50)
    };
    let answer = service.recommend(&Caller::Anonymous, filtered).await;
    let fitting: Vec<String> = (0..60)
        .filter(|number| number % 2 == 1 && (1990..2000).contains(&(1980 + number % 40)))
        .map(|number| movie_id(number).to_string())
        .collect();
    assert_eq!(answer.movies.len(), fitting.len());
    assert!(answer.movies.iter().all(|movie| fitting.contains(&movie.movie_id)));
    for request in [
        row(Row::ForYou, 101),
        row(Row::ForYou, -1),
        RecommendRequest {
            row: 99,
            ..Default::default()
        },
    ] {
        let refused = service
            .client
            .clone()
            .recommend(asks(request, &Caller::Anonymous))
            .await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    }
    service.end().await;
}

#[tokio::test]
async fn the_rating_list_pages_on_without_repeating_and_is_each_members_own() {
    let service = Recommendation::start(community(40, 60)).await;
    let (one, other) = (Member::new(), Member::new());
    let page = async |member: &Member, exclude: &[String]| {
        let request = ListToRateRequest {
            limit: 20,
            exclude_movie_ids: exclude.to_vec(),
            ..Default::default()
        };
        service
            .client
            .clone()
            .list_to_rate(asks(request, &member.caller))
            .await
            .unwrap()
            .into_inner()
            .movie_ids
    };
    let first = page(&one, &[]).await;
    assert_eq!(first.len(), 20);
    assert_eq!(page(&one, &[]).await, first, "the order is the member's own, and stays");
    assert_ne!(page(&other, &[]).await, first);
    let second = page(&one, &first).await;
    assert!(second.iter().all(|id| !first.contains(id)));
    let wrong = ListToRateRequest {
        shelf: "dusty".into(),
        ..Default::default()
    };
    let refused = service.client.clone().list_to_rate(asks(wrong, &one.caller)).await;
    assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    service.end().await;
}
