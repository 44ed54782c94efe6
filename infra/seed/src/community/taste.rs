//! The taste model: what a movie is like, how much a member likes it, and which movies a member watches.
//!
//! How well known a movie is and how it is liked on average are facts (`audience`). Who likes it is drawn: movies and
//! members have a vector each, and their scalar product says how much better or worse than its audience a member finds
//! a movie. Some axes of the vectors have a meaning (`AXES`), the others have none.

use std::collections::BTreeMap;

use matcha_protos::movie::v1::PutMovie;
use rand::{Rng as _, rngs::StdRng, seq::SliceRandom as _};

use super::normal;
use crate::audience::Audience;

/// An axis with a meaning.
struct Axis {
    /// How many half stars a member at one standard deviation of this axis adds to a movie at one standard deviation.
    strength: f64,
    /// Where a movie is on the axis. The values of the catalogue are brought to mean 0 and standard deviation 1.
    of: fn(&PutMovie, &Audience) -> f64,
}

const AXES: [Axis; 5] = [
    // Arthouse against mainstream: the strongest, so that there are cinephiles and fans of blockbusters.
    Axis {
        strength: 0.9,
        of: |_, audience| audience.arthouse,
    },
    // New against old.
    Axis {
        strength: 0.35,
        of: |movie, _| f64::from(movie.year),
    },
    // Tension against feeling.
    Axis {
        strength: 0.8,
        of: |movie, _| {
            genre_share(movie, &["thriller", "crime", "mystery", "horror"])
                - genre_share(movie, &["romance", "music", "comedy", "family"])
        },
    },
    // Imagined worlds, most of all animated ones, against ours.
    Axis {
        strength: 0.6,
        of: |movie, _| {
            let animated = movie.genres.iter().any(|genre| genre == "animation");
            f64::from(u8::from(animated)) + genre_share(movie, &["fantasy", "science_fiction", "family", "adventure"])
        },
    },
    // Korean against foreign.
    Axis {
        strength: 0.5,
        of: |movie, _| f64::from(u8::from(movie.countries[0] == "KR")),
    },
];
#[cfg(test)]
pub(super) const ARTHOUSE: usize = 0;
/// The axes without a meaning. Genres, countries and directors are random directions in them.
const RANDOM_AXES: usize = 3;
const TASTES: usize = AXES.len() + RANDOM_AXES;
/// How much more often a member watches a movie for each half star of affinity (the exponent of e).
const WATCHES_WHAT_FITS: f64 = 0.5;
/// The most famous movie is watched some sixty times as often as the least (the exponent of e for each point of fame).
const WATCHES_THE_FAMOUS: f64 = 0.045;

/// A taste vector of a movie or a member.
pub(super) type Tastes = [f64; TASTES];

/// What the taste model knows of a movie. Stars are half stars here, from 1 to 10.
pub(super) struct MovieTraits {
    /// The mean half stars of the movie's audience.
    pub(super) mean: f64,
    /// How often the movie is watched, relative to the others.
    reach: f64,
    tastes: Tastes,
}

impl MovieTraits {
    pub(super) fn draw_all(movies: &[PutMovie], audiences: &[Audience], rng: &mut StdRng) -> Vec<Self> {
        let pairs = || movies.iter().zip(audiences);
        let axes = AXES.map(|axis| standardised(pairs().map(|(movie, audience)| (axis.of)(movie, audience))));
        let mut directions = BTreeMap::<String, Tastes>::new();
        let mut direction = |name: String, rng: &mut StdRng| *directions.entry(name).or_insert_with(|| random(rng));
        let mut traits = Vec::with_capacity(movies.len());
        for (at, (movie, audience)) in movies.iter().zip(audiences).enumerate() {
            let mut parts: Vec<(f64, Tastes)> = Vec::new();
            let of_each = 0.45 / (movie.genres.len() as f64).sqrt();
            for genre in &movie.genres {
                parts.push((of_each, direction(format!("genre {genre}"), rng)));
            }
            parts.push((0.25, direction(format!("country {}", movie.countries[0]), rng)));
            parts.push((0.2, direction(format!("director {}", movie.directors[0].name_en), rng)));
            parts.push((0.15, random(rng)));
            let mut tastes: Tastes = std::array::from_fn(|k| parts.iter().map(|(weight, part)| weight * part[k]).sum());
            for (k, axis) in AXES.iter().enumerate() {
                tastes[k] = axis.strength * axes[k][at];
            }
            traits.push(Self {
                mean: 2.0 * audience.mean,
                reach: (WATCHES_THE_FAMOUS * audience.fame).exp(),
                tastes,
            });
        }
        traits
    }

    /// How many half stars better or worse a member with these tastes finds this movie than others do.
    pub(super) fn affinity(&self, member: &Tastes) -> f64 {
        self.tastes.iter().zip(member).map(|(a, b)| a * b).sum()
    }
}

pub(super) fn draw_member(rng: &mut StdRng) -> Tastes {
    std::array::from_fn(|_| normal(rng))
}

/// A weighted sample of movies without replacement: famous and matching movies are more likely.
pub(super) fn watched(traits: &[MovieTraits], member: &Tastes, count: usize, rng: &mut StdRng) -> Vec<usize> {
    // The items with the largest u^(1/w) are a weighted sample (Efraimidis and Spirakis, 2006).
    let mut keyed: Vec<(f64, usize)> = traits
        .iter()
        .enumerate()
        .map(|(index, movie)| {
            let weight = movie.reach * (WATCHES_WHAT_FITS * movie.affinity(member)).exp();
            (rng.random::<f64>().ln() / weight, index)
        })
        .collect();
    keyed.sort_by(|a, b| b.0.total_cmp(&a.0));
    keyed.truncate(count);
    keyed.shuffle(rng);
    keyed.into_iter().map(|(_, index)| index).collect()
}

/// For each movie, the mean affinity of the members who watched it, shrunk towards 0 where they are few. Members watch
/// what they like, so that without this correction every movie would be liked more than its audience says.
pub(super) fn self_selection(traits: &[MovieTraits], watches: &[(Tastes, Vec<usize>)]) -> Vec<f64> {
    let mut sums = vec![(0.0, 3.0); traits.len()];
    for (member, watched) in watches {
        for index in watched {
            let (sum, count) = &mut sums[*index];
            *sum += traits[*index].affinity(member);
            *count += 1.0;
        }
    }
    sums.into_iter().map(|(sum, count)| sum / count).collect()
}

/// The share of these genres among those of the movie.
fn genre_share(movie: &PutMovie, genres: &[&str]) -> f64 {
    let of_these = movie.genres.iter().filter(|genre| genres.contains(&genre.as_str()));
    of_these.count() as f64 / movie.genres.len().max(1) as f64
}

/// A direction in the axes without a meaning.
fn random(rng: &mut StdRng) -> Tastes {
    std::array::from_fn(|k| if k < AXES.len() { 0.0 } else { normal(rng) })
}

/// The values with mean 0 and standard deviation 1.
fn standardised(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt().max(1e-9);
    values.into_iter().map(|value| (value - mean) / deviation).collect()
}
