//! Predicted stars: when they unlock, what changes them, and their confidence and reasons.

use chassis::identity::Caller;
use matcha_protos::recommendation::v1::{DescribeProfilesRequest, PredictRequest};
use testing::eventually;
use tonic::Code;

use crate::{
    harness::{Member, Recommendation, request_from},
    owner_services::{community, movie_id},
};

#[tokio::test]
async fn predictions_unlock_at_ten_ratings_and_follow_the_taste() {
    let service = Recommendation::start(community(60, 60)).await;
    service.train().await;
    let member = Member::new();
    for number in 0..9 {
        let stars = if number % 2 == 0 { 9 } else { 2 };
        service.publish_rating(&member, number, Some(stars), 1).await;
    }
    eventually("nine ratings have arrived", async || {
        service.predict(&member.caller, &[40]).await.rated_count == 9
    })
    .await;
    assert!(service.predict(&member.caller, &[40]).await.predictions.is_empty());
    assert_eq!(service.predict(&member.caller, &[40]).await.unlock_at, 10);

    service.publish_rating(&member, 9, Some(2), 1).await;
    eventually("the tenth rating unlocks predictions", async || {
        !service.predict(&member.caller, &[40]).await.predictions.is_empty()
    })
    .await;
    let predictions = service.predict(&member.caller, &[40, 41, 40, 0]).await.predictions;
    // Movie 40 is requested twice and predicted once; movie 0 is rated, so it is not predicted.
    assert_eq!(predictions.len(), 2);
    let (comedy, horror) = (&predictions[0], &predictions[1]);
    assert!(
        comedy.stars > horror.stars + 1.0,
        "comedy {} horror {}",
        comedy.stars,
        horror.stars
    );
    assert_ne!(comedy.confidence, 0);
    assert!(!comedy.because_movie_ids.is_empty());
    let comedies: Vec<String> = (0..10).step_by(2).map(|number| movie_id(number).to_string()).collect();
    assert!(
        comedy.because_movie_ids.iter().all(|id| comedies.contains(id)),
        "{:?}",
        comedy.because_movie_ids
    );
    service.stop().await;
}

#[tokio::test]
async fn a_changed_rating_changes_the_predictions() {
    let service = Recommendation::start(community(60, 60)).await;
    service.train().await;
    let member = Member::new();
    for number in 0..12 {
        service
            .publish_rating(&member, number, Some(if number % 2 == 0 { 9 } else { 2 }), 1)
            .await;
    }
    service.wait_for_profile(member.id, (12, 66)).await;
    let before = service.predict(&member.caller, &[50]).await.predictions[0].stars;
    for number in (0..12).step_by(2) {
        service.publish_rating(&member, number, Some(1), 2).await;
    }
    service.wait_for_profile(member.id, (12, 18)).await;
    let after = service.predict(&member.caller, &[50]).await.predictions[0].stars;
    assert!(after < before - 0.5, "{before} became {after}");
    service.stop().await;
}

#[tokio::test]
async fn visitors_get_no_predictions_and_members_may_not_read_profiles() {
    let service = Recommendation::start(community(12, 20)).await;
    service.train().await;
    assert!(
        service
            .predict(&Caller::Anonymous, &[1, 2])
            .await
            .predictions
            .is_empty()
    );
    let member = Member::new();
    let request = request_from(
        DescribeProfilesRequest {
            member_ids: vec![member.id.to_string()],
        },
        &member.caller,
    );
    assert_eq!(
        service
            .client
            .clone()
            .describe_profiles(request)
            .await
            .unwrap_err()
            .code(),
        Code::PermissionDenied
    );
    service.stop().await;
}

#[tokio::test]
async fn invalid_ids_and_too_many_ids_are_refused() {
    let service = Recommendation::start(community(12, 20)).await;
    let member = Member::new();
    for movie_ids in [vec!["alien".to_owned()], vec![movie_id(1).to_string(); 501]] {
        let refused = service
            .client
            .clone()
            .predict(request_from(PredictRequest { movie_ids }, &member.caller))
            .await;
        assert_eq!(refused.unwrap_err().code(), Code::InvalidArgument);
    }
    service.stop().await;
}
