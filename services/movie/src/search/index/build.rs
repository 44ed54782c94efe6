//! How the index comes about, from the rows of the database.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::AtomicI64;

use uuid::Uuid;

use super::super::text::{Letters, UNIT, WORD, collation_key, is_jamo};
use super::{Credited, Facets, Index, Movie, Name, Owner, Person, Role, country_code};
use crate::genres;

/// What the index is built from.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MovieRow {
    pub id: Uuid,
    pub title_ko: String,
    pub title_en: String,
    pub title_original: String,
    pub imdb_id: String,
    pub year: i32,
    pub countries: Vec<String>,
    pub genres: Vec<String>,
    pub rating_count: i64,
    pub rating_sum: i64,
}

/// A person and the movies with a credit of theirs.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct PersonRow {
    pub id: Uuid,
    pub name_ko: String,
    pub name_en: String,
    pub directed: Vec<Uuid>,
    pub acted: Vec<Uuid>,
}

impl Index {
    /// Takes some milliseconds per thousand movies of one core; run it off the async threads.
    pub fn build(movies: Vec<MovieRow>, people: Vec<PersonRow>) -> Self {
        let mut index = Self {
            facets: facets(&movies),
            ..Self::default()
        };
        let places = [
            title_places(&movies, |row| &row.title_ko),
            title_places(&movies, |row| &row.title_en),
        ];
        for (slot, row) in (0..).zip(movies) {
            for title in distinct([&row.title_ko, &row.title_en, &row.title_original]) {
                index.file_title(slot, &title);
                index.add(Owner::Movie(slot), title);
            }
            if !row.imdb_id.is_empty() {
                index.by_imdb.insert(row.imdb_id.into(), slot);
            }
            index.slots.insert(row.id, slot);
            index.movies.push(Movie {
                id: row.id,
                year: row.year,
                genres: row
                    .genres
                    .iter()
                    .filter_map(|genre| genres::bit(genre))
                    .fold(0, |bits, bit| bits | bit),
                countries: row
                    .countries
                    .iter()
                    .filter_map(|country| country_code(country))
                    .collect(),
                places: places.each_ref().map(|places| places[slot as usize]),
                count: AtomicI64::new(row.rating_count),
                sum: AtomicI64::new(row.rating_sum),
            });
        }
        for (slot, row) in (0..).zip(people) {
            let credits = index.credits(&row);
            for name in distinct([&row.name_ko, &row.name_en, ""]) {
                index.add(Owner::Person(slot), given_name_marked(name));
            }
            index.people_slots.insert(row.id, slot);
            index.people.push(Person {
                id: row.id,
                name_ko: row.name_ko.into(),
                name_en: row.name_en.into(),
                credits,
            });
        }
        index.names.shrink_to_fit();
        index.letters.shrink_to_fit();
        index.marks.shrink_to_fit();
        index
    }

    fn credits(&self, row: &PersonRow) -> Box<[Credited]> {
        let mut roles = BTreeMap::<u32, u8>::new();
        for (role, movies) in [(Role::Director, &row.directed), (Role::Actor, &row.acted)] {
            for movie in movies.iter().filter_map(|id| self.slots.get(id)) {
                *roles.entry(*movie).or_default() |= role.bit();
            }
        }
        let credits = roles.into_iter();
        credits.map(|(movie, roles)| Credited { movie, roles }).collect()
    }

    fn file_title(&mut self, slot: u32, title: &Letters) {
        let bare = &title.letters[usize::from(article(title))..];
        for key in [&title.letters[..], bare] {
            let movies = self.by_title.entry(key.into()).or_default();
            if movies.last() != Some(&slot) {
                movies.push(slot);
            }
        }
    }

    fn add(&mut self, owner: Owner, name: Letters) {
        let from = self.letters.len() as u32;
        self.letters.extend_from_slice(&name.letters);
        self.marks.extend_from_slice(&name.marks);
        let article = if matches!(owner, Owner::Movie(_)) {
            article(&name)
        } else {
            0
        };
        self.names.push(Name {
            owner,
            from,
            to: self.letters.len() as u32,
            article,
            mask: name.mask(),
        });
    }
}

/// The letters of names, each once: most Korean films have the same Korean and original title.
fn distinct(names: [&str; 3]) -> Vec<Letters> {
    let mut seen = HashSet::new();
    let letters = names.into_iter().map(Letters::of).filter(|name| !name.is_empty());
    letters.filter(|name| seen.insert(name.letters.clone())).collect()
}

/// How many letters a leading The, A or An has.
pub(super) fn article(name: &Letters) -> u8 {
    let next = |length: usize| name.marks.get(length).is_some_and(|mark| mark & WORD != 0);
    let article = ["the", "an", "a"]
        .into_iter()
        .find(|word| name.letters.starts_with(word.as_bytes()) && next(word.len()));
    article.map_or(0, |word| word.len() as u8)
}

/// Korean names are written without a space, yet people search by the given name: 강호 for 송강호.
fn given_name_marked(mut name: Letters) -> Letters {
    let units: Vec<usize> = name.units().collect();
    let one_word = name.marks.iter().filter(|&&mark| mark & WORD != 0).count() == 1;
    if one_word && (2..=4).contains(&units.len()) && is_jamo(name.letters[0]) {
        name.marks[units[1]] = UNIT | WORD;
    }
    name
}

/// Each movie's place when sorted by a title.
fn title_places(movies: &[MovieRow], title: fn(&MovieRow) -> &str) -> Vec<u32> {
    let mut order: Vec<(Box<str>, Uuid, u32)> = (0..)
        .zip(movies)
        .map(|(slot, row)| (collation_key(title(row)), row.id, slot))
        .collect();
    order.sort_unstable();
    let mut places = vec![0; movies.len()];
    for (place, (_, _, slot)) in (0..).zip(order) {
        places[slot as usize] = place;
    }
    places
}

fn facets(movies: &[MovieRow]) -> Facets {
    let count = |values: &mut dyn Iterator<Item = String>| {
        let mut counts = BTreeMap::<String, i32>::new();
        values.for_each(|value| *counts.entry(value).or_default() += 1);
        counts
    };
    let by_count = |counts: BTreeMap<String, i32>| {
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(_, count)| -count);
        counts
    };
    Facets {
        genres: by_count(count(&mut movies.iter().flat_map(|row| row.genres.clone()))),
        countries: by_count(count(&mut movies.iter().flat_map(|row| row.countries.clone()))),
        decades: count(&mut movies.iter().map(|row| (row.year - row.year % 10).to_string()))
            .into_iter()
            .rev()
            .collect(),
    }
}
