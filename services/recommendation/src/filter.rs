//! The filter by genre, country and decade that rows, predictions and the rating list share.

use serde::{Deserialize, Serialize};

use crate::model::features::Facts;

/// Which movies a list may contain; an empty field accepts every movie. Part of cursors, which are bound to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Filter {
    pub(crate) genre: String,
    pub(crate) country: String,
    /// The first year of the decade.
    pub(crate) decade: Option<i32>,
}

impl Filter {
    pub(crate) fn accepts(&self, facts: &Facts) -> bool {
        (self.genre.is_empty() || facts.genres.contains(&self.genre))
            && (self.country.is_empty() || facts.countries.contains(&self.country))
            && self
                .decade
                .is_none_or(|decade| facts.year.div_euclid(10) * 10 == decade)
    }
}
