//! What the caller has said of a movie: stars and shelf state; and the stars predicted for the caller.

use async_graphql::{Enum, SimpleObject};
use matcha_protos::{movie::v1::Movie, rating::v1 as rating, recommendation::v1 as recommendation};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{movies::NamedMovie, shelf::ShelfState},
    stars,
    upstream::batch_reads,
};

/// What the caller has said of a movie.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(name = "Mine")]
#[schema(as = Mine)]
pub(crate) struct ViewerMovieState {
    /// 0.5-5.0; null: not rated.
    stars: Option<f64>,
    /// Null: on no shelf.
    shelf: Option<ShelfState>,
    /// The stars predicted for the caller; null for a movie that the caller has rated, and before the caller has rated ten.
    predicted: Option<Predicted>,
}

impl ViewerMovieState {
    pub(crate) fn new(state: &rating::Mine, predicted: Option<Predicted>) -> Self {
        Self {
            stars: state.stars.map(stars::from_half_steps),
            shelf: ShelfState::from_proto(state.shelf()),
            predicted,
        }
    }
}

/// The stars predicted for a member.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct Predicted {
    /// 0.5-5.0 in steps of 0.1.
    stars: f64,
    confidence: Confidence,
    /// The movies that the caller liked (rated at least 3.5 stars and the caller's mean) and that raise the prediction most.
    #[graphql(skip)]
    because: Vec<NamedMovie>,
    /// The same movies for GraphQL, which reads them when a query selects them.
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) because_movie_ids: Vec<Uuid>,
}

/// How far a prediction can be relied on.
#[derive(Clone, Copy, PartialEq, Eq, Enum, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Confidence {
    Low,
    Medium,
    High,
}

impl Confidence {
    /// A value that this gateway does not know counts as low.
    fn from_proto(confidence: recommendation::Confidence) -> Self {
        match confidence {
            recommendation::Confidence::High => Self::High,
            recommendation::Confidence::Medium => Self::Medium,
            recommendation::Confidence::Low | recommendation::Confidence::Unspecified => Self::Low,
        }
    }
}

impl From<&recommendation::Prediction> for Predicted {
    fn from(prediction: &recommendation::Prediction) -> Self {
        Self {
            stars: stars::predicted(prediction.stars),
            confidence: Confidence::from_proto(prediction.confidence()),
            because: Vec::new(),
            because_movie_ids: batch_reads::ids(&prediction.because_movie_ids),
        }
    }
}

impl Predicted {
    /// The prediction with the movies of `because_movie_ids`, which REST shows at once.
    pub(crate) fn with_because(self, movies: impl IntoIterator<Item = Movie>) -> Self {
        Self {
            because: movies.into_iter().map(NamedMovie::from).collect(),
            ..self
        }
    }
}
