//! Text matching: a query, and whether and how well a name matches it.

use super::fuzzy_match::{FuzzyMatch, allowed_edits, ends_word, fuzzy_match, match_initials_but_one};
use super::search_key::{SearchKey, UNIT_START, WORD_START, is_jamo, letter_bit, unit_end};

/// Each word on its own costs a scan of all names.
const MAX_WORDS: usize = 8;

/// How many years of a query are tried as the year of the movie.
const MAX_YEARS: usize = 2;

/// How a name matches a query; earlier variants are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Exact,
    Prefix,
    WordPrefix,
    Substring,
    Fuzzy(FuzzyMatch),
}

/// A query with its search key.
#[derive(Debug)]
pub struct Query {
    key: SearchKey,
    mask: u128,
    kind: Kind,
    /// The distinct words if there are several, at most `MAX_WORDS`. Later words count only as part of the whole query.
    pub words: Vec<Query>,
    /// Years that the query may name, each with the query without it: 기생충 2019. The number may also be part of a title.
    pub years: Vec<(i32, Query)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Literal,
    /// Some standalone consonants, each of which matches any syllable that begins with it.
    Mixed,
    /// Nothing but standalone consonants.
    Initials,
}

/// The year that a word names: 2019, or 2019년.
fn parse_year(word: &str) -> Option<i32> {
    let key = SearchKey::of(word).letters;
    let digits = key.strip_suffix(&SearchKey::of("년").letters[..]).unwrap_or(&key);
    if digits.len() != 4 {
        return None;
    }
    let year = str::from_utf8(digits).ok()?.parse().ok()?;
    (1888..=2100).contains(&year).then_some(year)
}

impl Query {
    pub fn of(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let without = |at: usize| [&words[..at], &words[at + 1..]].concat().join(" ");
        let years = words.iter().enumerate();
        let years = years.filter_map(|(at, word)| Some((parse_year(word)?, Self::of_words(&without(at)))));
        Self {
            years: years.filter(|(_, rest)| !rest.is_empty()).take(MAX_YEARS).collect(),
            ..Self::of_words(text)
        }
    }

    fn of_words(text: &str) -> Self {
        let mut words: Vec<Self> = Vec::new();
        if text.split_whitespace().nth(1).is_some() {
            for word in text.split_whitespace().map(Self::word) {
                if words.len() == MAX_WORDS {
                    break;
                }
                if words.iter().all(|known| known.key != word.key) {
                    words.push(word);
                }
            }
        }
        Self {
            words,
            ..Self::word(text)
        }
    }

    fn word(text: &str) -> Self {
        let key = SearchKey::of(text);
        let kind = match (key.is_initials(), key.has_initials()) {
            (true, _) => Kind::Initials,
            (_, true) => Kind::Mixed,
            _ => Kind::Literal,
        };
        Self {
            mask: key.mask(),
            kind,
            key,
            words: Vec::new(),
            years: Vec::new(),
        }
    }

    /// The query has only spaces and punctuation.
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// The best fit without edits. `article` is the length of a leading The, A or An, which people leave out.
    pub fn fit(&self, letters: &[u8], marks: &[u8], mask: u128, article: usize) -> Option<Fit> {
        // Most names are ruled out here, because they lack a letter of the query.
        if self.mask & !mask != 0 || letters.len() < self.key.letters.len() {
            return None;
        }
        let mut found = false;
        for at in (0..letters.len()).filter(|&at| marks[at] & UNIT_START != 0) {
            let Some(end) = self.match_at(letters, marks, at) else {
                continue;
            };
            if at == 0 || at == article {
                return Some(if end == letters.len() { Fit::Exact } else { Fit::Prefix });
            }
            if marks[at] & WORD_START != 0 {
                return Some(Fit::WordPrefix);
            }
            found = true;
        }
        (found && self.may_be_substring()).then_some(Fit::Substring)
    }

    /// Whether the query is spelled like one or more whole words of the name. Initials stand for many words, so they are not.
    pub fn has_words_of(&self, letters: &[u8], marks: &[u8]) -> bool {
        let mut words = (0..letters.len()).filter(|&at| marks[at] & WORD_START != 0);
        let matches_whole = |at| {
            self.match_at(letters, marks, at)
                .is_some_and(|end| ends_word(marks, end))
        };
        self.kind == Kind::Literal && words.any(matches_whole)
    }

    /// The best fit with edits.
    pub fn fuzzy_fit(&self, letters: &[u8], marks: &[u8], mask: u128, article: usize) -> Option<Fit> {
        let query = &self.key.letters;
        let matched = match self.kind {
            Kind::Literal => {
                let max_edits = allowed_edits(query.len());
                // Each edit accounts for at most one missing letter.
                let missing = |letter: &&u8| mask & letter_bit(**letter) == 0;
                if max_edits == 0 || query.iter().filter(missing).nth(max_edits).is_some() {
                    return None;
                }
                fuzzy_match(query, letters, marks, article, max_edits)
            }
            Kind::Initials => match_initials_but_one(query, letters, marks),
            Kind::Mixed => None,
        };
        matched.map(Fit::Fuzzy)
    }

    /// One or two Latin letters occur in nearly every title, so they match no substring; a Hangul syllable does.
    fn may_be_substring(&self) -> bool {
        self.key.letters.len() > 2 || self.key.letters.first().is_some_and(|&letter| is_jamo(letter))
    }

    /// The end of the match that begins at `at`.
    fn match_at(&self, letters: &[u8], marks: &[u8], at: usize) -> Option<usize> {
        let query = &self.key;
        if self.kind == Kind::Literal {
            return letters[at..]
                .starts_with(&query.letters)
                .then_some(at + query.letters.len());
        }
        let (mut place, mut name) = (0, at);
        while place < query.letters.len() {
            let (next, end) = (unit_end(&query.marks, place), unit_end(marks, name));
            let typed = &query.letters[place..next];
            let initial = next == place + 1;
            let agrees = match letters.get(name..) {
                None | Some([]) => false,
                Some(rest) if initial => rest[0] == typed[0],
                // The last syllable may be half typed, or have the first consonant of the next one as its trailing consonant.
                Some(rest) if next == query.letters.len() => rest.starts_with(typed),
                Some(_) => &letters[name..end] == typed,
            };
            if !agrees {
                return None;
            }
            // An initial stands for the whole syllable.
            name = if next == query.letters.len() && !initial {
                name + typed.len()
            } else {
                end
            };
            place = next;
        }
        Some(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(query: &str, name: &str) -> Option<Fit> {
        let name = SearchKey::of(name);
        Query::of(query).fit(&name.letters, &name.marks, name.mask(), 0)
    }

    #[test]
    fn half_typed_syllables_initials_and_mixtures_match_the_title() {
        for (query, name, expected) in [
            ("기생충", "기생충", Some(Fit::Exact)),
            ("기 생 충!", "기생충", Some(Fit::Exact)),
            ("기새", "기생충", Some(Fit::Prefix)),
            ("기ㅅ", "기생충", Some(Fit::Prefix)),
            ("깃", "기생충", Some(Fit::Prefix)),
            ("기ㅅㅊ", "기생충", Some(Fit::Exact)),
            ("ㄱ생충", "기생충", Some(Fit::Exact)),
            ("ㄱ새", "기생충", Some(Fit::Prefix)),
            ("ㄱㅅㅊ", "기생충", Some(Fit::Exact)),
            ("ㄳㅊ", "기생충", Some(Fit::Exact)),
            ("ㄱㅣㅅㅐㅇ", "기생충", Some(Fit::Prefix)),
            ("ㅅㅊ", "기생충", Some(Fit::Substring)),
            ("생충", "기생충", Some(Fit::Substring)),
            ("ㅊㅇ", "살인의 추억", Some(Fit::WordPrefix)),
            ("추어", "살인의 추억", Some(Fit::WordPrefix)),
            ("darkknight", "The Dark Knight", Some(Fit::WordPrefix)),
            ("night", "The Dark Knight", Some(Fit::Substring)),
            ("ni", "The Dark Knight", None),
            ("기샌ㅊ", "기생충", None),
            ("ㄱㅅㅎ", "기생충", None),
            ("ㅏ", "가나", None),
            ("ㄹㄱ", "닭", None),
        ] {
            assert_eq!(fit(query, name), expected, "{query} {name}");
        }
    }

    #[test]
    fn whole_words_of_a_name_are_told_from_beginnings_and_initials() {
        for (query, name, expected) in [
            ("nolan", "Christopher Nolan", true),
            ("nolan", "Nolan North", true),
            ("darkknight", "The Dark Knight", true),
            ("추억", "살인의 추억", true),
            ("nola", "Christopher Nolan", false),
            ("night", "The Dark Knight", false),
            ("ㅊㅇ", "살인의 추억", false),
        ] {
            let name = SearchKey::of(name);
            let found = Query::of(query).has_words_of(&name.letters, &name.marks);
            assert_eq!(found, expected, "{query}");
        }
    }

    #[test]
    fn words_are_distinct_and_at_most_eight() {
        let words = |text: &str| Query::of(text).words.len();
        for (text, count) in [
            ("", 0),
            ("괴물", 0),
            ("봉준호 괴물", 2),
            ("괴물 괴물", 1),
            ("Alien alien ALIEN queen", 2),
            ("a b c d e f g h", 8),
            ("a b c d e f g h i j", 8),
        ] {
            assert_eq!(words(text), count, "{text}");
        }
        assert_eq!(words(&"a ".repeat(100)), 1);
    }

    #[test]
    fn a_number_beside_other_words_may_be_a_year() {
        let years = |text: &str| Query::of(text).years.iter().map(|(year, _)| *year).collect::<Vec<_>>();
        for (text, expected) in [
            ("기생충 2019", &[2019][..]),
            ("2019 기생충", &[2019]),
            ("기생충 (2019)", &[2019]),
            ("기생충 2019년", &[2019]),
            ("parasite ２０１９", &[2019]),
            ("1917", &[]),
            ("1917 !", &[]),
            ("1917 2019", &[1917, 2019]),
            ("2001 2002 2003", &[2001, 2002]),
            ("roundhay 1888", &[1888]),
            ("roundhay 1887", &[]),
            ("later 2100", &[2100]),
            ("later 2101", &[]),
            ("area 51", &[]),
            ("x 02019", &[]),
            ("x 201a", &[]),
        ] {
            assert_eq!(years(text), expected, "{text}");
        }
        let rest = &Query::of("봉준호 2006 괴물").years[0].1;
        assert_eq!(rest.key, SearchKey::of("봉준호 괴물"));
        assert_eq!(rest.words.len(), 2);
    }

    #[test]
    fn an_article_may_be_left_out() {
        let name = SearchKey::of("The Matrix");
        let fit = Query::of("matrix").fit(&name.letters, &name.marks, name.mask(), 3);
        assert_eq!(fit, Some(Fit::Exact));
    }
}
