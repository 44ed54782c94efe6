//! The search index: the search keys of all titles and names in one buffer, and the values that filters and sorts need. It is
//! rebuilt when facts change and immutable otherwise, except for the popularity figures, which are atomics.

mod build;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};

use matcha_protos::movie::v1::PersonCounts;
use uuid::Uuid;

use super::rank::{self, Class, Figures, Language, Rank, Sort};
use super::search_key::SearchKey;
use super::text_match::{Fit, Query};
use build::article_length;
pub use build::{MovieRow, PersonRow};

/// With this many strong matches, fuzzy matches are not searched for.
const ENOUGH_STRONG: usize = 3;
const NO_MATCH: Class = Class::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Director,
    Actor,
}

impl Role {
    fn bit(self) -> u8 {
        match self {
            Self::Director => 1,
            Self::Actor => 2,
        }
    }
}

/// A two-letter country code as a number.
pub fn country_code(country: &str) -> Option<u16> {
    match country.as_bytes() {
        &[a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
            Some(u16::from_be_bytes([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
        }
        _ => None,
    }
}

/// The set of movies that a search is restricted to.
#[derive(Debug, Default)]
pub enum Among {
    #[default]
    All,
    Only(HashSet<Uuid>),
    Except(HashSet<Uuid>),
}

impl Among {
    fn admits(&self, id: &Uuid) -> bool {
        match self {
            Self::All => true,
            Self::Only(movies) => movies.contains(id),
            Self::Except(movies) => !movies.contains(id),
        }
    }
}

#[derive(Debug, Default)]
pub struct Filter {
    /// Bit of the genre vocabulary.
    pub genre: Option<u32>,
    pub country: Option<u16>,
    /// First year of the decade.
    pub decade: Option<i32>,
    pub among: Among,
}

struct Movie {
    id: Uuid,
    year: i32,
    genres: u32,
    countries: Box<[u16]>,
    /// Positions in the order of Korean titles and of English titles.
    positions: [u32; 2],
    count: AtomicI64,
    sum: AtomicI64,
}

struct Person {
    id: Uuid,
    name_ko: Box<str>,
    name_en: Box<str>,
    /// Each movie once.
    credits: Box<[Credit]>,
}

#[derive(Clone, Copy)]
struct Credit {
    movie: u32,
    /// Bits of `Role`.
    roles: u8,
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

/// The number of movies with each value.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    pub genres: Vec<(String, i32)>,
    pub countries: Vec<(String, i32)>,
    pub decades: Vec<(String, i32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuggestedItem {
    Movie(Uuid),
    /// Slot of the person, for `Index::person`.
    Person(u32),
}

#[derive(Default)]
pub struct Index {
    movies: Vec<Movie>,
    slots: HashMap<Uuid, u32>,
    by_imdb: HashMap<Box<str>, u32>,
    /// Movies by the search keys of their titles, with and without a leading article.
    by_title: HashMap<Box<[u8]>, Vec<u32>>,
    people: Vec<Person>,
    people_slots: HashMap<Uuid, u32>,
    names: Vec<Name>,
    letters: Vec<u8>,
    marks: Vec<u8>,
    pub facets: Facets,
}

impl Index {
    pub fn has(&self, id: Uuid) -> bool {
        self.slots.contains_key(&id)
    }

    pub fn find_imdb(&self, imdb_id: &str) -> Option<Uuid> {
        let slot = self.by_imdb.get(imdb_id)?;
        Some(self.movies[*slot as usize].id)
    }

    /// The movie with this title and year. The exact year is preferred to a neighbouring one, the title with its article to the
    /// title without. `None` if several movies fit equally well; without a year, if several movies have the title.
    pub fn find_title(&self, title: &str, year: Option<i32>) -> Option<Uuid> {
        let key = SearchKey::of(title);
        let whole = &key.letters[..];
        let bare = &whole[usize::from(article_length(&key))..];
        let distances = if year.is_some() { 0..=1 } else { 0..=0 };
        for distance in distances {
            for key in [whole, bare] {
                let movies = self.by_title.get(key).map(Vec::as_slice).unwrap_or_default();
                let fits = |slot: &&u32| {
                    let released = self.movies[**slot as usize].year;
                    year.is_none_or(|year| released.abs_diff(year) == distance)
                };
                let mut fitting = movies.iter().filter(fits);
                match (fitting.next(), fitting.next()) {
                    (Some(&only), None) => return Some(self.movies[only as usize].id),
                    (Some(_), Some(_)) => return None,
                    (None, _) => {}
                }
            }
        }
        None
    }

    pub fn len(&self) -> usize {
        self.movies.len()
    }

    pub fn is_empty(&self) -> bool {
        self.movies.is_empty()
    }

    /// Count and sum of the ratings of a movie; `None` if the index does not have it yet.
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

    /// The mean of all ratings; without ratings, the middle of the scale.
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

    /// Up to `limit` movies after the rank `after`, in order, and whether there are more. Without a query, all movies match.
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
            if sort != Sort::Relevance {
                let worst = rank::worst_shown(&classes);
                classes
                    .iter_mut()
                    .filter(|class| **class > worst)
                    .for_each(|class| *class = NO_MATCH);
            }
            classes
        });
        let found = (0..self.movies.len()).filter_map(|slot| {
            let class = classes.as_ref().map_or(0, |classes| classes[slot]);
            (class != NO_MATCH && self.passes(slot, filter)).then(|| self.rank(slot, sort, class, mean))
        });
        page_after(found, after, limit)
    }

    /// Up to `limit` movies of a person after the rank `after`, in order, and whether there are more. Without a role, movies of
    /// every role.
    pub fn filmography(
        &self,
        person: u32,
        role: Option<Role>,
        sort: Sort,
        mean: f64,
        after: Option<Rank>,
        limit: usize,
    ) -> (Vec<Rank>, bool) {
        let credits = self.people[person as usize].credits.iter();
        let movies = credits.filter(|credit| role.is_none_or(|role| credit.roles & role.bit() != 0));
        let ranks = movies.map(|credit| self.rank(credit.movie as usize, sort, 0, mean));
        page_after(ranks, after, limit)
    }

    /// Up to `limit` people after the rank `after`, the best match first, and whether there are more.
    pub fn people(&self, query: &Query, after: Option<Rank>, limit: usize) -> (Vec<Rank>, bool) {
        let mut people = self.matches(query).people;
        // Fuzzy matches are dropped if there are better ones.
        if people.values().any(|&class| !rank::is_fuzzy(class)) {
            people.retain(|_, class| !rank::is_fuzzy(*class));
        }
        let ranks = people.into_iter().map(|(slot, class)| self.person_rank(slot, class));
        page_after(ranks, after, limit)
    }

    /// The rank of a movie in the order of titles; `None` if there is no such movie.
    pub fn title_rank(&self, id: Uuid, language: Language) -> Option<Rank> {
        let slot = *self.slots.get(&id)? as usize;
        Some(self.rank(slot, Sort::Title(language), 0, 0.0))
    }

    /// Suggestions for the search box, best first.
    pub fn suggest(&self, query: &Query, limit: usize) -> Vec<SuggestedItem> {
        let matches = self.matches(query);
        let movies = (0..).zip(&matches.movies).filter(|(_, class)| **class != NO_MATCH);
        let movies = movies.map(|(slot, &class)| self.rank(slot, Sort::Relevance, class, 0.0));
        let people = matches
            .people
            .iter()
            .map(|(&slot, &class)| self.person_rank(slot, class));
        let (movies, _) = page_after(movies, None, limit);
        let (people, _) = page_after(people, None, limit);
        let movies = movies.into_iter().map(|rank| (rank, SuggestedItem::Movie(rank.id)));
        let people = people
            .into_iter()
            .filter_map(|rank| Some((rank, SuggestedItem::Person(self.find_person(rank.id)?))));
        let suggested = merge_suggestions(movies.collect(), people.collect(), limit);
        self.add_movies_of_first_person(suggested, &query.years, limit)
    }

    /// Puts the best known movies of the first person after that person: half of the list if the person is the best match,
    /// otherwise what the list has room for.
    fn add_movies_of_first_person(
        &self,
        suggested: Vec<SuggestedItem>,
        years: &[(i32, Query)],
        limit: usize,
    ) -> Vec<SuggestedItem> {
        let mut items = suggested.iter().enumerate();
        let Some((at, slot)) = items.find_map(|(at, item)| match item {
            SuggestedItem::Person(slot) => Some((at, *slot)),
            SuggestedItem::Movie(_) => None,
        }) else {
            return suggested;
        };
        let room = if at == 0 { limit } else { limit - suggested.len() };
        let (before, after) = suggested.split_at(at + 1);
        let mut known = self.best_known(slot, years, limit);
        known.retain(|movie| !before.contains(movie));
        known.truncate(room.min(limit / 2));
        let mut after = after.to_vec();
        after.retain(|item| !known.contains(item));
        let mut all = [before, &known, &after].concat();
        all.truncate(limit);
        all
    }

    /// The movies of a person, the most rated first; if there are years, movies of these before others.
    fn best_known(&self, person: u32, years: &[(i32, Query)], limit: usize) -> Vec<SuggestedItem> {
        let ranks = self.people[person as usize].credits.iter().map(|credit| {
            let movie = credit.movie as usize;
            let of_year = years.iter().any(|(year, _)| *year == self.movies[movie].year);
            self.rank(movie, Sort::Relevance, Class::from(!of_year), 0.0)
        });
        let (ranks, _) = page_after(ranks, None, limit);
        ranks.into_iter().map(|rank| SuggestedItem::Movie(rank.id)).collect()
    }

    /// The titles and names that match the query.
    fn matches(&self, query: &Query) -> Matches {
        self.with_years(query, |query| self.name_matches(query))
    }

    /// The matches of the query, and of the query without each year that it may name: then movies of other years come last.
    fn with_years(&self, query: &Query, find: impl Fn(&Query) -> Matches) -> Matches {
        let mut matches = find(query);
        for (year, rest) in &query.years {
            let mut of_rest = find(rest);
            let others = of_rest.movies.iter_mut().zip(&self.movies);
            let others = others.filter(|(_, movie)| movie.year != *year);
            others.for_each(|(class, _)| *class = rank::of_other_year(*class));
            matches.merge(of_rest);
        }
        matches
    }

    /// The matches of the query; with fuzzy matches if they are few and the query is not spelled like a name.
    fn name_matches(&self, query: &Query) -> Matches {
        let mut matches = self.scan(query, Query::fit);
        if matches.are_few() && !matches.spelled_right {
            matches.merge(self.scan(query, Query::fuzzy_fit));
        }
        matches
    }

    /// The slot of a person; `None` for an unknown id.
    pub fn find_person(&self, id: Uuid) -> Option<u32> {
        self.people_slots.get(&id).copied()
    }

    pub fn person(&self, slot: u32) -> matcha_protos::movie::v1::Person {
        let person = &self.people[slot as usize];
        let with = |role: Role| {
            person
                .credits
                .iter()
                .filter(|credit| credit.roles & role.bit() != 0)
                .count() as i32
        };
        matcha_protos::movie::v1::Person {
            id: person.id.to_string(),
            name_ko: person.name_ko.to_string(),
            name_en: person.name_en.to_string(),
            counts: Some(PersonCounts {
                movies: person.credits.len() as i32,
                directed: with(Role::Director),
                acted: with(Role::Actor),
            }),
        }
    }

    /// Among equal matches, people whose movies have more ratings rank first.
    fn person_rank(&self, slot: u32, class: Class) -> Rank {
        let person = &self.people[slot as usize];
        let credits = person.credits.iter();
        let ratings = credits.map(|credit| self.movies[credit.movie as usize].count.load(Ordering::Relaxed));
        Rank {
            class,
            major: -ratings.sum::<i64>(),
            minor: 0,
            id: person.id,
        }
    }

    fn passes(&self, slot: usize, filter: &Filter) -> bool {
        let movie = &self.movies[slot];
        filter.genre.is_none_or(|genre| movie.genres & genre != 0)
            && filter.country.is_none_or(|country| movie.countries.contains(&country))
            && filter
                .decade
                .is_none_or(|decade| (decade..decade + 10).contains(&movie.year))
            && filter.among.admits(&movie.id)
    }

    fn rank(&self, slot: usize, sort: Sort, class: Class, mean: f64) -> Rank {
        let movie = &self.movies[slot];
        let language = usize::from(sort == Sort::Title(Language::English));
        let figures = Figures {
            id: movie.id,
            year: movie.year,
            count: movie.count.load(Ordering::Relaxed),
            sum: movie.sum.load(Ordering::Relaxed),
            title: i64::from(movie.positions[language]),
        };
        Rank::of(sort, class, &figures, mean)
    }

    /// The class of each movie.
    fn classes(&self, query: &Query) -> Vec<Class> {
        self.with_years(query, |query| self.movie_matches(query)).movies
    }

    /// Movies matched by their titles, by their people, or word by word; with fuzzy matches as in `name_matches`.
    fn movie_matches(&self, query: &Query) -> Matches {
        let mut matches = self.scan(query, Query::fit);
        matches.add_movies_of_people(self);
        if matches.are_few() {
            self.match_all_words(query, &mut matches.movies);
        }
        if matches.are_few() && !matches.spelled_right {
            let mut fuzzy = self.scan(query, Query::fuzzy_fit);
            fuzzy.add_movies_of_people(self);
            matches.merge(fuzzy);
        }
        matches
    }

    /// Adds the movies that every word of the query matches, by title or by person: 봉준호 괴물.
    fn match_all_words(&self, query: &Query, classes: &mut [Class]) {
        if query.words.is_empty() || query.words.iter().any(Query::is_empty) {
            return;
        }
        let mut words = query.words.iter().map(|word| {
            let mut matches = self.scan(word, Query::fit);
            matches.add_movies_of_people(self);
            matches.movies
        });
        let Some(mut all) = words.next() else { return };
        for word in words {
            all.iter_mut()
                .zip(word)
                .filter(|(_, class)| *class == NO_MATCH)
                .for_each(|(all, _)| *all = NO_MATCH);
        }
        for (class, all) in classes.iter_mut().zip(all) {
            if all != NO_MATCH {
                *class = (*class).min(rank::ALL_WORDS);
            }
        }
    }

    /// Compares the query with every name.
    fn scan(&self, query: &Query, fit: impl Fn(&Query, &[u8], &[u8], u128, usize) -> Option<Fit>) -> Matches {
        let mut matches = Matches {
            movies: vec![NO_MATCH; self.movies.len()],
            people: HashMap::new(),
            strong: 0,
            exact: false,
            spelled_right: false,
        };
        if query.is_empty() {
            return matches;
        }
        for name in &self.names {
            let range = name.from as usize..name.to as usize;
            let (letters, marks) = (&self.letters[range.clone()], &self.marks[range]);
            if let Some(fit) = fit(query, letters, marks, name.mask, name.article.into()) {
                matches.add(name.owner, fit);
                matches.spelled_right |=
                    matches!(fit, Fit::Prefix | Fit::WordPrefix) && query.has_words_of(letters, marks);
            }
        }
        matches
    }
}

/// The best class of each movie and person that a query matches.
struct Matches {
    movies: Vec<Class>,
    people: HashMap<u32, Class>,
    strong: usize,
    exact: bool,
    /// The query is one or more whole words of a name: it has no typing errors, and names that look like it are not meant.
    spelled_right: bool,
}

impl Matches {
    fn add(&mut self, owner: Owner, fit: Fit) {
        let (class, best) = match owner {
            Owner::Movie(slot) => (rank::class(fit, false), &mut self.movies[slot as usize]),
            Owner::Person(slot) => (rank::class(fit, true), self.people.entry(slot).or_insert(NO_MATCH)),
        };
        if class < *best {
            self.strong += usize::from(rank::is_strong(class) && !rank::is_strong(*best));
            self.exact |= rank::is_exact(class);
            *best = class;
        }
    }

    /// Whether there are so few good matches that others are wanted.
    fn are_few(&self) -> bool {
        !self.exact && self.strong < ENOUGH_STRONG
    }

    fn merge(&mut self, other: Self) {
        self.movies
            .iter_mut()
            .zip(other.movies)
            .for_each(|(best, class)| *best = (*best).min(class));
        for (slot, class) in other.people {
            let best = self.people.entry(slot).or_insert(NO_MATCH);
            *best = (*best).min(class);
        }
    }

    fn add_movies_of_people(&mut self, index: &Index) {
        for (&person, &class) in &self.people {
            for credit in &index.people[person as usize].credits {
                let best = &mut self.movies[credit.movie as usize];
                *best = (*best).min(class);
            }
        }
    }
}

/// The first `limit` ranks after `after`, in order, and whether there are more.
fn page_after(found: impl Iterator<Item = Rank>, after: Option<Rank>, limit: usize) -> (Vec<Rank>, bool) {
    let mut found: Vec<Rank> = found.filter(|rank| after.is_none_or(|after| *rank > after)).collect();
    let more = found.len() > limit;
    if more {
        // Selects the page first, so that only the page is sorted.
        found.select_nth_unstable(limit);
        found.truncate(limit);
    }
    found.sort_unstable();
    (found, more)
}

/// The best of both kinds, best first. A quarter of the list is reserved for the strong matches of each kind, so that eight
/// titles that contain a name do not hide the person with that name.
fn merge_suggestions(
    mut movies: Vec<(Rank, SuggestedItem)>,
    mut people: Vec<(Rank, SuggestedItem)>,
    limit: usize,
) -> Vec<SuggestedItem> {
    let mut kept = Vec::with_capacity(limit);
    for kind in [&mut movies, &mut people] {
        let strong = kind.iter().take_while(|(rank, _)| rank::is_strong(rank.class)).count();
        kept.extend(kind.drain(..strong.min(limit / 4)));
    }
    let mut rest: Vec<_> = movies.into_iter().chain(people).collect();
    rest.sort_unstable_by_key(|(rank, _)| *rank);
    rest.truncate(limit - kept.len());
    kept.extend(rest);
    kept.sort_unstable_by_key(|(rank, _)| *rank);
    kept.into_iter().map(|(_, suggested)| suggested).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn movie_row(n: u128, title: &str, year: i32) -> MovieRow {
        MovieRow {
            id: id(n),
            title_ko: title.to_owned(),
            title_en: title.to_owned(),
            title_original: title.to_owned(),
            imdb_id: format!("tt{n:07}"),
            year,
            countries: Vec::new(),
            genres: Vec::new(),
            rating_count: n as i64,
            rating_sum: 7 * n as i64,
        }
    }

    fn person_row(n: u128, name: &str, directed: &[u128], acted: &[u128]) -> PersonRow {
        let ids = |of: &[u128]| of.iter().copied().map(id).collect();
        PersonRow {
            id: id(n),
            name_ko: String::new(),
            name_en: name.to_owned(),
            directed: ids(directed),
            acted: ids(acted),
        }
    }

    #[test]
    fn neither_titles_nor_people_hide_a_strong_match_of_the_other_kind() {
        let movies = (1..=20).map(|n| movie_row(n, &format!("Kang {n}"), 2000)).collect();
        let index = Index::build(movies, vec![person_row(100, "Kang Dong-won", &[], &[1])]);
        let suggestions = index.suggest(&Query::of("kang"), 8);
        let people = suggestions
            .iter()
            .filter(|one| matches!(one, SuggestedItem::Person(_)))
            .count();
        assert_eq!((suggestions.len(), people), (8, 1));
        assert_eq!(suggestions[0], SuggestedItem::Movie(id(20)), "the best match is first");

        let crowd = (100..140).map(|n| person_row(n, "Kang", &[], &[1])).collect();
        let index = Index::build(vec![movie_row(1, "A Man of Kang", 2000)], crowd);
        let suggestions = index.suggest(&Query::of("kang"), 8);
        assert_eq!(suggestions.len(), 8);
        assert!(suggestions.contains(&SuggestedItem::Movie(id(1))));
        // A quarter of one is none: nothing is reserved.
        assert_eq!(index.suggest(&Query::of("kang"), 1).len(), 1);
    }

    #[test]
    fn the_best_known_movies_of_the_first_person_are_suggested_after_the_person() {
        let titles = (1..=6).map(|n| movie_row(n, &format!("Movie {n}"), 2000 + n as i32));
        let movies = titles.chain([
            movie_row(7, "Kangaroo", 2007),
            movie_row(8, "In Kang", 2008),
            movie_row(9, "On Lee", 2009),
        ]);
        let others = (101..=106).map(|n| person_row(n, &format!("Kang {n}"), &[], &[1]));
        let best = person_row(100, "Bong", &[1, 2, 3, 4, 5, 6], &[6]);
        let lee = person_row(99, "Lee", &[2, 9], &[]);
        let index = Index::build(movies.collect(), others.chain([best, lee]).collect());
        // Movies as numbers, people as 0.
        let suggested = |query: &str, limit| {
            let items = index.suggest(&Query::of(query), limit).into_iter();
            let numbers = items.map(|item| match item {
                SuggestedItem::Movie(id) => id.as_u128(),
                SuggestedItem::Person(_) => 0,
            });
            numbers.collect::<Vec<_>>()
        };
        assert_eq!(suggested("bong", 8), [0, 6, 5, 4, 3]);
        assert_eq!(suggested("bong 2002", 8), [0, 2, 6, 5, 4]);
        assert_eq!(suggested("bong", 2), [0, 6]);
        assert_eq!(suggested("bong", 1), [0]);
        // A movie whose title has the name is there once.
        assert_eq!(suggested("lee", 8), [0, 9, 2]);
        // A title is the best match: it stays, and no person gives way.
        assert_eq!(suggested("kang", 8), [7, 8, 0, 0, 0, 0, 0, 0]);
        assert_eq!(suggested("kang", 20), [7, 8, 0, 1, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_person_who_is_the_best_match_leaves_room_for_movies() {
        let movies = (1..=9).map(|n| movie_row(n, &format!("Movie {n}"), 2000)).collect();
        let all: Vec<u128> = (1..=9).collect();
        let crowd = (100..110).map(|n| person_row(n, "Kang", &all, &[])).collect();
        let suggested = Index::build(movies, crowd).suggest(&Query::of("kang"), 8);
        assert!(matches!(suggested[0], SuggestedItem::Person(_)));
        let known = [9, 8, 7, 6].map(|n| SuggestedItem::Movie(id(n)));
        assert_eq!(suggested[1..5], known);
        assert_eq!(suggested.len(), 8);
    }

    #[test]
    fn a_filmography_has_each_movie_once_and_continues_after_a_page() {
        let movies = vec![
            movie_row(1, "One", 1990),
            movie_row(2, "Two", 2010),
            movie_row(3, "Three", 2000),
            movie_row(4, "Four", 1980),
        ];
        let index = Index::build(movies, vec![person_row(100, "Somebody", &[1, 2, 9], &[2, 3, 3])]);
        let slot = index.find_person(id(100)).expect("the person exists");
        let newest = |role, after, limit| {
            let (ranks, more) = index.filmography(slot, role, Sort::Newest, 0.0, after, limit);
            (
                ranks.iter().map(|rank| rank.id.as_u128()).collect::<Vec<_>>(),
                ranks.last().copied(),
                more,
            )
        };
        let (ids, last, more) = newest(None, None, 2);
        assert_eq!((ids, more), (vec![2, 3], true));
        let (ids, _, more) = newest(None, last, 2);
        assert_eq!((ids, more), (vec![1], false));
        assert_eq!(newest(Some(Role::Director), None, 9).0, [2, 1]);
        assert_eq!(newest(Some(Role::Actor), None, 9).0, [2, 3]);
        let counts = index.person(slot).counts.unwrap_or_default();
        assert_eq!((counts.movies, counts.directed, counts.acted), (3, 2, 2));
    }

    #[test]
    fn a_title_and_a_year_identify_one_movie_or_none() {
        let movies = vec![
            movie_row(1, "The Thing", 1982),
            movie_row(2, "The Thing", 2011),
            movie_row(3, "Oldboy", 2003),
            movie_row(4, "기생충", 2019),
            movie_row(5, "Dune", 2000),
            movie_row(6, "Dune", 2002),
        ];
        let index = Index::build(movies, Vec::new());
        let found = |title: &str, year| index.find_title(title, year).map(|id| id.as_u128());
        assert_eq!(found("The Thing", Some(1982)), Some(1));
        assert_eq!(found("thing", Some(2011)), Some(2), "without the article");
        assert_eq!(found("The Thing", None), None, "one of two");
        assert_eq!(found("old-boy", Some(2004)), Some(3), "a year off");
        assert_eq!(found("Oldboy", Some(2005)), None);
        assert_eq!(found("Oldboy", None), Some(3));
        assert_eq!(found("기생충", Some(2019)), Some(4));
        assert_eq!(found("Dune", Some(2001)), None, "a year off either way");
        assert_eq!(found("", Some(2001)), None);
        assert_eq!(index.find_imdb("tt0000003"), Some(id(3)));
        assert_eq!(index.find_imdb("tt9"), None);
    }

    #[test]
    fn people_are_matched_with_edits_only_if_no_name_matches() {
        let people = vec![
            person_row(1, "Christopher Nolan", &[1], &[]),
            person_row(2, "Xavier Dolan", &[2], &[]),
        ];
        let index = Index::build(vec![movie_row(1, "Tenet", 2020), movie_row(2, "Mommy", 2014)], people);
        let found = |query: &str| {
            let (ranks, _) = index.people(&Query::of(query), None, 9);
            ranks.iter().map(|rank| rank.id.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(found("nolan"), [1]);
        assert_eq!(found("christofer nolan"), [1]);
        assert_eq!(
            found("molan"),
            [2, 1],
            "people whose movies have more ratings are first"
        );
        assert!(found("tenet").is_empty());
    }
}
