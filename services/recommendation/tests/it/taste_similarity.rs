//! The taste similarity of two members, and who may read it.

use matcha_protos::{
    recommendation::v1::{GetMatchRequest, GetMatchResponse},
    user::v1::Section,
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    harness::{Member, Recommendation, request_from},
    owner_services::{community, member_id},
};

async fn get_match(service: &Recommendation, member: &Member, other: Uuid) -> Result<GetMatchResponse, Status> {
    let message = GetMatchRequest {
        member_id: other.to_string(),
    };
    let answer = service
        .client
        .clone()
        .get_match(request_from(message, &member.caller))
        .await?;
    Ok(answer.into_inner())
}

/// A member who likes comedies, like the members of the community with even numbers.
async fn comedy_fan(service: &Recommendation, movies: usize) -> Member {
    let member = Member::new();
    let mut sum = 0;
    for movie in 0..movies {
        let stars = if movie % 2 == 0 { 9 } else { 2 };
        service.publish_rating(&member, movie, Some(stars), 1).await;
        sum += i64::from(stars);
    }
    service.wait_for_profile(member.id, (movies as i64, sum)).await;
    member
}

#[tokio::test]
async fn equal_tastes_are_similar_opposite_tastes_are_not_and_the_answer_is_symmetric() {
    let service = Recommendation::start(community(20, 60)).await;
    let (one, other) = (comedy_fan(&service, 40).await, comedy_fan(&service, 40).await);
    let alike = get_match(&service, &one, member_id(2)).await.unwrap();
    let unlike = get_match(&service, &one, member_id(3)).await.unwrap();
    assert!(alike.percent.unwrap() > 70, "{alike:?}");
    assert!(unlike.percent.unwrap() < 30, "{unlike:?}");
    assert!((5..=40).contains(&alike.common_count), "{alike:?}");
    let symmetric = get_match(&service, &one, other.id).await.unwrap();
    assert_eq!(symmetric, get_match(&service, &other, one.id).await.unwrap());
    assert_eq!(symmetric.common_count, 40);
    service.stop().await;
}

#[tokio::test]
async fn below_five_common_movies_there_is_no_percentage() {
    let service = Recommendation::start(community(4, 20)).await;
    let (one, other) = (comedy_fan(&service, 8).await, comedy_fan(&service, 4).await);
    let few = get_match(&service, &one, other.id).await.unwrap();
    assert_eq!((few.percent, few.common_count, few.needed), (None, 4, 5));
    service.publish_rating(&other, 4, Some(9), 1).await;
    service.wait_for_profile(other.id, (5, 9 + 2 + 9 + 2 + 9)).await;
    let enough = get_match(&service, &one, other.id).await.unwrap();
    assert_eq!((enough.percent.is_some(), enough.common_count), (true, 5));
    service.stop().await;
}

#[tokio::test]
async fn a_similarity_is_visible_to_callers_who_may_see_taste_and_ratings() {
    let service = Recommendation::start(community(4, 20)).await;
    let (caller, member) = (Member::new(), Uuid::now_v7());
    assert!(get_match(&service, &caller, member).await.is_ok());
    for visible in [Section::Ratings, Section::Taste] {
        service.user.shows(member, None, &[visible]);
        let hidden = get_match(&service, &caller, member).await.unwrap_err();
        assert_eq!(hidden.code(), Code::PermissionDenied, "{visible:?} alone");
    }
    let both = [Section::Ratings, Section::Taste];
    service.user.shows(member, Some(caller.id), &both);
    assert!(get_match(&service, &caller, member).await.is_ok());

    let oneself = get_match(&service, &caller, caller.id).await.unwrap_err();
    assert_eq!(oneself.code(), Code::InvalidArgument);
    let unknown = Uuid::now_v7();
    service.user.has_no(unknown);
    assert_eq!(
        get_match(&service, &caller, unknown).await.unwrap_err().code(),
        Code::NotFound
    );
    let visitor = Member {
        caller: chassis::identity::Caller::Anonymous,
        ..caller.clone()
    };
    let refused = get_match(&service, &visitor, member).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    service.user.goes_away();
    assert_eq!(
        get_match(&service, &caller, member).await.unwrap_err().code(),
        Code::Unavailable
    );
    service.stop().await;
}

/// What an attacker learns by rating one movie after another and reading the match after each: the movies at which the count
/// of common movies grows.
async fn movies_read_by_comparing(service: &Recommendation, victim: &Member) -> Vec<usize> {
    let attacker = Member::new();
    let (mut found, mut sum, mut last) = (Vec::new(), 0, 0);
    for movie in 0..PROBED {
        service.publish_rating(&attacker, movie, Some(5), 1).await;
        sum += 5;
        service.wait_for_profile(attacker.id, (movie as i64 + 1, sum)).await;
        let common = get_match(service, &attacker, victim.id).await;
        let common = common.map_or(0, |answer| answer.common_count);
        if common > last {
            found.push(movie);
        }
        last = common;
    }
    found
}

const PROBED: usize = 12;

#[tokio::test]
async fn hidden_ratings_cannot_be_read_by_comparing_tastes() {
    let service = Recommendation::start(community(4, 20)).await;
    let victim = Member::new();
    let rated: Vec<usize> = (0..PROBED).filter(|movie| movie % 3 == 0).collect();
    for movie in &rated {
        service.publish_rating(&victim, *movie, Some(9), 1).await;
    }
    service
        .wait_for_profile(victim.id, (rated.len() as i64, 9 * rated.len() as i64))
        .await;
    let all = [Section::Ratings, Section::Shelf, Section::Comments, Section::Taste];
    service.user.shows(victim.id, None, &all);
    let found = movies_read_by_comparing(&service, &victim).await;
    assert_eq!(found, rated, "the attack finds every movie of shown ratings");
    service.user.shows(victim.id, None, &all[1..]);
    let found = movies_read_by_comparing(&service, &victim).await;
    assert!(found.is_empty(), "movies {found:?} of hidden ratings were found");
    service.stop().await;
}
