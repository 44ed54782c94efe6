//! How far the caller is from predictions, which need a number of ratings.

use chassis::{client::request, identity::Caller};
use matcha_protos::{rating::v1::GetMineRequest, recommendation::v1::PredictRequest};
use tonic::Status;

use crate::upstream::{clients::Clients, degraded::Degraded};

#[derive(Clone, Copy)]
pub(crate) struct UnlockProgress {
    /// How many movies the caller has rated.
    pub(crate) rated_count: i64,
    /// Ratings needed before anything is predicted.
    pub(crate) unlock_at: i64,
}

/// `unlock_at` if the recommendation service does not answer.
const UNLOCK_AT: i64 = 10;

/// Reads the progress. Rating and recommendation both know the count, so one of them is enough; `degraded` then names the
/// other.
pub(crate) async fn read(clients: &Clients, caller: &Caller, degraded: &Degraded) -> Result<UnlockProgress, Status> {
    let (mut rating, mut recommendation) = (clients.rating.clone(), clients.recommendation.clone());
    let (mine, predicted) = tokio::join!(
        rating.get_mine(request(GetMineRequest::default(), caller)),
        recommendation.predict(request(PredictRequest::default(), caller)),
    );
    let (rated_count, unlock_at) = match (mine, predicted) {
        (Ok(mine), Ok(predicted)) => (mine.into_inner().rated_count, predicted.into_inner().unlock_at),
        (Ok(mine), Err(status)) => {
            degraded.note("recommendation", &status);
            (mine.into_inner().rated_count, UNLOCK_AT)
        }
        (Err(status), Ok(predicted)) => {
            degraded.note("rating", &status);
            let predicted = predicted.into_inner();
            (predicted.rated_count, predicted.unlock_at)
        }
        (Err(status), Err(_)) => return Err(status),
    };
    Ok(UnlockProgress {
        rated_count,
        unlock_at: if unlock_at > 0 { unlock_at } else { UNLOCK_AT },
    })
}
