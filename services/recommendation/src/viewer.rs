//! Whoever asks: the profile, and once enough is rated, the member folded into the model. Predicted stars come from here.

use uuid::Uuid;

use crate::{
    catalogue::View,
    model::{
        Confidence,
        fold_in::{Folded, Item},
    },
    profile::Profile,
};

/// Ratings a member needs before anything is predicted.
pub const UNLOCK_AT: usize = 10;

/// What is known of whoever asks.
#[derive(Debug, Default)]
pub struct Viewer {
    /// Nil: signed out.
    pub id: Uuid,
    pub profile: Profile,
    /// Once enough is rated and there is a model.
    pub taste: Option<Taste>,
}

/// A member folded into the model.
#[derive(Debug)]
pub struct Taste {
    pub(crate) folded: Folded,
    /// The rated movies in the order they were folded in.
    movies: Vec<Uuid>,
}

impl Viewer {
    /// Folds the member in from the whole profile; a handful of microseconds.
    pub fn new(view: &View, id: Uuid, profile: Profile) -> Self {
        let taste = (profile.ratings.len() >= UNLOCK_AT)
            .then(|| Taste::new(view, &profile))
            .flatten();
        Self { id, profile, taste }
    }
}

impl Taste {
    fn new(view: &View, profile: &Profile) -> Option<Self> {
        let vectors = view.vectors.as_ref()?;
        let began = std::time::Instant::now();
        let mut ratings: Vec<(Item<'_>, f64)> = Vec::with_capacity(profile.ratings.len());
        let mut movies = Vec::with_capacity(profile.ratings.len());
        for rated in &profile.ratings {
            // A movie may be known to the model and not (or no longer) to the catalogue, and the other way round.
            let item = match view.position(rated.movie) {
                Some(at) => vectors.item(at),
                None => match vectors.model.number(rated.movie) {
                    Some(number) => vectors.model.item(number),
                    None => continue,
                },
            };
            ratings.push((item, f64::from(rated.stars) / 2.0));
            movies.push(rated.movie);
        }
        let folded = vectors.model.fold_in(&ratings);
        metrics::histogram!("fold_in_seconds").record(began.elapsed().as_secs_f64());
        Some(Self { folded, movies })
    }
}

/// Predicted stars as they leave the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub movie: Uuid,
    pub stars: f64,
    pub confidence: Confidence,
    pub because: Vec<Uuid>,
}

/// Predicts for one position of the view; `None` before the unlock.
pub fn predict(view: &View, viewer: &Viewer, at: usize) -> Option<Prediction> {
    let (vectors, taste) = (view.vectors.as_ref()?, viewer.taste.as_ref()?);
    let item = vectors.item(at);
    let predicted = vectors.model.predict(&taste.folded, item);
    Some(Prediction {
        movie: view.movies[at].id,
        stars: predicted.stars,
        confidence: vectors.model.confidence(predicted.deviation),
        because: vectors
            .model
            .because(&taste.folded, item, 3)
            .into_iter()
            .map(|i| taste.movies[i])
            .collect(),
    })
}
