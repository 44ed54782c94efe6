//! Small typing errors: how many keys must be put right before one text becomes another, or the beginning of another.

use super::text::{UNIT, WORD, is_consonant};

/// Longer queries are not searched for errors.
const LONGEST: usize = 48;
/// Most errors that are ever forgiven.
pub const MOST: usize = 2;

/// How many errors a query of this many letters may have: too few letters and everything resembles everything.
pub fn forgiven(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4..=7 => 1,
        8..=LONGEST => MOST,
        _ => 0,
    }
}

/// A match with errors. Fewer errors rank higher, then the better place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    pub errors: u8,
    pub place: Place,
}

/// What of the name was nearly typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    Whole,
    Beginning,
    LaterWord,
}

/// The best match of `query` at the beginning of any word of a name. After a leading article the name begins once more.
pub fn near(query: &[u8], letters: &[u8], marks: &[u8], article: usize, most: usize) -> Option<Near> {
    let words = (0..letters.len()).filter(|&at| marks[at] & WORD != 0);
    let found = words.filter_map(|at| {
        let near = beginning(query, &letters[at..], most)?;
        Some(if at == 0 || at == article {
            near
        } else {
            Near {
                place: Place::LaterWord,
                ..near
            }
        })
    });
    found.min()
}

/// Distance of `query` to the nearest prefix of `name` (insertions, deletions, substitutions and swapped neighbours),
/// where that is at most `most`. Only the diagonal band that can stay within `most` is computed.
fn beginning(query: &[u8], name: &[u8], most: usize) -> Option<Near> {
    const FAR: u8 = u8::MAX / 2;
    let (rows, columns) = (query.len(), name.len().min(query.len() + most));
    if rows > LONGEST || rows > columns + most {
        return None;
    }
    // Row i holds the distances of the first i letters of the query to each prefix of the name. Three rows are enough, and of
    // each only the band and a cell on either side of it are ever read.
    let mut table = [[FAR; LONGEST + MOST + 2]; 3];
    for (column, cell) in table[0].iter_mut().enumerate().take(most + 1) {
        *cell = column as u8;
    }
    let mut best_of_last = 0;
    for row in 1..=rows {
        let (now, last, before) = (row % 3, (row + 2) % 3, (row + 1) % 3);
        let (from, to) = (row.saturating_sub(most), columns.min(row + most));
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
        // A swap reaches over one row, so both must be beyond hope.
        if usize::from(best.min(best_of_last)) > most {
            return None;
        }
        best_of_last = best;
    }
    let (from, to) = (rows.saturating_sub(most), columns.min(rows + most));
    let last = &table[rows % 3];
    let prefix = *last[from..=to].iter().min()?;
    let whole = if to == name.len() { last[to] } else { FAR };
    let place = if whole > prefix { Place::Beginning } else { Place::Whole };
    let near = Near { errors: prefix, place };
    (usize::from(near.errors) <= most).then_some(near)
}

/// Initials with one syllable left out: ㅅㅇㅊㅇ for 살인의 추억, where a particle is easily forgotten.
pub fn initials_but_one(query: &[u8], letters: &[u8], marks: &[u8]) -> Option<Near> {
    if query.len() < 4 {
        return None;
    }
    let starts = || (0..letters.len()).filter(|&at| marks[at] & UNIT != 0);
    let heads: Vec<(u8, bool)> = starts().map(|at| (letters[at], marks[at] & WORD != 0)).collect();
    let mut best = None;
    for at in (0..heads.len()).filter(|&at| heads[at].1 && is_consonant(heads[at].0)) {
        let name = &heads[at..];
        let agreed = query
            .iter()
            .zip(name)
            .take_while(|(letter, (head, _))| *letter == head)
            .count();
        // The first syllable is never the one left out.
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
            let near = Near { errors: 1, place };
            best = Some(best.map_or(near, |best: Near| best.min(near)));
        }
    }
    best
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::super::text::Letters;
    use super::*;

    fn errors(query: &str, name: &str) -> Option<Near> {
        let (query, name) = (Letters::of(query).letters, Letters::of(name));
        near(&query, &name.letters, &name.marks, 0, forgiven(query.len()))
    }

    #[test]
    fn one_wrong_key_is_forgiven_in_a_short_word_and_two_in_a_long_one() {
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
            ("hello world", "Interstellar", None),
        ] {
            let found = errors(query, name).map(|near| (near.errors, near.place));
            assert_eq!(found, expected, "{query} {name}");
        }
    }

    #[test]
    fn one_syllable_may_be_missing_among_initials() {
        let near = |query: &str, name: &str| {
            let (query, name) = (Letters::of(query).letters, Letters::of(name));
            initials_but_one(&query, &name.letters, &name.marks).map(|near| near.place)
        };
        assert_eq!(near("ㅅㅇㅊㅇ", "살인의 추억"), Some(Place::Whole));
        assert_eq!(near("ㅊㅈㅎㄱㅈ", "친절한 금자씨"), None);
        assert_eq!(near("ㅊㅎㄱㅈ", "친절한 금자씨"), Some(Place::Beginning));
        assert_eq!(near("ㅅㅊㅇ", "살인의 추억"), None);
    }

    /// The textbook distance, without band or early end.
    fn plain(query: &[u8], name: &[u8]) -> usize {
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
    fn the_band_finds_what_the_plain_table_finds() {
        let mut random = StdRng::seed_from_u64(4);
        let mut word = |most: usize| -> Vec<u8> {
            (0..random.random_range(1..most))
                .map(|_| random.random_range(b'a'..=b'c'))
                .collect()
        };
        for _ in 0..20_000 {
            let (query, name) = (word(9), word(14));
            let found = beginning(&query, &name, MOST).map(|near| usize::from(near.errors));
            let distance = plain(&query, &name);
            assert_eq!(found, (distance <= MOST).then_some(distance), "{query:?} {name:?}");
        }
    }
}
