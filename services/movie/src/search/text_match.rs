//! A query, and whether and how well a name answers it.

use super::text::{Letters, UNIT, WORD, is_jamo, letter_bit, unit_end};
use super::typo::{self, Near};

/// Each word on its own costs a look at every name.
const MOST_WORDS: usize = 8;

/// How a name answers a query; the earlier, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    Exact,
    Prefix,
    WordPrefix,
    Substring,
    Near(Near),
}

/// What was typed, ready to be compared.
#[derive(Debug)]
pub struct Query {
    text: Letters,
    mask: u128,
    kind: Kind,
    /// The words on their own, where there are several: each once, and no more than the first eight. Later ones are looked
    /// for only as a part of the whole text, so they narrow nothing that is found word by word.
    pub words: Vec<Query>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Literal,
    /// Some consonants stand alone and mean any syllable that begins with them.
    Mixed,
    /// Nothing but such consonants.
    Initials,
}

impl Query {
    pub fn of(text: &str) -> Self {
        let mut words: Vec<Self> = Vec::new();
        if text.split_whitespace().nth(1).is_some() {
            for word in text.split_whitespace().map(Self::word) {
                if words.len() == MOST_WORDS {
                    break;
                }
                if words.iter().all(|known| known.text != word.text) {
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
        let text = Letters::of(text);
        let kind = match (text.is_initials(), text.has_initials()) {
            (true, _) => Kind::Initials,
            (_, true) => Kind::Mixed,
            _ => Kind::Literal,
        };
        Self {
            mask: text.mask(),
            kind,
            text,
            words: Vec::new(),
        }
    }

    /// True when nothing of what was typed counts: spaces and punctuation only.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The best fit without errors. `article`: letters of a leading The, A or An, which people leave out.
    pub fn fit(&self, letters: &[u8], marks: &[u8], mask: u128, article: usize) -> Option<Fit> {
        // Nearly every name ends here: it lacks a letter of the query.
        if self.mask & !mask != 0 || letters.len() < self.text.letters.len() {
            return None;
        }
        let mut found = false;
        for at in (0..letters.len()).filter(|&at| marks[at] & UNIT != 0) {
            let Some(end) = self.match_at(letters, marks, at) else {
                continue;
            };
            if at == 0 || at == article {
                return Some(if end == letters.len() { Fit::Exact } else { Fit::Prefix });
            }
            if marks[at] & WORD != 0 {
                return Some(Fit::WordPrefix);
            }
            found = true;
        }
        (found && self.may_be_inside()).then_some(Fit::Substring)
    }

    /// The best fit with small errors.
    pub fn near(&self, letters: &[u8], marks: &[u8], mask: u128, article: usize) -> Option<Fit> {
        let query = &self.text.letters;
        let near = match self.kind {
            Kind::Literal => {
                let most = typo::forgiven(query.len());
                // Each error accounts for at most one letter that is missing.
                let missing = |letter: &&u8| mask & letter_bit(**letter) == 0;
                if most == 0 || query.iter().filter(missing).nth(most).is_some() {
                    return None;
                }
                typo::near(query, letters, marks, article, most)
            }
            Kind::Initials => typo::initials_but_one(query, letters, marks),
            Kind::Mixed => None,
        };
        near.map(Fit::Near)
    }

    /// One or two Latin letters are inside nearly every title; a Hangul syllable says more.
    fn may_be_inside(&self) -> bool {
        self.text.letters.len() > 2 || self.text.letters.first().is_some_and(|&letter| is_jamo(letter))
    }

    /// Where the match ends that begins at `at`.
    fn match_at(&self, letters: &[u8], marks: &[u8], at: usize) -> Option<usize> {
        let query = &self.text;
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
                // The last syllable may be half typed, or hold the first consonant of the one after it.
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
        let name = Letters::of(name);
        Query::of(query).fit(&name.letters, &name.marks, name.mask(), 0)
    }

    #[test]
    fn half_typed_syllables_initials_and_mixtures_find_the_title() {
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
    fn each_word_is_looked_for_once_and_only_the_first_eight() {
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
    fn an_article_may_be_left_out() {
        let name = Letters::of("The Matrix");
        let fit = Query::of("matrix").fit(&name.letters, &name.marks, name.mask(), 3);
        assert_eq!(fit, Some(Fit::Exact));
    }
}
