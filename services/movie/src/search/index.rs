//! The index: every title and name as letters, one after another in one buffer, with what filters and sorts need beside.
//! It is built anew when facts change and never altered after, except for the popularity figures, which are atomics.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};

use uuid::Uuid;

use super::matching::{Fit, Query};
use super::rank::{self, Class, Figures, Language, Rank, Sort};
use super::text::{Letters, UNIT, WORD, collation_key, is_jamo};
use crate::genres;

/// With so many strong matches nothing is guessed.
const ENOUGH: usize = 3;
const NONE: Class = Class::MAX;

/// What the index is built from.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct MovieRow {
    pub id: Uuid,
    pub title_ko: String,
    pub title_en: String,
    pub title_original: String,
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
    pub movies: Vec<Uuid>,
}

/// A two-letter country as a number.
pub fn country_code(country: &str) -> Option<u16> {
    match country.as_bytes() {
        &[a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
            Some(u16::from_be_bytes([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
        }
        _ => None,
    }
}

/// What a movie must have to be found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// One bit of the genre vocabulary.
    pub genre: Option<u32>,
    pub country: Option<u16>,
    /// First year of the decade.
    pub decade: Option<i32>,
}

struct Movie {
    id: Uuid,
    year: i32,
    genres: u32,
    countries: Box<[u16]>,
    /// Place in the order of Korean titles, and of English ones.
    places: [u32; 2],
    count: AtomicI64,
    sum: AtomicI64,
}

struct Person {
    id: Uuid,
    name_ko: Box<str>,
    name_en: Box<str>,
    movies: Box<[u32]>,
}

#[derive(Clone, Copy)]
enum Owner {
    Movie(u32),
    Person(u32),
}

struct Name {
    owner: Owner,
    from: u32,
    to: u32,
    article: u8,
    mask: u128,
}

/// How many movies have each value.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    pub genres: Vec<(String, i32)>,
    pub countries: Vec<(String, i32)>,
    pub decades: Vec<(String, i32)>,
}

/// One answer of the search box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suggested {
    Movie(Uuid),
    /// Place of the person in this index; `Index::person` knows the rest.
    Person(u32),
}

#[derive(Default)]
pub struct Index {
    movies: Vec<Movie>,
    slots: HashMap<Uuid, u32>,
    people: Vec<Person>,
    names: Vec<Name>,
    letters: Vec<u8>,
    marks: Vec<u8>,
    pub facets: Facets,
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
                index.add(Owner::Movie(slot), title);
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
            let movies: Box<[u32]> = row
                .movies
                .iter()
                .filter_map(|id| index.slots.get(id).copied())
                .collect();
            for name in distinct([&row.name_ko, &row.name_en, ""]) {
                index.add(Owner::Person(slot), given_name_marked(name));
            }
            index.people.push(Person {
                id: row.id,
                name_ko: row.name_ko.into(),
                name_en: row.name_en.into(),
                movies,
            });
        }
        index.names.shrink_to_fit();
        index.letters.shrink_to_fit();
        index.marks.shrink_to_fit();
        index
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

    pub fn len(&self) -> usize {
        self.movies.len()
    }

    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
    }

    /// Count and sum of the ratings of a movie; `None`: it is not in the index yet.
    pub fn popularity(&self, id: Uuid) -> Option<(i64, i64)> {
        let movie = &self.movies[*self.slots.get(&id)? as usize];
        Some((movie.count.load(Ordering::Relaxed), movie.sum.load(Ordering::Relaxed)))
    }

    pub fn set_popularity(&self, id: Uuid, count: i64, sum: i64) {
        if let Some(&slot) = self.slots.get(&id) {
            let movie = &self.movies[slot as usize];
            movie.count.store(count, Ordering::Relaxed);
            movie.sum.store(sum, Ordering::Relaxed);
        }
    }

    /// Mean of all ratings; the middle of the scale where there are none.
    pub fn mean(&self) -> f64 {
        let total = |of: fn(&Movie) -> &AtomicI64| {
            self.movies
                .iter()
                .map(|m| of(m).load(Ordering::Relaxed).max(0))
                .sum::<i64>()
        };
        match total(|movie| &movie.count) {
            0 => 5.5,
            count => total(|movie| &movie.sum) as f64 / count as f64,
        }
    }

    /// Up to `limit` movies after the rank `after`, in order, and whether there are more. Without a query all movies.
    pub fn page(
        &self,
        query: Option<&Query>,
        filter: &Filter,
        sort: Sort,
        mean: f64,
        after: Option<Rank>,
        limit: usize,
    ) -> (Vec<Rank>, bool) {
        let classes = query.map(|query| {
            let mut classes = self.classes(query);
            // Where the order does not say how well a movie fits, guesses must not stand among the found.
            if sort != Sort::Relevance && classes.iter().any(|&class| class <= rank::ALL_WORDS) {
                classes
                    .iter_mut()
                    .filter(|class| rank::is_guess(**class))
                    .for_each(|class| *class = NONE);
            }
            classes
        });
        let found = (0..self.movies.len()).filter_map(|slot| {
            let class = classes.as_ref().map_or(0, |classes| classes[slot]);
            (class != NONE && self.passes(slot, filter)).then(|| self.rank(slot, sort, class, mean))
        });
        let mut found: Vec<Rank> = found.filter(|rank| after.is_none_or(|after| *rank > after)).collect();
        let more = found.len() > limit;
        if more {
            // Only the page is sorted, not everything that was found.
            found.select_nth_unstable(limit);
            found.truncate(limit);
        }
        found.sort_unstable();
        (found, more)
    }

    /// Where a movie stands now in the order of titles; `None`: there is no such movie.
    pub fn title_rank(&self, id: Uuid, language: Language) -> Option<Rank> {
        let slot = *self.slots.get(&id)? as usize;
        Some(self.rank(slot, Sort::Title(language), 0, 0.0))
    }

    /// What the search box offers, best first.
    pub fn suggest(&self, query: &Query, limit: usize) -> Vec<Suggested> {
        let mut best = self.best(query, false);
        if best.is_weak() {
            best.merge(self.best(query, true));
        }
        let movies = best
            .movies
            .iter()
            .enumerate()
            .filter(|(_, class)| **class != NONE)
            .map(|(slot, &class)| {
                let rank = self.rank(slot, Sort::Relevance, class, 0.0);
                (rank, Suggested::Movie(rank.id))
            });
        let people = best.people.iter().map(|(&slot, &class)| {
            let person = &self.people[slot as usize];
            let ratings = person
                .movies
                .iter()
                .map(|&slot| self.movies[slot as usize].count.load(Ordering::Relaxed));
            let rank = Rank {
                class,
                major: -ratings.sum::<i64>(),
                minor: 0,
                id: person.id,
            };
            (rank, Suggested::Person(slot))
        });
        let mut offered: Vec<(Rank, Suggested)> = movies.chain(people).collect();
        if offered.len() > limit {
            offered.select_nth_unstable_by_key(limit, |(rank, _)| *rank);
            offered.truncate(limit);
        }
        offered.sort_unstable_by_key(|(rank, _)| *rank);
        offered.into_iter().map(|(_, suggested)| suggested).collect()
    }

    pub fn person(&self, slot: u32) -> matcha_protos::movie::v1::Person {
        let person = &self.people[slot as usize];
        matcha_protos::movie::v1::Person {
            id: person.id.to_string(),
            name_ko: person.name_ko.to_string(),
            name_en: person.name_en.to_string(),
        }
    }

    fn passes(&self, slot: usize, filter: &Filter) -> bool {
        let movie = &self.movies[slot];
        filter.genre.is_none_or(|genre| movie.genres & genre != 0)
            && filter.country.is_none_or(|country| movie.countries.contains(&country))
            && filter
                .decade
                .is_none_or(|decade| (decade..decade + 10).contains(&movie.year))
    }

    fn rank(&self, slot: usize, sort: Sort, class: Class, mean: f64) -> Rank {
        let movie = &self.movies[slot];
        let place = if sort == Sort::Title(Language::English) { 1 } else { 0 };
        let figures = Figures {
            id: movie.id,
            year: movie.year,
            count: movie.count.load(Ordering::Relaxed),
            sum: movie.sum.load(Ordering::Relaxed),
            title: i64::from(movie.places[place]),
        };
        Rank::of(sort, class, &figures, mean)
    }

    /// The class of each movie, found by its titles, by its people, or word by word; guesses only where little is found.
    fn classes(&self, query: &Query) -> Vec<Class> {
        let mut best = self.best(query, false);
        best.give_movies_their_people(self);
        if best.is_weak() {
            self.all_words(query, &mut best.movies);
            let mut near = self.best(query, true);
            near.give_movies_their_people(self);
            best.merge(near);
        }
        best.movies
    }

    /// Movies that every word of the query fits, be it a title or a person: 봉준호 괴물.
    fn all_words(&self, query: &Query, classes: &mut [Class]) {
        if query.words.is_empty() || query.words.iter().any(Query::is_empty) {
            return;
        }
        let mut words = query.words.iter().map(|word| {
            let mut best = self.best(word, false);
            best.give_movies_their_people(self);
            best.movies
        });
        let Some(mut all) = words.next() else { return };
        for word in words {
            all.iter_mut()
                .zip(word)
                .filter(|(_, class)| *class == NONE)
                .for_each(|(all, _)| *all = NONE);
        }
        for (class, all) in classes.iter_mut().zip(all) {
            if all != NONE {
                *class = (*class).min(rank::ALL_WORDS);
            }
        }
    }

    fn best(&self, query: &Query, errors: bool) -> Best {
        let mut best = Best {
            movies: vec![NONE; self.movies.len()],
            people: HashMap::new(),
            strong: 0,
            exact: false,
        };
        if query.is_empty() {
            return best;
        }
        for name in &self.names {
            let range = name.from as usize..name.to as usize;
            let (letters, marks) = (&self.letters[range.clone()], &self.marks[range]);
            let fit: Option<Fit> = if errors {
                query.near(letters, marks, name.mask, name.article.into())
            } else {
                query.fit(letters, marks, name.mask, name.article.into())
            };
            if let Some(fit) = fit {
                best.note(name.owner, fit);
            }
        }
        best
    }
}

/// The best class of everything that a query fits.
struct Best {
    movies: Vec<Class>,
    people: HashMap<u32, Class>,
    strong: usize,
    exact: bool,
}

impl Best {
    fn note(&mut self, owner: Owner, fit: Fit) {
        let (class, place) = match owner {
            Owner::Movie(slot) => (rank::class(fit, false), &mut self.movies[slot as usize]),
            Owner::Person(slot) => (rank::class(fit, true), self.people.entry(slot).or_insert(NONE)),
        };
        if class < *place {
            self.strong += usize::from(rank::is_strong(class) && !rank::is_strong(*place));
            self.exact |= rank::is_exact(class);
            *place = class;
        }
    }

    /// Whether so little was found that guesses are welcome.
    fn is_weak(&self) -> bool {
        !self.exact && self.strong < ENOUGH
    }

    fn merge(&mut self, other: Self) {
        self.movies
            .iter_mut()
            .zip(other.movies)
            .for_each(|(mine, theirs)| *mine = (*mine).min(theirs));
        for (slot, class) in other.people {
            let mine = self.people.entry(slot).or_insert(NONE);
            *mine = (*mine).min(class);
        }
    }

    fn give_movies_their_people(&mut self, index: &Index) {
        for (&person, &class) in &self.people {
            for &movie in &index.people[person as usize].movies {
                let mine = &mut self.movies[movie as usize];
                *mine = (*mine).min(class);
            }
        }
    }
}

/// The letters of names, each once: most Korean films have the same Korean and original title.
fn distinct(names: [&str; 3]) -> Vec<Letters> {
    let mut seen = HashSet::new();
    let letters = names.into_iter().map(Letters::of).filter(|name| !name.is_empty());
    letters.filter(|name| seen.insert(name.letters.clone())).collect()
}

/// How many letters a leading The, A or An has.
fn article(name: &Letters) -> u8 {
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
