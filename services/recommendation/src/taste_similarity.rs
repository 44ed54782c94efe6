//! How similar the tastes of two members are, in percent, from the stars that both gave to the same movies (GetMatch).
//!
//! For each movie that both rated, the difference of their stars, after subtracting each member's own level:
//!
//!   d = (a - level of A) - (b - level of B)
//!
//! A member's level is how far their stars lie above the movies' averages. For two unrelated members E(d^2) = 2v, where
//! v is the variance of the movie's stars. Therefore
//!
//!   similarity = 1 - sum(d^2) / sum(2v), from -1 to 1
//!
//! This is the correlation of their deviations from a baseline of movie and member, the measure of item-item models
//! (Koren, "Factorization meets the neighborhood", KDD 2008, section 2.1 for the baseline and 2.2 for the measure): for
//! deviations x and y of variance v, E(x - y)^2 = 2v(1 - correlation). Unlike a correlation, this form is also defined
//! for a member whose stars are all equal. Few common movies are weak evidence, so the similarity is shrunk by n / (n +
//! 5), as in that paper. A similarity of 1 is 100 percent, 0 is 50 percent.

use matcha_protos::recommendation::v1::{GetMatchRequest, GetMatchResponse};
use uuid::Uuid;

use crate::{
    Service,
    catalogue::View,
    error::Error,
    parse,
    profile::{Profile, Rated},
};

/// Common movies below which there is no percentage: it would be mostly chance.
const MIN_COMMON_MOVIES: usize = 5;
/// The similarity is shrunk towards 0 by this many common movies.
const SHRINKAGE: f64 = 5.0;
/// A level is shrunk towards 0 by this many ratings, and a variance towards the usual one.
const PRIOR: f64 = 5.0;
/// The usual variance of a movie's stars on the 1-10 scale: a standard deviation of one whole star.
const USUAL_VARIANCE: f64 = 4.0;

/// The RPC GetMatch. The caller chooses which movies both have rated, and with which stars: the count of common movies
/// says whether the other member rated a movie, and the percentage says with how many stars. The other member must
/// therefore show their ratings to the caller, beside their taste.
pub(crate) async fn get_match(
    service: &Service,
    member: Uuid,
    request: GetMatchRequest,
) -> Result<GetMatchResponse, Error> {
    let other = parse::id(&request.member_id)?;
    if other == member {
        return Err(Error::invalid("member_id", "nobody is compared with themself"));
    }
    service.access.require_taste(Some(member), other).await?;
    let view = service.catalogue.view();
    view.require_complete()?;
    let (own, others) = tokio::try_join!(service.store.profile(member), service.store.profile(other))?;
    let similarity = TasteSimilarity::of(&view, &own, &others);
    Ok(GetMatchResponse {
        percent: similarity.percent.map(Into::into),
        common_count: similarity.common as i64,
        needed: MIN_COMMON_MOVIES as i64,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct TasteSimilarity {
    /// 0 to 100; `None` with too few common movies.
    percent: Option<u8>,
    /// Movies that both rated.
    common: usize,
}

impl TasteSimilarity {
    fn of(view: &View, one: &Profile, other: &Profile) -> Self {
        let level_gap = level(view, one) - level(view, other);
        let (mut common, mut squares, mut expected_squares) = (0, 0.0, 0.0);
        for rated in &one.ratings {
            let Some(others) = stars(other, rated) else {
                continue;
            };
            common += 1;
            squares += (f64::from(rated.stars) - others - level_gap).powi(2);
            expected_squares += 2.0 * variance(view, rated);
        }
        let percent = (common >= MIN_COMMON_MOVIES).then(|| {
            let similarity = (1.0 - squares / expected_squares).clamp(-1.0, 1.0);
            let n = common as f64;
            (50.0 + 50.0 * similarity * n / (n + SHRINKAGE)).round() as u8
        });
        Self { percent, common }
    }
}

fn stars(profile: &Profile, of: &Rated) -> Option<f64> {
    let place = profile.ratings.binary_search_by_key(&of.movie, |rated| rated.movie);
    Some(f64::from(profile.ratings[place.ok()?].stars))
}

/// How far this member's stars lie above the movies' averages.
fn level(view: &View, profile: &Profile) -> f64 {
    let above = profile.ratings.iter().map(|rated| {
        let average = view.position(rated.movie).map_or(view.mean, |at| view.average(at));
        f64::from(rated.stars) - average
    });
    above.sum::<f64>() / (profile.ratings.len() as f64 + PRIOR)
}

/// The variance of a movie's stars, shrunk towards the usual one, so it is never 0.
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

    /// A small generator with a fixed seed, so that each run draws the same members.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }

        /// A member who rated about half of this many movies.
        fn member(&mut self, movies: u128) -> Profile {
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
        TasteSimilarity::of(&View::empty(), one, other)
            .percent
            .expect("enough common movies")
    }

    /// Ratings of `count` movies, with alternating stars.
    fn alternating(count: u128, even: u8, odd: u8) -> Profile {
        profile((0..count).map(|movie| (movie, if movie % 2 == 0 { even } else { odd })))
    }

    #[test]
    fn similarity_is_symmetric_and_between_0_and_100() {
        let mut dice = Dice(7);
        for movies in [12, 40, 200] {
            for _ in 0..300 {
                let (one, other) = (dice.member(movies), dice.member(movies));
                let found = TasteSimilarity::of(&View::empty(), &one, &other);
                assert_eq!(found, TasteSimilarity::of(&View::empty(), &other, &one));
                assert!(found.percent.is_none_or(|percent| percent <= 100));
                assert_eq!(found.percent.is_some(), found.common >= MIN_COMMON_MOVIES);
            }
        }
    }

    #[test]
    fn equal_stars_give_a_higher_percentage_with_more_common_movies() {
        let mut dice = Dice(11);
        for _ in 0..100 {
            let member = dice.member(200);
            assert!(percent(&member, &member) >= 95);
        }
        let same = [5, 10, 20, 100].map(|count| percent(&alternating(count, 9, 3), &alternating(count, 9, 3)));
        assert_eq!(same, [75, 83, 90, 98]);
        let all_fives = profile((0..30).map(|movie| (movie, 10)));
        assert!(percent(&all_fives, &all_fives) > 90, "also if all stars are equal");
    }

    #[test]
    fn opposite_stars_give_a_low_percentage() {
        assert_eq!(percent(&alternating(100, 10, 1), &alternating(100, 1, 10)), 2);
        assert!(
            percent(&alternating(5, 10, 1), &alternating(5, 1, 10)) >= 25,
            "few movies are weak evidence"
        );
    }

    #[test]
    fn a_stricter_member_can_have_the_same_taste() {
        let (generous, strict) = (alternating(60, 10, 6), alternating(60, 7, 3));
        assert!(percent(&generous, &strict) >= 90);
        let other = alternating(60, 3, 7);
        assert!(percent(&strict, &other) < percent(&generous, &strict));
    }

    #[test]
    fn too_few_common_movies_give_no_percentage() {
        for count in 0..MIN_COMMON_MOVIES as u128 {
            let found = TasteSimilarity::of(&View::empty(), &alternating(count, 9, 3), &alternating(100, 9, 3));
            assert_eq!((found.percent, found.common), (None, count as usize));
        }
    }
}
