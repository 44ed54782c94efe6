//! The caller as the models see them: the profile, the member's scores in the list models, and, once enough movies are
//! rated, the member folded into the star model.

use std::collections::HashSet;

use chassis::identity::Caller;
use uuid::Uuid;

use crate::{
    Service,
    catalogue::{Vectors, View},
    error::Error,
    model::fold_in::{Folded, Item, Reasons},
    profile::Profile,
    ranking::{
        MemberScores,
        interactions::{Interaction, interest, shelf_weight},
    },
};

/// Ratings that a member needs before stars are predicted.
pub(crate) const UNLOCK_AT: usize = 10;

/// What the models know of the caller. The default is a visitor, who has no ratings and no shelf.
#[derive(Debug, Default)]
pub(crate) struct CallerProfile {
    /// Nil for a visitor.
    pub(crate) id: Uuid,
    pub(crate) profile: Profile,
    /// `None` below `UNLOCK_AT` ratings, or without a model.
    pub(crate) taste: Option<FoldedTaste>,
    /// `None` without ratings and wishes, without a model, or unless `with_lists` was called.
    pub(crate) scores: Option<MemberScores>,
}

/// A member folded into the star model.
#[derive(Debug)]
pub(crate) struct FoldedTaste {
    pub(crate) folded: Folded,
    pub(crate) reasons: Reasons,
    /// The rated movies in the order in which they were folded in.
    pub(crate) movies: Vec<Uuid>,
}

/// Reads the member's profile and folds it in. Fails while the copy is incomplete: half of a profile would call rated
/// movies unrated and count too few ratings.
pub(crate) async fn load(service: &Service, view: &View, member: Uuid) -> Result<CallerProfile, Error> {
    view.require_complete()?;
    let profile = service.store.profile(member).await?;
    Ok(CallerProfile::new(view, member, profile))
}

/// As `load`, but treats the caller as a visitor if the profile cannot be read: rows then show popular movies instead
/// of an error.
pub(crate) async fn load_or_visitor(service: &Service, view: &View, caller: &Caller) -> CallerProfile {
    let Some(member) = caller.member_if_any() else {
        return CallerProfile::default();
    };
    if !view.copy_status.filled {
        return CallerProfile::default();
    }
    match service.store.profile(member).await {
        Ok(profile) => CallerProfile::new(view, member, profile),
        Err(error) => {
            metrics::counter!("rows_without_profile_total").increment(1);
            tracing::warn!(error = %chassis::error::chain(&error), "a row without the member's profile");
            CallerProfile::default()
        }
    }
}

impl CallerProfile {
    /// Folds the whole profile into the star model, which takes some microseconds.
    pub(crate) fn new(view: &View, id: Uuid, profile: Profile) -> Self {
        let taste = (profile.ratings.len() >= UNLOCK_AT)
            .then(|| FoldedTaste::new(view, &profile))
            .flatten();
        Self {
            id,
            profile,
            taste,
            scores: None,
        }
    }

    /// Also scores every movie with the list models, which only rows need.
    #[must_use]
    pub(crate) fn with_lists(mut self, view: &View) -> Self {
        self.scores = view
            .vectors
            .as_ref()
            .and_then(|vectors| list_scores(vectors, &self.profile));
        self
    }

    /// The number of interactions that the list models take into account.
    pub(crate) fn interactions(&self) -> usize {
        self.scores.as_ref().map_or(0, |scores| scores.movies.len())
    }
}

/// A rated movie is weighted by its stars; a movie in the state WISH or WATCHING that is not rated, by this state.
fn list_scores(vectors: &Vectors, profile: &Profile) -> Option<MemberScores> {
    let number = |movie: Uuid| vectors.model().number(movie).map(|number| number as u32);
    let rated = profile.ratings.iter();
    let rated = rated.filter_map(|rated| Some((number(rated.movie)?, interest(f32::from(rated.stars) / 2.0))));
    let shelf = profile.shelf.iter().filter(|entry| !profile.has_rated(entry.movie));
    let shelf = shelf.filter_map(|entry| Some((number(entry.movie)?, shelf_weight(entry.state)?)));
    let mut interactions: Vec<Interaction> = rated.chain(shelf).collect();
    if interactions.is_empty() {
        return None;
    }
    interactions.sort_unstable_by_key(|(movie, _)| *movie);
    let (movies, weights) = interactions.into_iter().unzip();
    Some(vectors.lists().score_member(movies, weights))
}

impl FoldedTaste {
    fn new(view: &View, profile: &Profile) -> Option<Self> {
        let vectors = view.vectors.as_ref()?;
        let began = std::time::Instant::now();
        let mut ratings: Vec<(Item<'_>, f64)> = Vec::with_capacity(profile.ratings.len());
        let mut movies = Vec::with_capacity(profile.ratings.len());
        for rated in &profile.ratings {
            // The model and the catalogue are updated at different times, so either may know a movie that the other
            // does not.
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
        let mut reasons = vectors.model().reasons(&folded, &ratings);
        let liked: HashSet<Uuid> = profile.liked().map(|rated| rated.movie).collect();
        reasons.retain(|index| liked.contains(&movies[index]));
        Some(Self {
            folded,
            reasons,
            movies,
        })
    }
}
