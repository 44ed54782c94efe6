//! How alike two members' tastes are, in percent: from the stars that both gave to the same movies.
//!
//! Of each movie that both rated, how far apart their stars are, squared, once each member's own level is taken away:
//!
//!   d = (a - level of A) - (b - level of B)
//!
//! where a level is by how much a member's stars lie above the movies' averages. Two strangers are 2v apart in the mean, v being
//! the variance of that movie's stars; so the share that is left of it says how much closer they are than strangers:
//!
//!   likeness = 1 - sum(d^2) / sum(2v), from -1 to 1
//!
//! This is the correlation of their stars around the baseline of movie and member, which item-item models go by (Koren,
//! "Factorization meets the neighborhood", KDD 2008, section 2.1 for the baseline and 2.2 for the measure): for deviations x and y
//! of variance v, E(x - y)^2 = 2v(1 - correlation). Written this way it also knows what to say of a member whose stars are
//! all the same, who has no correlation with anybody. As there, few movies in common say little, and it is shrunk by
//! n / (n + 5). A likeness of 1 is 100 percent, strangers have 50.

use crate::{
    catalogue::View,
    profile::{Profile, Rated},
};

/// Movies in common below which nothing is said: chance would do the talking.
pub const NEEDED: usize = 5;
/// A likeness is drawn towards that of strangers by as much as this many movies.
const SHRINKAGE: f64 = 5.0;
/// A level is drawn towards none by as much as this many ratings, and a variance towards the usual one.
const PRIOR: f64 = 5.0;
/// Stars (1-10) usually vary by one whole star, which is two of these.
const USUAL_VARIANCE: f64 = 4.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// 0 to 100; none: too few movies in common.
    pub percent: Option<u8>,
    /// Movies that both rated.
    pub common: usize,
}

impl Match {
    pub fn of(view: &View, one: &Profile, other: &Profile) -> Self {
        let apart = level(view, one) - level(view, other);
        let (mut common, mut differ, mut strangers) = (0, 0.0, 0.0);
        for rated in &one.ratings {
            let Some(theirs) = stars(other, rated) else {
                continue;
            };
            common += 1;
            differ += (f64::from(rated.stars) - theirs - apart).powi(2);
            strangers += 2.0 * variance(view, rated);
        }
        let percent = (common >= NEEDED).then(|| {
            let likeness = (1.0 - differ / strangers).clamp(-1.0, 1.0);
            let n = common as f64;
            (50.0 + 50.0 * likeness * n / (n + SHRINKAGE)).round() as u8
        });
        Self { percent, common }
    }
}

fn stars(profile: &Profile, of: &Rated) -> Option<f64> {
    let place = profile.ratings.binary_search_by_key(&of.movie, |rated| rated.movie);
    Some(f64::from(profile.ratings[place.ok()?].stars))
}

/// By how much this member's stars lie above the averages.
fn level(view: &View, profile: &Profile) -> f64 {
    let above = profile.ratings.iter().map(|rated| {
        let average = view.position(rated.movie).map_or(view.mean, |at| view.average(at));
        f64::from(rated.stars) - average
    });
    above.sum::<f64>() / (profile.ratings.len() as f64 + PRIOR)
}

/// How much the stars of a movie vary; never nothing.
fn variance(view: &View, rated: &Rated) -> f64 {
    let Some(at) = view.position(rated.movie) else {
        return USUAL_VARIANCE;
    };
    let of = view.statistics[at];
    let (count, sum, squares) = (f64::from(of.count), f64::from(of.sum), f64::from(of.squares));
    let around_mean = if count > 0.0 {
        (squares - sum * sum / count).max(0.0)
    } else {
        0.0
    };
    (around_mean + PRIOR * USUAL_VARIANCE) / (count + PRIOR)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn profile(ratings: impl IntoIterator<Item = (u128, u8)>) -> Profile {
        let rated = |(movie, stars)| Rated {
            movie: Uuid::from_u128(movie),
            stars,
            rated_at: 0,
        };
        let mut ratings: Vec<Rated> = ratings.into_iter().map(rated).collect();
        ratings.sort_unstable_by_key(|rated| rated.movie);
        Profile {
            ratings,
            shelf: Vec::new(),
        }
    }

    /// A small generator: the same members each time.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }

        /// Somebody who rated about half of this many movies.
        fn somebody(&mut self, movies: u128) -> Profile {
            let mut ratings = Vec::new();
            for movie in 0..movies {
                if self.below(2) == 0 {
                    ratings.push((movie, 1 + self.below(10) as u8));
                }
            }
            profile(ratings)
        }
    }

    fn percent(one: &Profile, other: &Profile) -> u8 {
        Match::of(&View::empty(), one, other).percent.expect("enough in common")
    }

    /// Movies 0 to `count`, alternately loved and hated.
    fn decided(count: u128, even: u8, odd: u8) -> Profile {
        profile((0..count).map(|movie| (movie, if movie % 2 == 0 { even } else { odd })))
    }

    #[test]
    fn a_match_is_the_same_from_both_sides_and_between_0_and_100() {
        let mut dice = Dice(7);
        for movies in [12, 40, 200] {
            for _ in 0..300 {
                let (one, other) = (dice.somebody(movies), dice.somebody(movies));
                let found = Match::of(&View::empty(), &one, &other);
                assert_eq!(found, Match::of(&View::empty(), &other, &one));
                assert!(found.percent.is_none_or(|percent| percent <= 100));
                assert_eq!(found.percent.is_some(), found.common >= NEEDED);
            }
        }
    }

    #[test]
    fn the_same_stars_match_the_more_the_more_of_them_there_are() {
        let mut dice = Dice(11);
        for _ in 0..100 {
            let somebody = dice.somebody(200);
            assert!(percent(&somebody, &somebody) >= 95);
        }
        let same = [5, 10, 20, 100].map(|count| percent(&decided(count, 9, 3), &decided(count, 9, 3)));
        assert_eq!(same, [75, 83, 90, 98]);
        let all_fives = profile((0..30).map(|movie| (movie, 10)));
        assert!(percent(&all_fives, &all_fives) > 90, "also where nothing varies");
    }

    #[test]
    fn opposite_stars_do_not_match() {
        assert_eq!(percent(&decided(100, 10, 1), &decided(100, 1, 10)), 2);
        assert!(
            percent(&decided(5, 10, 1), &decided(5, 1, 10)) >= 25,
            "few movies are not sure of it"
        );
    }

    #[test]
    fn who_gives_less_stars_to_everything_has_the_same_taste() {
        let (generous, strict) = (decided(60, 10, 6), decided(60, 7, 3));
        assert!(percent(&generous, &strict) >= 90);
        let other = decided(60, 3, 7);
        assert!(percent(&strict, &other) < percent(&generous, &strict));
    }

    #[test]
    fn too_few_movies_in_common_say_nothing() {
        for count in 0..NEEDED as u128 {
            let found = Match::of(&View::empty(), &decided(count, 9, 3), &decided(100, 9, 3));
            assert_eq!((found.percent, found.common), (None, count as usize));
        }
    }
}
