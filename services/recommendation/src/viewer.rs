//! Whoever asks: the profile, the member as the list models see one, and once enough is rated the member folded into the
//! star model. Predicted stars come from here.

use uuid::Uuid;

use crate::{
    catalogue::{Vectors, View},
    lists::{
        Drawn,
        interactions::{Interaction, interest, shelf_weight},
    },
    model::{
        Confidence,
        fold_in::{Folded, Item, Reasons},
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
    /// From the first rating or wish, if there is a model.
    pub drawn: Option<Drawn>,
}

/// A member folded into the model.
#[derive(Debug)]
pub struct Taste {
    pub(crate) folded: Folded,
    reasons: Reasons,
    /// The rated movies in the order they were folded in.
    movies: Vec<Uuid>,
}

impl Viewer {
    /// Folds the member into the star model, from the whole profile; a handful of microseconds.
    pub fn new(view: &View, id: Uuid, profile: Profile) -> Self {
        let taste = (profile.ratings.len() >= UNLOCK_AT)
            .then(|| Taste::new(view, &profile))
            .flatten();
        Self {
            id,
            profile,
            taste,
            drawn: None,
        }
    }

    /// Looks at the member through the list models, too: for rows, where all movies are scored.
    #[must_use]
    pub fn with_lists(mut self, view: &View) -> Self {
        self.drawn = view.vectors.as_ref().and_then(|vectors| draw(vectors, &self.profile));
        self
    }

    /// How many acts the rows can go by.
    pub fn acts(&self) -> usize {
        self.drawn.as_ref().map_or(0, |drawn| drawn.movies.len())
    }
}

/// What was rated counts by its stars, what is wished for or being watched by the wish.
fn draw(vectors: &Vectors, profile: &Profile) -> Option<Drawn> {
    let number = |movie: Uuid| vectors.model().number(movie).map(|number| number as u32);
    let rated = profile.ratings.iter();
    let rated = rated.filter_map(|rated| Some((number(rated.movie)?, interest(f32::from(rated.stars) / 2.0))));
    let shelf = profile.shelf.iter().filter(|entry| !profile.has_rated(entry.movie));
    let shelf = shelf.filter_map(|entry| Some((number(entry.movie)?, shelf_weight(entry.state)?)));
    let mut acts: Vec<Interaction> = rated.chain(shelf).collect();
    if acts.is_empty() {
        return None;
    }
    acts.sort_unstable_by_key(|(movie, _)| *movie);
    let (movies, weights) = acts.into_iter().unzip();
    Some(vectors.lists().draw(movies, weights))
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
                None => match vectors.model().number(rated.movie) {
                    Some(number) => vectors.model().item(number),
                    None => continue,
                },
            };
            ratings.push((item, f64::from(rated.stars) / 2.0));
            movies.push(rated.movie);
        }
        let folded = vectors.model().fold_in(&ratings);
        metrics::histogram!("fold_in_seconds").record(began.elapsed().as_secs_f64());
        let reasons = vectors.model().reasons(&folded, &ratings);
        Some(Self {
            folded,
            reasons,
            movies,
        })
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
    let predicted = vectors.model().predict(&taste.folded, item);
    Some(Prediction {
        movie: view.movies[at].id,
        stars: predicted.stars,
        confidence: vectors.model().confidence(predicted.deviation),
        because: vectors
            .model()
            .because(&taste.folded, &taste.reasons, item, 3)
            .into_iter()
            .map(|i| taste.movies[i])
            .collect(),
    })
}

/// Which of what the member did speaks most for having this movie on a list.
pub fn reasons(view: &View, viewer: &Viewer, at: usize, most: usize) -> Vec<Uuid> {
    let (Some(vectors), Some(drawn)) = (&view.vectors, &viewer.drawn) else {
        return Vec::new();
    };
    let Some(number) = vectors.number(at) else {
        return Vec::new();
    };
    let places = vectors
        .lists()
        .ease
        .because(&drawn.movies, &drawn.weights, number as u32, most);
    let ids = vectors.model().ids();
    places
        .into_iter()
        .map(|place| ids[drawn.movies[place] as usize])
        .collect()
}
