//! Builds the index from the rows of the database.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::AtomicI64;

use uuid::Uuid;

use super::super::search_key::{SearchKey, UNIT_START, WORD_START, collation_key, is_jamo};
use super::{Credit, Facets, Index, Movie, Name, Owner, Person, Role, country_code};
use crate::genres;

#[derive(Clone, Debug)]
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

/// A person with the movies that credit the person.
#[derive(Clone, Debug)]
pub struct PersonRow {
    pub id: Uuid,
    pub name_ko: String,
    pub name_en: String,
    pub directed: Vec<Uuid>,
    pub acted: Vec<Uuid>,
}

impl Index {
    /// Takes some milliseconds of one core per thousand movies; call it on a blocking thread.
    pub fn build(movies: Vec<MovieRow>, people: Vec<PersonRow>) -> Self {
        let mut index = Self {
            facets: facets(&movies),
            ..Self::default()
        };
        let positions = [
            title_positions(&movies, |row| &row.title_ko),
            title_positions(&movies, |row| &row.title_en),
        ];
        for (slot, row) in (0..).zip(movies) {
            for title in distinct_keys([&row.title_ko, &row.title_en, &row.title_original]) {
                index.add_title(slot, &title);
                index.add_name(Owner::Movie(slot), title);
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
                positions: positions.each_ref().map(|positions| positions[slot as usize]),
                count: AtomicI64::new(row.rating_count),
                sum: AtomicI64::new(row.rating_sum),
            });
        }
        for (slot, row) in (0..).zip(people) {
            let credits = index.credits(&row);
            for name in distinct_keys([&row.name_ko, &row.name_en, ""]) {
                index.add_name(Owner::Person(slot), mark_given_name(name));
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

    fn credits(&self, row: &PersonRow) -> Box<[Credit]> {
        let mut roles = BTreeMap::<u32, u8>::new();
        for (role, movies) in [(Role::Director, &row.directed), (Role::Actor, &row.acted)] {
            for movie in movies.iter().filter_map(|id| self.slots.get(id)) {
                *roles.entry(*movie).or_default() |= role.bit();
            }
        }
        let credits = roles.into_iter();
        credits.map(|(movie, roles)| Credit { movie, roles }).collect()
    }

    fn add_title(&mut self, slot: u32, title: &SearchKey) {
        let bare = &title.letters[usize::from(article_length(title))..];
        for key in [&title.letters[..], bare] {
            let movies = self.by_title.entry(key.into()).or_default();
            if movies.last() != Some(&slot) {
                movies.push(slot);
            }
        }
    }

    fn add_name(&mut self, owner: Owner, name: SearchKey) {
        let from = self.letters.len() as u32;
        self.letters.extend_from_slice(&name.letters);
        self.marks.extend_from_slice(&name.marks);
        let article = if matches!(owner, Owner::Movie(_)) {
            article_length(&name)
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

/// The distinct search keys of names: most Korean movies have the same Korean and original title.
fn distinct_keys(names: [&str; 3]) -> Vec<SearchKey> {
    let mut seen = HashSet::new();
    let letters = names.into_iter().map(SearchKey::of).filter(|name| !name.is_empty());
    letters.filter(|name| seen.insert(name.letters.clone())).collect()
}

/// The length of a leading The, A or An.
pub(super) fn article_length(name: &SearchKey) -> u8 {
    let next = |length: usize| name.marks.get(length).is_some_and(|mark| mark & WORD_START != 0);
    let article = ["the", "an", "a"]
        .into_iter()
        .find(|word| name.letters.starts_with(word.as_bytes()) && next(word.len()));
    article.map_or(0, |word| word.len() as u8)
}

/// Marks the given name as a word: Korean names are written without a space, but people search by it (강호 for 송강호).
fn mark_given_name(mut name: SearchKey) -> SearchKey {
    let units: Vec<usize> = name.units().collect();
    let one_word = name.marks.iter().filter(|&&mark| mark & WORD_START != 0).count() == 1;
    if one_word && (2..=4).contains(&units.len()) && is_jamo(name.letters[0]) {
        name.marks[units[1]] = UNIT_START | WORD_START;
    }
    name
}

/// Each movie's position when sorted by a title.
fn title_positions(movies: &[MovieRow], title: fn(&MovieRow) -> &str) -> Vec<u32> {
    let mut order: Vec<(Box<str>, Uuid, u32)> = (0..)
        .zip(movies)
        .map(|(slot, row)| (collation_key(title(row)), row.id, slot))
        .collect();
    order.sort_unstable();
    let mut positions = vec![0; movies.len()];
    for (position, (_, _, slot)) in (0..).zip(order) {
        positions[slot as usize] = position;
    }
    positions
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
