//! The order of answers: classes of relevance, sorts, and the key by which a page goes on after the last one.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::matching::Fit;
use super::typo::Near;

/// How well a movie or person answers a query; the smaller, the better.
pub type Class = u8;

/// A whole title or a whole person's name.
const EXACT_TITLE: Class = 0;
const EXACT_PERSON: Class = 2;
/// Up to here nobody needs a guess at typing errors.
const STRONG: Class = 4;
/// Every word of the query is somewhere in the titles or among the people.
pub const ALL_WORDS: Class = 7;

/// The class of a name's fit. A title comes before a person who fits as well, except that a person's whole name comes
/// before titles that merely have a word of it.
pub fn class(fit: Fit, person: bool) -> Class {
    match (fit, person) {
        (Fit::Exact, false) => EXACT_TITLE,
        (Fit::Prefix, false) => 1,
        (Fit::Exact, true) => EXACT_PERSON,
        (Fit::WordPrefix, false) => 3,
        (Fit::Prefix | Fit::WordPrefix, true) => STRONG,
        (Fit::Substring, false) => 5,
        (Fit::Substring, true) => 6,
        (Fit::Near(Near { errors, place }), person) => {
            ALL_WORDS + 1 + 6 * errors.saturating_sub(1) + 2 * place as u8 + u8::from(person)
        }
    }
}

pub fn is_exact(class: Class) -> bool {
    class == EXACT_TITLE || class == EXACT_PERSON
}

pub fn is_strong(class: Class) -> bool {
    class <= STRONG
}

pub fn is_guess(class: Class) -> bool {
    class > ALL_WORDS
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

/// A movie's place in one order. Ascending; what should come first is stored negated. The id makes it total, so that a page
/// that goes on after a rank neither repeats nor skips what kept its place. Counts and averages are those of now: a movie
/// that is rated between two pages may come twice or not at all, and who shows pages one below another drops the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rank {
    pub class: Class,
    pub major: i64,
    pub minor: i64,
    pub id: Uuid,
}

/// What ranking knows of a movie.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub id: Uuid,
    pub year: i32,
    pub count: i64,
    pub sum: i64,
    /// Place in the title order of the language sorted by.
    pub title: i64,
}

impl Rank {
    /// `mean` is that of all ratings; only the sort by average uses it.
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

/// So many ratings of the overall mean are added to each movie's own: three fives do not beat three hundred 4.5s.
const PRIOR: f64 = 20.0;

/// The shrunk average, negated, in millionths. Unrated movies stand last: the formula alone would put them in the middle,
/// above those that people did rate and did not like.
fn average_key(count: i64, sum: i64, mean: f64) -> i64 {
    if count <= 0 {
        return i64::MAX;
    }
    let shrunk = (sum as f64 + PRIOR * mean) / (count as f64 + PRIOR);
    -((shrunk * 1e6) as i64)
}

#[cfg(test)]
mod tests {
    use super::super::typo::Place;
    use super::*;

    #[test]
    fn classes_stand_in_the_promised_order() {
        let near = |errors, place| Fit::Near(Near { errors, place });
        let order = [
            (Fit::Exact, false),
            (Fit::Prefix, false),
            (Fit::Exact, true),
            (Fit::WordPrefix, false),
            (Fit::Prefix, true),
            (Fit::Substring, false),
            (Fit::Substring, true),
            (near(1, Place::Whole), false),
            (near(1, Place::Whole), true),
            (near(1, Place::Beginning), false),
            (near(1, Place::LaterWord), false),
            (near(2, Place::Whole), false),
        ];
        let classes: Vec<Class> = order.iter().map(|&(fit, person)| class(fit, person)).collect();
        assert!(classes.windows(2).all(|pair| pair[0] < pair[1]), "{classes:?}");
        assert!(is_guess(classes[7]) && !is_guess(ALL_WORDS));
    }

    #[test]
    fn few_ratings_are_drawn_towards_the_mean_and_none_come_last() {
        let key = |count, sum| average_key(count, sum, 7.0);
        assert!(key(300, 2_700) < key(3, 30));
        assert!(key(3, 30) < key(3, 21));
        assert!(key(100, 200) < key(0, 0));
    }
}
