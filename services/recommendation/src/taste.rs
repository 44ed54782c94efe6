//! What a member likes: the figures of the taste page, from the member's ratings and the movies' facts, both copies that are
//! here anyway.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    catalogue::{Movie, View},
    profile::{Profile, Rated},
};

/// A mean is drawn towards the member's own by as much as this many ratings; rating does the same with tags.
const SHRINKAGE: f64 = 3.0;
/// Below this a mean says nothing about a person.
const ENOUGH_FOR_PERSONA: usize = 10;
/// Where the bands of the mean end; whoever is above the last is in the tenth.
const BANDS: [f64; 9] = [1.9, 2.4, 2.75, 3.0, 3.25, 3.5, 3.75, 4.05, 4.4];
const MOST: usize = 20;
const MOST_BEHIND: usize = 12;
/// Actors beyond these are extras.
const MAIN_CAST: usize = 4;

/// Stars are 0.5 to 5 here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Taste {
    pub count: usize,
    pub mean: f64,
    /// The runtimes of the rated movies, as far as they are known.
    pub minutes: u64,
    pub distribution: [usize; 10],
    /// 1 to 10, by how generous the member is.
    pub band: Option<usize>,
    pub genres: Vec<Preference>,
    pub countries: Vec<Preference>,
    pub decades: Vec<Preference>,
    pub directors: Vec<Preference>,
    pub actors: Vec<Preference>,
}

/// How much a member likes what a group of movies has in common.
#[derive(Debug, Clone, PartialEq)]
pub struct Preference {
    pub key: String,
    /// 0 to 100.
    pub score: u8,
    pub count: usize,
    /// The best rated first.
    pub movies: Vec<Uuid>,
}

/// What movies can have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Genre,
    Country,
    Decade,
    Director,
    Actor,
}

impl Kind {
    /// The groups of this kind that a movie belongs to.
    fn keys(self, movie: &Movie) -> Vec<String> {
        let facts = &movie.facts;
        let ids = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect();
        match self {
            Self::Genre => facts.genres.clone(),
            Self::Country => facts.countries.clone(),
            Self::Decade if facts.year == 0 => Vec::new(),
            Self::Decade => vec![(facts.year.div_euclid(10) * 10).to_string()],
            Self::Director => ids(&facts.directors),
            Self::Actor => ids(&facts.cast[..facts.cast.len().min(MAIN_CAST)]),
        }
    }

    /// Ratings a group needs to be shown.
    fn least(self) -> usize {
        match self {
            // Everybody has seen one movie of somebody.
            Self::Director | Self::Actor => 2,
            Self::Genre | Self::Country | Self::Decade => 1,
        }
    }
}

/// One number of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Figure {
    /// How many movies were rated, or for how many hours.
    All,
    /// How often these stars (1-10) were given.
    Stars(u8),
    Group(Kind, String),
}

/// Where a page of the films behind a figure ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    stars: u8,
    movie: Uuid,
}

impl From<Rated> for Place {
    fn from(rated: Rated) -> Self {
        Self {
            stars: rated.stars,
            movie: rated.movie,
        }
    }
}

/// The films behind a figure, best rated first: those after `place`, and how many there are in all.
pub fn behind(view: &View, profile: &Profile, figure: &Figure, place: Option<Place>) -> (Vec<Rated>, usize) {
    let counts = |rated: &&Rated| match figure {
        Figure::All => true,
        Figure::Stars(stars) => rated.stars == *stars,
        Figure::Group(kind, key) => view
            .position(rated.movie)
            .is_some_and(|at| kind.keys(&view.movies[at]).contains(key)),
    };
    let mut rated: Vec<Rated> = profile.ratings.iter().filter(counts).copied().collect();
    let total = rated.len();
    rated.sort_unstable_by_key(|rated| order(rated.stars, rated.movie));
    if let Some(last) = place {
        rated.retain(|rated| order(rated.stars, rated.movie) > order(last.stars, last.movie));
    }
    (rated, total)
}

fn order(stars: u8, movie: Uuid) -> (std::cmp::Reverse<u8>, Uuid) {
    (std::cmp::Reverse(stars), movie)
}

/// A rated movie whose facts are known.
type Known<'a> = (&'a Movie, f64);

impl Taste {
    pub fn of(view: &View, profile: &Profile) -> Self {
        let mut taste = Self {
            count: profile.ratings.len(),
            ..Self::default()
        };
        if taste.count == 0 {
            return taste;
        }
        let mut sum = 0f64;
        for rated in &profile.ratings {
            sum += f64::from(rated.stars) / 2.0;
            taste.distribution[usize::from(rated.stars.clamp(1, 10)) - 1] += 1;
        }
        taste.mean = sum / taste.count as f64;
        taste.band = (taste.count >= ENOUGH_FOR_PERSONA).then(|| 1 + BANDS.partition_point(|end| *end <= taste.mean));

        let known = profile.ratings.iter();
        let known: Vec<Known<'_>> = known
            .filter_map(|rated| Some((&view.movies[view.position(rated.movie)?], f64::from(rated.stars) / 2.0)))
            .collect();
        taste.minutes = known.iter().map(|(movie, _)| u64::from(movie.runtime)).sum();
        let by = |kind: Kind| preferences(&known, taste.mean, kind);
        taste.genres = by(Kind::Genre);
        taste.countries = by(Kind::Country);
        taste.decades = by(Kind::Decade);
        taste.directors = by(Kind::Director);
        taste.actors = by(Kind::Actor);
        taste
    }
}

/// Groups the rated movies by what they have in common; the highest score first, of equal ones the more often rated.
fn preferences(rated: &[Known<'_>], mean: f64, kind: Kind) -> Vec<Preference> {
    let mut groups: HashMap<String, Vec<(f64, Uuid)>> = HashMap::new();
    for (movie, stars) in rated {
        for key in kind.keys(movie) {
            groups.entry(key).or_default().push((*stars, movie.id));
        }
    }
    let mut all: Vec<(f64, Preference)> = groups
        .into_iter()
        .filter(|(_, movies)| movies.len() >= kind.least())
        .map(|(key, mut movies)| {
            let sum: f64 = movies.iter().map(|(stars, _)| stars).sum();
            let shrunk = (sum + SHRINKAGE * mean) / (movies.len() as f64 + SHRINKAGE);
            movies.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let preference = Preference {
                key,
                score: ((shrunk - 0.5) / 4.5 * 100.0).round().clamp(0.0, 100.0) as u8,
                count: movies.len(),
                movies: movies.into_iter().take(MOST_BEHIND).map(|(_, id)| id).collect(),
            };
            (shrunk, preference)
        })
        .collect();
    all.sort_by(|a, b| {
        let by_count = b.1.count.cmp(&a.1.count);
        b.0.total_cmp(&a.0).then(by_count).then(a.1.key.cmp(&b.1.key))
    });
    all.into_iter().take(MOST).map(|(_, preference)| preference).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{model::features::Facts, store::Standing};

    fn view(movies: Vec<(u128, &str, i32)>) -> View {
        let movies = movies.into_iter().map(|(id, genre, year)| Movie {
            id: Uuid::from_u128(id),
            facts: Facts {
                year,
                genres: vec![genre.to_owned()],
                directors: vec![Uuid::from_u128(900)],
                ..Facts::default()
            },
            runtime: 100,
        });
        View::new(Arc::new(movies.collect()), &[], None, Standing::default())
    }

    fn profile(ratings: &[(u128, u8)]) -> Profile {
        let rated = |(movie, stars): &(u128, u8)| Rated {
            movie: Uuid::from_u128(*movie),
            stars: *stars,
            rated_at: 0,
        };
        Profile {
            ratings: ratings.iter().map(rated).collect(),
            shelf: Vec::new(),
        }
    }

    #[test]
    fn one_film_does_not_beat_ten() {
        let mut movies: Vec<(u128, &str, i32)> = (1..=10).map(|id| (id, "drama", 1994)).collect();
        movies.push((11, "western", 1968));
        movies.extend((12..=20).map(|id| (id, "horror", 2010)));
        let mut ratings: Vec<(u128, u8)> = (1..=10).map(|id| (id, 9)).collect();
        ratings.push((11, 10));
        ratings.extend((12..=20).map(|id| (id, 4)));
        let taste = Taste::of(&view(movies), &profile(&ratings));
        let genres: Vec<(&str, usize)> = taste.genres.iter().map(|one| (one.key.as_str(), one.count)).collect();
        assert_eq!(genres, [("drama", 10), ("western", 1), ("horror", 9)]);
        assert!(taste.genres[0].score > taste.genres[1].score);
        assert_eq!(
            taste.decades.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(),
            ["1990", "1960", "2010"]
        );
        assert_eq!(taste.directors[0].count, 20);
        assert_eq!(
            taste.directors[0].movies[0],
            Uuid::from_u128(11),
            "the best rated first"
        );
    }

    #[test]
    fn the_distribution_counts_every_rating_also_of_movies_without_facts() {
        let taste = Taste::of(&view(vec![(1, "drama", 2000)]), &profile(&[(1, 1), (77, 10), (78, 10)]));
        assert_eq!((taste.count, taste.distribution), (3, [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]));
        assert_eq!(taste.genres[0].count, 1);
        assert_eq!(taste.band, None, "three ratings are no person");
        assert_eq!(Taste::of(&view(Vec::new()), &profile(&[])), Taste::default());
    }

    #[test]
    fn each_figure_leads_to_as_many_films_as_it_counts() {
        let movies: Vec<(u128, &str, i32)> = (1..=9)
            .map(|id| (id, if id % 3 == 0 { "western" } else { "drama" }, 1985 + id as i32))
            .collect();
        let ratings: Vec<(u128, u8)> = (1..=9).map(|id| (id, 4 + (id % 4) as u8)).chain([(77, 5)]).collect();
        let (view, profile) = (view(movies), profile(&ratings));
        let taste = Taste::of(&view, &profile);
        assert_eq!(taste.minutes, 900, "nothing is known of the tenth");
        for (kind, preferences) in [
            (Kind::Genre, &taste.genres),
            (Kind::Decade, &taste.decades),
            (Kind::Director, &taste.directors),
        ] {
            assert!(!preferences.is_empty());
            for one in preferences {
                let (films, total) = behind(&view, &profile, &Figure::Group(kind, one.key.clone()), None);
                assert_eq!((films.len(), total), (one.count, one.count), "{one:?}");
                assert!(films.windows(2).all(|pair| pair[0].stars >= pair[1].stars));
                assert!(
                    films
                        .iter()
                        .map(|film| film.movie)
                        .take(MOST_BEHIND)
                        .eq(one.movies.iter().copied())
                );
            }
        }
        for (stars, count) in (1..).zip(taste.distribution) {
            assert_eq!(behind(&view, &profile, &Figure::Stars(stars), None).1, count);
        }
        assert_eq!(behind(&view, &profile, &Figure::All, None).1, taste.count);
    }

    #[test]
    fn films_behind_a_figure_go_on_after_any_of_them() {
        let movies = (1..=9).map(|id| (id, "drama", 1990)).collect();
        let ratings: Vec<(u128, u8)> = (1..=9).map(|id| (id, 4 + (id % 3) as u8)).collect();
        let (view, profile) = (view(movies), profile(&ratings));
        let drama = Figure::Group(Kind::Genre, "drama".to_owned());
        let (all, _) = behind(&view, &profile, &drama, None);
        for at in 0..all.len() {
            let (rest, total) = behind(&view, &profile, &drama, Some(all[at].into()));
            assert_eq!((&rest[..], total), (&all[at + 1..], 9));
        }
        let nothing = Figure::Group(Kind::Genre, "opera".to_owned());
        assert_eq!(behind(&view, &profile, &nothing, None), (Vec::new(), 0));
    }

    #[test]
    fn bands_go_from_strict_to_generous() {
        let band = |stars: u8| {
            let ratings: Vec<(u128, u8)> = (0..10).map(|id| (id, stars)).collect();
            Taste::of(&view(Vec::new()), &profile(&ratings)).band
        };
        let bands: Vec<usize> = (1..=10).filter_map(band).collect();
        assert_eq!((bands.first(), bands.last()), (Some(&1), Some(&10)));
        assert!(bands.windows(2).all(|pair| pair[0] <= pair[1]));
    }
}
