//! How alike two tastes are, and who may know.

use matcha_protos::{
    recommendation::v1::{GetMatchRequest, GetMatchResponse},
    user::v1::Section,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    harness::{Member, Recommendation, asks},
    owner_services::{community, member_id},
};

async fn matching(service: &Recommendation, member: &Member, other: Uuid) -> Result<GetMatchResponse, Status> {
    let message = GetMatchRequest {
        member_id: other.to_string(),
    };
    let answer = service.client.clone().get_match(asks(message, &member.caller)).await?;
    Ok(answer.into_inner())
}

/// Of a community of two tastes: members with even numbers are fond of comedies, as this one will be.
async fn fond_of_comedies(service: &Recommendation, movies: usize) -> Member {
    let member = Member::new();
    let mut sum = 0;
    for movie in 0..movies {
        let stars = if movie % 2 == 0 { 9 } else { 2 };
        service.rates(&member, movie, Some(stars), 1).await;
        sum += i64::from(stars);
    }
    service.settled(member.id, (movies as i64, sum)).await;
    member
}

#[tokio::test]
async fn who_likes_the_same_matches_and_who_likes_the_other_half_does_not_from_both_sides() {
    let service = Recommendation::start(community(20, 60)).await;
    let (one, other) = (
        fond_of_comedies(&service, 40).await,
        fond_of_comedies(&service, 40).await,
    );
    let alike = matching(&service, &one, member_id(2)).await.unwrap();
    let unlike = matching(&service, &one, member_id(3)).await.unwrap();
    assert!(alike.percent.unwrap() > 70, "{alike:?}");
    assert!(unlike.percent.unwrap() < 30, "{unlike:?}");
    assert!((5..=40).contains(&alike.common_count), "{alike:?}");
    let there = matching(&service, &one, other.id).await.unwrap();
    assert_eq!(there, matching(&service, &other, one.id).await.unwrap());
    assert_eq!(there.common_count, 40);
    service.end().await;
}

#[tokio::test]
async fn few_movies_in_common_make_no_percentage_and_another_rating_may() {
    let service = Recommendation::start(community(4, 20)).await;
    let (one, other) = (fond_of_comedies(&service, 8).await, fond_of_comedies(&service, 4).await);
    let few = matching(&service, &one, other.id).await.unwrap();
    assert_eq!((few.percent, few.common_count, few.needed), (None, 4, 5));
    service.rates(&other, 4, Some(9), 1).await;
    service.settled(other.id, (5, 9 + 2 + 9 + 2 + 9)).await;
    let enough = matching(&service, &one, other.id).await.unwrap();
    assert_eq!((enough.percent.is_some(), enough.common_count), (true, 5));
    service.end().await;
}

#[tokio::test]
async fn a_match_tells_of_a_taste_and_so_is_for_whom_the_taste_is_for() {
    let service = Recommendation::start(community(4, 20)).await;
    let (viewer, member) = (Member::new(), Uuid::now_v7());
    assert!(matching(&service, &viewer, member).await.is_ok());
    service.user.shows(member, None, &[Section::Ratings]);
    let hidden = matching(&service, &viewer, member).await.unwrap_err();
    assert_eq!(hidden.code(), Code::PermissionDenied);
    service.user.shows(member, Some(viewer.id), &[Section::Taste]);
    assert!(matching(&service, &viewer, member).await.is_ok());

    let oneself = matching(&service, &viewer, viewer.id).await.unwrap_err();
    assert_eq!(oneself.code(), Code::InvalidArgument);
    let nobody = Uuid::now_v7();
    service.user.has_no(nobody);
    assert_eq!(
        matching(&service, &viewer, nobody).await.unwrap_err().code(),
        Code::NotFound
    );
    let visitor = Member {
        caller: chassis::identity::Caller::Anonymous,
        ..viewer.clone()
    };
    let refused = matching(&service, &visitor, member).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    service.user.goes_away();
    assert_eq!(
        matching(&service, &viewer, member).await.unwrap_err().code(),
        Code::Unavailable
    );
    service.end().await;
}
