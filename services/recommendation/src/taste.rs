//! The taste page of a member: figures from the member's ratings and the movies' facts (GetTaste), and the movies that
//! one figure counts (ListTasteMovies).

use std::{cmp::Reverse, collections::HashMap};

use chassis::cursor;
use matcha_protos::recommendation::v1::{
    self as api, GetTasteResponse, ListTasteMoviesRequest, ListTasteMoviesResponse, TasteGroup, TasteMovie,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

mod persona;

use self::persona::Persona;
use crate::{
    Service,
    catalogue::{Movie, View},
    error::Error,
    parse,
    profile::{Profile, Rated},
};

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: i32 = 50;
/// Bytes of a key; the longest keys are ids.
const MAX_KEY_LENGTH: usize = 64;
/// The distance of a group's mean from the member's own is shrunk as if by this many more ratings with the member's own mean; the
/// rating service does the same with tags. With fewer ratings than that a group stays near the mean: one movie seldom outranks ten.
const SHRINKAGE: f64 = 15.0;
/// The shrunk distance, in stars, at which the score is 0 or 100.
const FULL_SCALE: f64 = 0.5;
/// Groups of one kind on the page.
const MAX_GROUPS: usize = 20;
/// Movies of one group on the page.
const MAX_MOVIES_OF_GROUP: usize = 12;
/// Actors further down in the cast are ignored.
const MAIN_CAST: usize = 4;

/// The figures of the member's taste page.
pub(crate) async fn get_taste(service: &Service, member: Uuid) -> Result<GetTasteResponse, Error> {
    let view = service.catalogue.view();
    view.require_complete()?;
    let taste = Taste::of(&view, &service.store.profile(member).await?);
    Ok(GetTasteResponse {
        rated_count: taste.count as i64,
        minutes_watched: taste.minutes as i64,
        mean: taste.mean,
        distribution: taste.distribution.iter().map(|count| *count as i64).collect(),
        persona: taste.persona.map(Persona::key).unwrap_or_default(),
        genres: to_proto(taste.genres),
        countries: to_proto(taste.countries),
        decades: to_proto(taste.decades),
        directors: to_proto(taste.directors),
        actors: to_proto(taste.actors),
    })
}

fn to_proto(preferences: Vec<Preference>) -> Vec<api::Preference> {
    let preference = |one: Preference| api::Preference {
        key: one.key,
        score: one.score.into(),
        certainty: certainty(one.count),
        count: one.count as i64,
        movie_ids: one.movies.iter().map(Uuid::to_string).collect(),
    };
    preferences.into_iter().map(preference).collect()
}

/// One page of the movies that a figure counts, by the member's stars in descending order.
pub(crate) async fn list_taste_movies(
    service: &Service,
    member: Uuid,
    request: ListTasteMoviesRequest,
) -> Result<ListTasteMoviesResponse, Error> {
    let limit = parse::limit(request.limit, DEFAULT_LIMIT, MAX_LIMIT)?;
    let list = TasteList {
        member,
        group: request.group,
        key: request.key,
    };
    let figure = list.figure()?;
    let after = match request.cursor.as_str() {
        "" => None,
        text => Some(cursor::decode_for::<Position>(&list, text)?),
    };
    let view = service.catalogue.view();
    view.require_complete()?;
    let profile = service.store.profile(member).await?;
    let (mut movies, total) = movies_of(&view, &profile, &figure, after);
    let has_more = movies.len() > limit;
    movies.truncate(limit);
    let last = movies.last().copied().filter(|_| has_more).map(Position::from);
    let movies = movies.iter().map(|rated| TasteMovie {
        movie_id: rated.movie.to_string(),
        stars: rated.stars.into(),
    });
    Ok(ListTasteMoviesResponse {
        movies: movies.collect(),
        next_cursor: last
            .map(|position| cursor::encode_for(&list, &position))
            .unwrap_or_default(),
        total: total as i64,
    })
}

/// The list that a cursor is bound to: the member, and the figure as the request names it.
#[derive(Serialize)]
struct TasteList {
    member: Uuid,
    /// A number of `TasteGroup`.
    group: i32,
    key: String,
}

impl TasteList {
    fn figure(&self) -> Result<Figure, Error> {
        let wrong_key = || Error::invalid("key", "the key does not belong to this group");
        let group = TasteGroup::try_from(self.group);
        if self.key.is_empty() != (group == Ok(TasteGroup::All)) || self.key.len() > MAX_KEY_LENGTH {
            return Err(wrong_key());
        }
        let kind = match group {
            Ok(TasteGroup::All) => return Ok(Figure::All),
            Ok(TasteGroup::Stars) => {
                let stars = self.key.parse().ok().filter(|stars| (1..=10).contains(stars));
                return Ok(Figure::Stars(stars.ok_or_else(wrong_key)?));
            }
            Ok(TasteGroup::Genre) => GroupKind::Genre,
            Ok(TasteGroup::Country) => GroupKind::Country,
            Ok(TasteGroup::Decade) => GroupKind::Decade,
            Ok(TasteGroup::Director) => GroupKind::Director,
            Ok(TasteGroup::Actor) => GroupKind::Actor,
            Ok(TasteGroup::Unspecified) | Err(_) => return Err(Error::invalid("group", "there is no such group")),
        };
        Ok(Figure::Group(kind, self.key.clone()))
    }
}

/// The figures of one member. Stars are 0.5 to 5 here.
#[derive(Debug, Clone, Default, PartialEq)]
struct Taste {
    count: usize,
    mean: f64,
    /// The sum of the runtimes of the rated movies; a movie without a known runtime counts 0.
    minutes: u64,
    distribution: [usize; 10],
    persona: Option<Persona>,
    genres: Vec<Preference>,
    countries: Vec<Preference>,
    decades: Vec<Preference>,
    directors: Vec<Preference>,
    actors: Vec<Preference>,
}

/// How sure a score is: the share of the group's own ratings beside those of the shrinkage, 0 to 1.
fn certainty(count: usize) -> f64 {
    count as f64 / (count as f64 + SHRINKAGE)
}

/// How much a member likes one group of movies.
#[derive(Debug, Clone, PartialEq)]
struct Preference {
    key: String,
    /// 0 to 100; 50 is the member's own mean.
    score: u8,
    count: usize,
    /// By stars in descending order.
    movies: Vec<Uuid>,
}

/// What the movies of a group have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GroupKind {
    Genre,
    Country,
    Decade,
    Director,
    Actor,
}

impl GroupKind {
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

    /// Ratings below which a group is not shown.
    fn min_count(self) -> usize {
        match self {
            // One movie by a person is no evidence of a preference for that person.
            Self::Director | Self::Actor => 2,
            Self::Genre | Self::Country | Self::Decade => 1,
        }
    }
}

/// One number of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Figure {
    /// The number of rated movies, or the minutes watched.
    All,
    /// How often these stars (1-10) were given.
    Stars(u8),
    Group(GroupKind, String),
}

/// A cursor position in the movies of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Position {
    stars: u8,
    movie: Uuid,
}

impl From<Rated> for Position {
    fn from(rated: Rated) -> Self {
        Self {
            stars: rated.stars,
            movie: rated.movie,
        }
    }
}

impl Position {
    fn order(self) -> (Reverse<u8>, Uuid) {
        (Reverse(self.stars), self.movie)
    }
}

/// The movies of a figure after this position, by stars in descending order, and their total number.
fn movies_of(view: &View, profile: &Profile, figure: &Figure, after: Option<Position>) -> (Vec<Rated>, usize) {
    let is_counted = |rated: &&Rated| match figure {
        Figure::All => true,
        Figure::Stars(stars) => rated.stars == *stars,
        Figure::Group(kind, key) => view
            .position(rated.movie)
            .is_some_and(|at| kind.keys(&view.movies[at]).contains(key)),
    };
    let mut rated: Vec<Rated> = profile.ratings.iter().filter(is_counted).copied().collect();
    let total = rated.len();
    rated.sort_unstable_by_key(|rated| Position::from(*rated).order());
    if let Some(after) = after {
        rated.retain(|rated| Position::from(*rated).order() > after.order());
    }
    (rated, total)
}

/// A rated movie whose facts are known, with its stars.
type Known<'a> = (&'a Movie, f64);

impl Taste {
    fn of(view: &View, profile: &Profile) -> Self {
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
        taste.persona = Persona::of(&taste.distribution);

        let known = profile.ratings.iter();
        let known: Vec<Known<'_>> = known
            .filter_map(|rated| Some((&view.movies[view.position(rated.movie)?], f64::from(rated.stars) / 2.0)))
            .collect();
        taste.minutes = known.iter().map(|(movie, _)| u64::from(movie.runtime)).sum();
        let by = |kind: GroupKind| preferences(&known, taste.mean, kind);
        taste.genres = by(GroupKind::Genre);
        taste.countries = by(GroupKind::Country);
        taste.decades = by(GroupKind::Decade);
        taste.directors = by(GroupKind::Director);
        taste.actors = by(GroupKind::Actor);
        taste
    }
}

/// The groups of one kind among the rated movies, by score and then by count, in descending order.
fn preferences(rated: &[Known<'_>], mean: f64, kind: GroupKind) -> Vec<Preference> {
    let mut groups: HashMap<String, Vec<(f64, Uuid)>> = HashMap::new();
    for (movie, stars) in rated {
        for key in kind.keys(movie) {
            groups.entry(key).or_default().push((*stars, movie.id));
        }
    }
    let mut all: Vec<(f64, Preference)> = groups
        .into_iter()
        .filter(|(_, movies)| movies.len() >= kind.min_count())
        .map(|(key, mut movies)| {
            let distance: f64 = movies.iter().map(|(stars, _)| stars - mean).sum();
            let shrunk = distance / (movies.len() as f64 + SHRINKAGE);
            movies.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let count = movies.len();
            movies.truncate(MAX_MOVIES_OF_GROUP);
            let preference = Preference {
                key,
                score: ((1.0 + shrunk / FULL_SCALE) * 50.0).round().clamp(0.0, 100.0) as u8,
                count,
                movies: movies.into_iter().map(|(_, id)| id).collect(),
            };
            (shrunk, preference)
        })
        .collect();
    all.sort_by(|a, b| {
        let by_count = b.1.count.cmp(&a.1.count);
        b.0.total_cmp(&a.0).then(by_count).then(a.1.key.cmp(&b.1.key))
    });
    all.truncate(MAX_GROUPS);
    all.into_iter().map(|(_, preference)| preference).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{model::features::Facts, store::CopyStatus};

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
        View::new(Arc::new(movies.collect()), &[], None, CopyStatus::default())
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
    fn one_movie_does_not_outrank_ten() {
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
            "by stars in descending order"
        );
    }

    /// The scores of groups with these counts and mean stars, of a member who rated nothing else.
    fn scores(groups: &[(&'static str, usize, u8)]) -> HashMap<String, u8> {
        let each = groups
            .iter()
            .flat_map(|(genre, count, stars)| (0..*count).map(move |_| (*genre, *stars)));
        let each: Vec<(u128, &str, u8)> = (1..).zip(each).map(|(id, (genre, stars))| (id, genre, stars)).collect();
        let movies = each.iter().map(|(id, genre, _)| (*id, *genre, 2000)).collect();
        let ratings: Vec<(u128, u8)> = each.iter().map(|(id, _, stars)| (*id, *stars)).collect();
        let taste = Taste::of(&view(movies), &profile(&ratings));
        taste.genres.into_iter().map(|one| (one.key, one.score)).collect()
    }

    #[test]
    fn scores_are_around_the_members_own_mean_and_use_the_scale() {
        let of = scores(&[("western", 1, 10), ("drama", 27, 8), ("horror", 9, 6)]);
        assert!(of["drama"] > of["western"], "{of:?}: one movie above twenty-seven");
        assert!(of["western"] > 50 && of["horror"] < 50, "{of:?}");
        let of = scores(&[("drama", 20, 10), ("horror", 20, 3)]);
        assert!(of["drama"] >= 95 && of["horror"] <= 5, "{of:?}");
        let same = scores(&[("drama", 20, 7), ("horror", 5, 7)]);
        assert!(same.values().all(|score| *score == 50), "{same:?}");
    }

    #[test]
    fn the_distribution_includes_movies_without_facts() {
        let taste = Taste::of(&view(vec![(1, "drama", 2000)]), &profile(&[(1, 1), (77, 10), (78, 10)]));
        assert_eq!((taste.count, taste.distribution), (3, [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]));
        assert_eq!(taste.genres[0].count, 1);
        assert_eq!(taste.persona, None, "three ratings are too few for a persona");
        assert_eq!(Taste::of(&view(Vec::new()), &profile(&[])), Taste::default());
    }

    #[test]
    fn each_figure_lists_as_many_movies_as_it_counts() {
        let movies: Vec<(u128, &str, i32)> = (1..=9)
            .map(|id| (id, if id % 3 == 0 { "western" } else { "drama" }, 1985 + id as i32))
            .collect();
        let ratings: Vec<(u128, u8)> = (1..=9).map(|id| (id, 4 + (id % 4) as u8)).chain([(77, 5)]).collect();
        let (view, profile) = (view(movies), profile(&ratings));
        let taste = Taste::of(&view, &profile);
        assert_eq!(taste.minutes, 900, "the tenth movie has no known runtime");
        for (kind, preferences) in [
            (GroupKind::Genre, &taste.genres),
            (GroupKind::Decade, &taste.decades),
            (GroupKind::Director, &taste.directors),
        ] {
            assert!(!preferences.is_empty());
            for one in preferences {
                let (movies, total) = movies_of(&view, &profile, &Figure::Group(kind, one.key.clone()), None);
                assert_eq!((movies.len(), total), (one.count, one.count), "{one:?}");
                assert!(movies.windows(2).all(|pair| pair[0].stars >= pair[1].stars));
                assert!(
                    movies
                        .iter()
                        .map(|movie| movie.movie)
                        .take(MAX_MOVIES_OF_GROUP)
                        .eq(one.movies.iter().copied())
                );
            }
        }
        for (stars, count) in (1..).zip(taste.distribution) {
            assert_eq!(movies_of(&view, &profile, &Figure::Stars(stars), None).1, count);
        }
        assert_eq!(movies_of(&view, &profile, &Figure::All, None).1, taste.count);
    }

    #[test]
    fn movies_behind_a_figure_go_on_after_any_of_them() {
        let movies = (1..=9).map(|id| (id, "drama", 1990)).collect();
        let ratings: Vec<(u128, u8)> = (1..=9).map(|id| (id, 4 + (id % 3) as u8)).collect();
        let (view, profile) = (view(movies), profile(&ratings));
        let drama = Figure::Group(GroupKind::Genre, "drama".to_owned());
        let (all, _) = movies_of(&view, &profile, &drama, None);
        for at in 0..all.len() {
            let (rest, total) = movies_of(&view, &profile, &drama, Some(all[at].into()));
            assert_eq!((&rest[..], total), (&all[at + 1..], 9));
        }
        let nothing = Figure::Group(GroupKind::Genre, "opera".to_owned());
        assert_eq!(movies_of(&view, &profile, &nothing, None), (Vec::new(), 0));
    }
}
