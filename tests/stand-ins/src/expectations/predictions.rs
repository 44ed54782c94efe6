//! Predicted stars: RecommendationService.

use chassis::{client::request, identity::Caller};
use matcha_protos::recommendation::v1::{
    GetMatchRequest, ListPredictedRequest, ListToRateRequest, PredictRequest, SimilarRequest,
};
use tonic::Code;

use super::{World, refused};

/// Before ten ratings nothing is predicted.
pub async fn predictions(world: &World) {
    let (mut recommendation, member) = (world.recommendation(), &world.member);
    let predict = PredictRequest {
        movie_ids: world.movies.clone(),
    };
    let predicted = recommendation
        .predict(request(predict, member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((predicted.rated_count, predicted.unlock_at), (0, 10));
    let list = ListPredictedRequest {
        limit: 5,
        ..Default::default()
    };
    let listed = recommendation
        .list_predicted(request(list, member))
        .await
        .unwrap()
        .into_inner();
    assert!(listed.predictions.is_empty() && listed.next_cursor.is_empty());
    assert_eq!((listed.rated_count, listed.unlock_at), (0, 10));
    let similar = SimilarRequest {
        movie_id: world.movies[0].clone(),
        ..Default::default()
    };
    let similar = recommendation
        .similar(request(similar, &Caller::Anonymous))
        .await
        .unwrap()
        .into_inner();
    assert!(!similar.movie_ids.contains(&world.movies[0]));
    let to_rate = ListToRateRequest {
        limit: 2,
        ..Default::default()
    };
    let to_rate = recommendation
        .list_to_rate(request(to_rate, member))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(to_rate.movie_ids.len(), 2);
    let own = GetMatchRequest {
        member_id: world.member_id(),
    };
    refused(
        recommendation.get_match(request(own, member)).await,
        Code::InvalidArgument,
        "member_id",
    );
}
