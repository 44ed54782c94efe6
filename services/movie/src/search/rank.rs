//! Ranking: classes of relevance, sort orders, and the rank that a page starts after.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fuzzy_match::FuzzyMatch;
use super::text_match::Fit;

/// How well a movie or person matches a query; smaller is better.
pub type Class = u8;

const EXACT_TITLE: Class = 0;
const EXACT_PERSON: Class = 2;
/// The last class that is good enough to make fuzzy matches unnecessary.
const STRONG: Class = 4;
/// Every word of the query matches a title or a person of the movie.
pub const ALL_WORDS: Class = 7;

/// Added to the class of a movie of another year than the query names; more than any class of its own.
const OTHER_YEAR: Class = 64;

/// A title ranks before a person with the same fit, except that a person's whole name ranks before titles that only have a
/// word with that prefix.
pub fn class(fit: Fit, person: bool) -> Class {
    match (fit, person) {
        (Fit::Exact, false) => EXACT_TITLE,
        (Fit::Prefix, false) => 1,
        (Fit::Exact, true) => EXACT_PERSON,
        (Fit::WordPrefix, false) => 3,
        (Fit::Prefix | Fit::WordPrefix, true) => STRONG,
        (Fit::Substring, false) => 5,
        (Fit::Substring, true) => 6,
        (Fit::Fuzzy(FuzzyMatch { edits, place }), person) => {
            ALL_WORDS + 1 + 6 * edits.saturating_sub(1) + 2 * place as u8 + u8::from(person)
        }
    }
}

pub fn is_exact(class: Class) -> bool {
    class == EXACT_TITLE || class == EXACT_PERSON
}

pub fn is_strong(class: Class) -> bool {
    class <= STRONG
}

pub fn is_fuzzy(class: Class) -> bool {
    class > ALL_WORDS
}

/// The class of a movie that matches the query, but is of another year than the query names.
pub fn of_other_year(class: Class) -> Class {
    class.saturating_add(OTHER_YEAR)
}

/// The worst class that a list in another order than relevance shows: such an order would mix fuzzy matches and other years
/// with better matches, so they are shown only if there is nothing better.
pub fn worst_shown(classes: &[Class]) -> Class {
    let levels = [ALL_WORDS, of_other_year(ALL_WORDS)];
    let reached = levels
        .into_iter()
        .find(|level| classes.iter().any(|class| class <= level));
    reached.unwrap_or(Class::MAX)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    Korean,
    English,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    Relevance,
    Popularity,
    Average,
    Newest,
    Title(Language),
}

/// The position of a movie in one sort order, ascending: values that sort descending are negated. The id makes the order total,
/// so a page after a rank neither repeats nor skips movies whose rank is unchanged. A movie that is rated between two pages
/// may appear twice or not at all; clients that append pages drop duplicates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rank {
    pub class: Class,
    pub major: i64,
    pub minor: i64,
    pub id: Uuid,
}

/// The values that a movie is ranked by.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub id: Uuid,
    pub year: i32,
    pub count: i64,
    pub sum: i64,
    /// Position in the order of titles of the language.
    pub title: i64,
}

impl Rank {
    /// `mean` is the mean of all ratings; only the sort by average uses it.
    pub fn of(sort: Sort, class: Class, figures: &Figures, mean: f64) -> Self {
        let Figures {
            id,
            year,
            count,
            sum,
            title,
        } = *figures;
        let year = i64::from(year);
        let (class, major, minor) = match sort {
            Sort::Relevance => (class, -count, -year),
            Sort::Popularity => (0, -count, -year),
            Sort::Average => (0, average_key(count, sum, mean), -count),
            Sort::Newest => (0, -year, -count),
            Sort::Title(_) => (0, title, 0),
        };
        Self {
            class,
            major,
            minor,
            id,
        }
    }
}

/// Weight of the prior, in ratings of the overall mean: three ratings of 5.0 do not beat three hundred of 4.5.
const PRIOR_RATINGS: f64 = 20.0;

/// The Bayesian average, negated, in millionths. Unrated movies rank last: the formula alone would rank them in the middle,
/// above movies with bad ratings.
fn average_key(count: i64, sum: i64, mean: f64) -> i64 {
    if count <= 0 {
        return i64::MAX;
    }
    let shrunk = (sum as f64 + PRIOR_RATINGS * mean) / (count as f64 + PRIOR_RATINGS);
    -((shrunk * 1e6) as i64)
}

#[cfg(test)]
mod tests {
    use super::super::fuzzy_match::Place;
    use super::*;

    #[test]
    fn classes_are_in_the_documented_order() {
        let fuzzy = |edits, place| Fit::Fuzzy(FuzzyMatch { edits, place });
        let order = [
            (Fit::Exact, false),
            (Fit::Prefix, false),
            (Fit::Exact, true),
            (Fit::WordPrefix, false),
            (Fit::Prefix, true),
            (Fit::Substring, false),
            (Fit::Substring, true),
            (fuzzy(1, Place::Whole), false),
            (fuzzy(1, Place::Whole), true),
            (fuzzy(1, Place::Beginning), false),
            (fuzzy(1, Place::LaterWord), false),
            (fuzzy(2, Place::Whole), false),
        ];
        let classes: Vec<Class> = order.iter().map(|&(fit, person)| class(fit, person)).collect();
        assert!(classes.windows(2).all(|pair| pair[0] < pair[1]), "{classes:?}");
        assert!(is_fuzzy(classes[7]) && !is_fuzzy(ALL_WORDS));
        let worst = class(fuzzy(2, Place::LaterWord), true);
        assert!(worst < of_other_year(EXACT_TITLE) && of_other_year(worst) < Class::MAX);
    }

    #[test]
    fn fuzzy_matches_and_other_years_are_shown_in_other_orders_only_without_better_ones() {
        let fuzzy = ALL_WORDS + 1;
        let (other_year, both) = (of_other_year(1), of_other_year(fuzzy));
        for (classes, worst) in [
            (vec![1, fuzzy, other_year, both], ALL_WORDS),
            (vec![fuzzy, other_year, both], of_other_year(ALL_WORDS)),
            (vec![both, Class::MAX], Class::MAX),
        ] {
            assert_eq!(worst_shown(&classes), worst, "{classes:?}");
        }
    }

    #[test]
    fn few_ratings_shrink_towards_the_mean_and_unrated_movies_are_last() {
        let key = |count, sum| average_key(count, sum, 7.0);
        assert!(key(300, 2_700) < key(3, 30));
        assert!(key(3, 30) < key(3, 21));
        assert!(key(100, 200) < key(0, 0));
    }
}
