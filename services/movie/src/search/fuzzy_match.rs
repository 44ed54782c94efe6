//! Fuzzy matching: the edit distance of a query to a name or to a prefix of it, and initials with one syllable left out.

use super::search_key::{UNIT_START, WORD_START, is_consonant};

/// Longer queries are not matched with edits.
const MAX_LETTERS: usize = 48;
pub const MAX_EDITS: usize = 2;

/// The edits allowed in a query of this many letters: with few letters, every name would match.
pub fn allowed_edits(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        8..=MAX_LETTERS => MAX_EDITS,
        _ => 0,
    }
}

/// A match with edits. Fewer edits rank higher, then the better place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FuzzyMatch {
    pub edits: u8,
    pub place: Place,
}

/// The part of the name that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Whole,
    Beginning,
    LaterWord,
}

/// The best match of `query` at the beginning of any word of a name. The name also begins after a leading article.
pub fn fuzzy_match(query: &[u8], letters: &[u8], marks: &[u8], article: usize, max_edits: usize) -> Option<FuzzyMatch> {
    let words = (0..letters.len()).filter(|&at| marks[at] & WORD_START != 0);
    let found = words.filter_map(|at| {
        let starts_alike = letters[at] == query[0];
        let matched = match_prefix(query, &letters[at..], max_edits, |length| {
            // With one edit, five letters are part of many long words: nolan would match Polanski.
            max_edits > 1 || starts_alike || ends_word(marks, at + length)
        })?;
        Some(if at == 0 || at == article {
            matched
        } else {
            FuzzyMatch {
                place: Place::LaterWord,
                ..matched
            }
        })
    });
    found.min()
}

/// Whether a word ends before this letter.
pub fn ends_word(marks: &[u8], at: usize) -> bool {
    marks.get(at).is_none_or(|mark| mark & WORD_START != 0)
}

/// The Damerau-Levenshtein distance (optimal string alignment) of `query` to the nearest prefix of `name` whose length is
/// allowed; `None` above `max_edits`. Only the diagonal band that can stay within `max_edits` is computed.
fn match_prefix(query: &[u8], name: &[u8], max_edits: usize, may_end: impl Fn(usize) -> bool) -> Option<FuzzyMatch> {
    const FAR: u8 = u8::MAX / 2;
    let (rows, columns) = (query.len(), name.len().min(query.len() + max_edits));
    if rows > MAX_LETTERS || rows > columns + max_edits {
        return None;
    }
    // Row i holds the distances of the first i letters of the query to each prefix of the name. Only the last three rows are
    // read, and of each only the band and a cell on either side.
    let mut table = [[FAR; MAX_LETTERS + MAX_EDITS + 2]; 3];
    for (column, cell) in table[0].iter_mut().enumerate().take(max_edits + 1) {
        *cell = column as u8;
    }
    let mut best_of_last = 0;
    for row in 1..=rows {
        let (now, last, before) = (row % 3, (row + 2) % 3, (row + 1) % 3);
        let (from, to) = (row.saturating_sub(max_edits), columns.min(row + max_edits));
        if from == 0 {
            table[now][0] = row as u8;
        } else {
            table[now][from - 1] = FAR;
        }
        let mut best = if from == 0 { row as u8 } else { FAR };
        for column in from.max(1)..=to {
            let same = query[row - 1] == name[column - 1];
            let mut cell = table[last][column - 1] + u8::from(!same);
            cell = cell.min(table[last][column] + 1).min(table[now][column - 1] + 1);
            if row > 1 && column > 1 && query[row - 1] == name[column - 2] && query[row - 2] == name[column - 1] {
                cell = cell.min(table[before][column - 2] + 1);
            }
            table[now][column] = cell;
            best = best.min(cell);
        }
        table[now][to + 1] = FAR;
        // A transposition looks back two rows, so stop early only if the last two rows both exceed the limit.
        if usize::from(best.min(best_of_last)) > max_edits {
            return None;
        }
        best_of_last = best;
    }
    let (from, to) = (rows.saturating_sub(max_edits), columns.min(rows + max_edits));
    let last = &table[rows % 3];
    let prefix = (from..=to)
        .filter(|&length| may_end(length))
        .map(|length| last[length])
        .min()?;
    let whole = if to == name.len() { last[to] } else { FAR };
    let place = if whole > prefix { Place::Beginning } else { Place::Whole };
    (usize::from(prefix) <= max_edits).then_some(FuzzyMatch { edits: prefix, place })
}

/// Matches initials with one syllable left out: ㅅㅇㅊㅇ for 살인의 추억, because people leave out particles.
pub fn match_initials_but_one(query: &[u8], letters: &[u8], marks: &[u8]) -> Option<FuzzyMatch> {
    if query.len() < 4 {
        return None;
    }
    let starts = || (0..letters.len()).filter(|&at| marks[at] & UNIT_START != 0);
    let heads: Vec<(u8, bool)> = starts().map(|at| (letters[at], marks[at] & WORD_START != 0)).collect();
    let mut best = None;
    for at in (0..heads.len()).filter(|&at| heads[at].1 && is_consonant(heads[at].0)) {
        let name = &heads[at..];
        let agreed = query
            .iter()
            .zip(name)
            .take_while(|(letter, (head, _))| *letter == head)
            .count();
        // The first syllable must be there.
        let skipped = agreed > 0
            && agreed < query.len()
            && name.get(agreed + 1..).is_some_and(|rest| {
                rest.len() >= query.len() - agreed
                    && query[agreed..]
                        .iter()
                        .zip(rest)
                        .all(|(letter, (head, _))| letter == head)
            });
        if skipped {
            let place = match (at, name.len() > query.len() + 1) {
                (0, false) => Place::Whole,
                (0, true) => Place::Beginning,
                _ => Place::LaterWord,
            };
            let matched = FuzzyMatch { edits: 1, place };
            best = Some(best.map_or(matched, |best: FuzzyMatch| best.min(matched)));
        }
    }
    best
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::super::search_key::SearchKey;
    use super::*;

    fn best_match(query: &str, name: &str) -> Option<FuzzyMatch> {
        let (query, name) = (SearchKey::of(query).letters, SearchKey::of(name));
        fuzzy_match(&query, &name.letters, &name.marks, 0, allowed_edits(query.len()))
    }

    #[test]
    fn a_short_query_may_have_one_edit_and_a_long_one_two() {
        for (query, name, expected) in [
            ("기생츙", "기생충", Some((1, Place::Whole))),
            ("기샹충", "기생충", Some((1, Place::Whole))),
            ("paraiste", "Parasite", Some((1, Place::Whole))),
            ("interstelar", "Interstellar", Some((1, Place::Whole))),
            ("intersteler", "Interstellar", Some((2, Place::Whole))),
            ("interst", "Interstellar", Some((0, Place::Beginning))),
            ("intrest", "Interstellar", Some((1, Place::Beginning))),
            ("intrset", "Interstellar", None),
            ("괘물", "괴물", Some((1, Place::Whole))),
            ("drak", "The Dark Knight", Some((1, Place::LaterWord))),
            ("par", "war", None),
            ("nolan", "Xavier Dolan", Some((1, Place::LaterWord))),
            ("nolan", "Roman Polanski", None),
            ("nolan", "Nolte Man", None),
            ("dolan", "Nolans", None),
            ("hello world", "Interstellar", None),
        ] {
            let found = best_match(query, name).map(|matched| (matched.edits, matched.place));
            assert_eq!(found, expected, "{query} {name}");
        }
    }

    #[test]
    fn one_syllable_may_be_missing_among_initials() {
        let place = |query: &str, name: &str| {
            let (query, name) = (SearchKey::of(query).letters, SearchKey::of(name));
            match_initials_but_one(&query, &name.letters, &name.marks).map(|matched| matched.place)
        };
        assert_eq!(place("ㅅㅇㅊㅇ", "살인의 추억"), Some(Place::Whole));
        assert_eq!(place("ㅊㅈㅎㄱㅈ", "친절한 금자씨"), None);
        assert_eq!(place("ㅊㅎㄱㅈ", "친절한 금자씨"), Some(Place::Beginning));
        assert_eq!(place("ㅅㅊㅇ", "살인의 추억"), None);
    }

    /// The distance by the whole table, without band or early stop.
    fn full_distance(query: &[u8], name: &[u8]) -> usize {
        let mut table = vec![vec![0; name.len() + 1]; query.len() + 1];
        for i in 0..=query.len() {
            for j in 0..=name.len() {
                table[i][j] = match (i, j) {
                    (0, j) => j,
                    (i, 0) => i,
                    _ => {
                        let step = usize::from(query[i - 1] != name[j - 1]);
                        let mut cell = (table[i - 1][j - 1] + step)
                            .min(table[i - 1][j] + 1)
                            .min(table[i][j - 1] + 1);
                        if i > 1 && j > 1 && query[i - 1] == name[j - 2] && query[i - 2] == name[j - 1] {
                            cell = cell.min(table[i - 2][j - 2] + 1);
                        }
                        cell
                    }
                };
            }
        }
        table[query.len()].iter().copied().min().unwrap()
    }

    #[test]
    fn the_band_agrees_with_the_whole_table() {
        let mut random = StdRng::seed_from_u64(4);
        let mut word = |most: usize| -> Vec<u8> {
            (0..random.random_range(1..most))
                .map(|_| random.random_range(b'a'..=b'c'))
                .collect()
        };
        for _ in 0..20_000 {
            let (query, name) = (word(9), word(14));
            let found = match_prefix(&query, &name, MAX_EDITS, |_| true).map(|matched| usize::from(matched.edits));
            let distance = full_distance(&query, &name);
            assert_eq!(found, (distance <= MAX_EDITS).then_some(distance), "{query:?} {name:?}");
        }
    }
}
