//! Every write that a test was told had succeeded, with the version that it made.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::tap::Fact;

/// Member and movie.
pub type Pair = (Uuid, Uuid);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    pub member: Uuid,
    pub title: String,
    /// In their order.
    pub movies: Vec<Uuid>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    pub member: Uuid,
    pub movie: Uuid,
    pub watched_on: String,
}

#[derive(Default)]
pub struct Ledger {
    /// Stars (1-10; `None`: cleared) of each version, from version 1. Only one task writes a pair, and each write differs from
    /// the one before, so the n-th acknowledged write made version n, however often it was tried.
    pub ratings: BTreeMap<Pair, Vec<Option<i16>>>,
    /// The same for the shelf: 1 wish, 2 watching, 3 not interested, `None`: taken off.
    pub shelf: BTreeMap<Pair, Vec<Option<i16>>>,
    /// The last text.
    pub comments: BTreeMap<Pair, String>,
    pub lists: BTreeMap<Uuid, List>,
    pub watches: BTreeMap<Uuid, Watch>,
    /// Follower and followed.
    pub follows: BTreeSet<(Uuid, Uuid)>,
    /// Members by id, with their handles.
    pub sign_ups: BTreeMap<Uuid, String>,
    /// Imports with the number of their rows; what they rated stands among the ratings.
    pub imports: BTreeMap<Uuid, i64>,
    pub acknowledged: usize,
    /// Attempts that were answered with an error, or not at all.
    pub failed_attempts: u32,
}

impl Ledger {
    /// Notes the next version of a rating and returns its number.
    pub fn rated(&mut self, pair: Pair, stars: Option<i16>) -> i64 {
        self.acknowledged += 1;
        next_version(self.ratings.entry(pair).or_default(), stars)
    }

    /// Notes the next version of a place on the shelf and returns its number.
    pub fn shelved(&mut self, pair: Pair, state: Option<i16>) -> i64 {
        self.acknowledged += 1;
        next_version(self.shelf.entry(pair).or_default(), state)
    }

    /// The last version of each pair: what its row must be.
    pub fn last(versions: &BTreeMap<Pair, Vec<Option<i16>>>) -> BTreeMap<Pair, (Option<i16>, i64)> {
        let last = versions
            .iter()
            .map(|(pair, all)| (*pair, (all.last().copied().flatten(), all.len() as i64)));
        last.collect()
    }

    /// The events that must have been published: one for each version of a rating and of a place on the shelf.
    pub fn facts(&self) -> BTreeSet<Fact> {
        let of = |r#type: &'static str, pairs: &BTreeMap<Pair, Vec<Option<i16>>>| {
            let facts = pairs.iter().flat_map(|((member, movie), versions)| {
                (1..=versions.len() as i64)
                    .map(move |version| (r#type.to_owned(), format!("{member}/{movie}"), version))
            });
            facts.collect::<Vec<_>>()
        };
        let mut facts = of("rating.changed", &self.ratings);
        facts.extend(of("shelf.changed", &self.shelf));
        facts.into_iter().collect()
    }

    /// How many ratings the movie got, and the sum of their stars.
    pub fn popularity(&self, movie: Uuid) -> (i64, i64) {
        sum(self.ratings.iter().filter(|((_, of), _)| *of == movie))
    }

    /// How many movies each member has rated, and the sum of the stars.
    pub fn profiles(&self) -> BTreeMap<Uuid, (i64, i64)> {
        let members: BTreeSet<Uuid> = self.ratings.keys().map(|(member, _)| *member).collect();
        let profile = |member| sum(self.ratings.iter().filter(|((of, _), _)| *of == member));
        members.into_iter().map(|member| (member, profile(member))).collect()
    }
}

fn next_version(versions: &mut Vec<Option<i16>>, value: Option<i16>) -> i64 {
    versions.push(value);
    versions.len() as i64
}

fn sum<'a>(ratings: impl Iterator<Item = (&'a Pair, &'a Vec<Option<i16>>)>) -> (i64, i64) {
    let stars = ratings.filter_map(|(_, versions)| versions.last().copied().flatten());
    stars.fold((0, 0), |(count, sum), stars| (count + 1, sum + i64::from(stars)))
}
