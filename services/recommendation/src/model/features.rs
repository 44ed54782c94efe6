//! The features of the content prior: what the facts of a movie say about it before it is rated.
//!
//! A movie's prior mean is the sum of the learned vectors of its features, so a new movie by a known director starts
//! with plausible values. Popularity and the members who rated a movie are deliberately not features: both improve
//! random splits but worsen splits by time, which are closer to real use.

use std::collections::HashMap;

use uuid::Uuid;

/// The facts of a movie that the model and the rows use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// 0 if unknown.
    pub year: i32,
    pub genres: Vec<String>,
    pub countries: Vec<String>,
    pub directors: Vec<Uuid>,
    pub cast: Vec<Uuid>,
}

/// Groups of features. Each has its own ridge, because a genre has thousands of movies and an actor a few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Broad = 0,
    People = 1,
}

/// The number of groups.
pub const GROUPS: usize = 2;

/// People with fewer movies are left out of the features.
const MIN_PEOPLE_SUPPORT: usize = 3;

/// Actors further down in the cast are ignored.
const MAIN_CAST: usize = 4;

impl Facts {
    /// The names of the movie's features with their groups. The names must stay stable, because snapshots contain them.
    pub fn features(&self) -> Vec<(String, Group)> {
        let mut names = Vec::new();
        for genre in &self.genres {
            names.push((format!("genre:{genre}"), Group::Broad));
        }
        if self.year > 0 {
            // Five years: a compromise between old movies, among which taste changes slowly, and new ones.
            names.push((format!("years:{}", self.year.div_euclid(5) * 5), Group::Broad));
        }
        for country in &self.countries {
            names.push((format!("country:{country}"), Group::Broad));
        }
        for director in &self.directors {
            names.push((format!("director:{}", director.simple()), Group::People));
        }
        for actor in self.cast.iter().take(MAIN_CAST) {
            names.push((format!("cast:{}", actor.simple()), Group::People));
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        names.dedup_by(|a, b| a.0 == b.0);
        names
    }
}

/// The features of a catalogue, numbered in the order of their names.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vocabulary {
    pub names: Vec<String>,
    pub groups: Vec<Group>,
    index: HashMap<String, u32>,
}

impl Vocabulary {
    /// Collects the features of these movies, without rare people.
    pub fn of<'a>(movies: impl Iterator<Item = &'a Facts>) -> Self {
        let mut support: HashMap<String, (Group, usize)> = HashMap::new();
        for facts in movies {
            for (name, group) in facts.features() {
                support.entry(name).or_insert((group, 0)).1 += 1;
            }
        }
        let mut kept: Vec<(String, Group)> = support
            .into_iter()
            .filter(|(_, (group, count))| *group == Group::Broad || *count >= MIN_PEOPLE_SUPPORT)
            .map(|(name, (group, _))| (name, group))
            .collect();
        kept.sort_by(|a, b| a.0.cmp(&b.0));
        let (names, groups) = kept.into_iter().unzip();
        let mut out = Self {
            names,
            groups,
            index: HashMap::new(),
        };
        out.reindex();
        out
    }

    /// The vocabulary of a snapshot. Only training needs the groups, so they are not restored.
    pub fn from_names(names: Vec<String>) -> Self {
        let groups = vec![Group::Broad; names.len()];
        let mut out = Self {
            names,
            groups,
            index: HashMap::new(),
        };
        out.reindex();
        out
    }

    fn reindex(&mut self) {
        self.index = self
            .names
            .iter()
            .enumerate()
            .map(|(i, name)| (name.clone(), i as u32))
            .collect();
    }

    /// The numbers of a movie's features; features outside of the vocabulary are left out.
    pub fn numbers(&self, facts: &Facts) -> Vec<u32> {
        facts
            .features()
            .iter()
            .filter_map(|(name, _)| self.index.get(name).copied())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_distinct_and_rare_people_are_left_out() {
        let (known, rare) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let movies: Vec<Facts> = (0..3)
            .map(|i| Facts {
                year: 1994 + i,
                genres: vec!["Drama".into(), "Drama".into()],
                countries: vec!["KR".into()],
                directors: vec![known],
                cast: if i == 0 { vec![rare] } else { Vec::new() },
            })
            .collect();
        let vocabulary = Vocabulary::of(movies.iter());
        assert!(vocabulary.names.contains(&format!("director:{}", known.simple())));
        assert!(!vocabulary.names.contains(&format!("cast:{}", rare.simple())));
        assert_eq!(vocabulary.numbers(&movies[0]).len(), 4);
    }
}
