//! The search key of a title, a name or a query: the letters that a Korean keyboard types, so that a half-typed syllable is a
//! prefix: 기새 is ㄱㅣㅅㅐ and 기생충 is ㄱㅣㅅㅐㅇㅊㅜㅇ. Compound vowels and clusters are split as in the crate `hangul`, a
//! trailing consonant is the same letter as a leading one, and case, accents, width, spaces and punctuation do not count.

use hangul::Jamo;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Mark of a letter that begins a syllable, or is a character of another script.
pub const UNIT_START: u8 = 1;
/// Mark of a letter that begins a word.
pub const WORD_START: u8 = 2;

const FIRST_JAMO: char = 'ㄱ';
/// Compatibility jamo have the consonants first, then the vowels.
const CONSONANTS: u8 = ('ㅏ' as u32 - FIRST_JAMO as u32) as u8;

/// The byte of ㄱ; the other jamo follow. Lower bytes are ASCII.
const JAMO: u8 = 0x80;
/// A letter is one byte, so that a scan is cheap; a character of another script takes three. The first of them differs from
/// the other two, so that no match begins in the middle of a character.
const OTHER_LEAD: u8 = 0xB4;
const OTHER_NEXT: u8 = 0xC0;

/// The letters of a text, with a mark for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchKey {
    pub letters: Vec<u8>,
    pub marks: Vec<u8>,
    /// The text has standalone vowels, as in ㄱㅣㅅㅐㅇ, so its standalone consonants are not initials.
    pub spelled_out: bool,
}

impl SearchKey {
    pub fn of(text: &str) -> Self {
        let mut writer = Writer::default();
        for c in text.chars() {
            match hangul::standalone_letter(c) {
                // NFKD would turn ㄳ into a trailing consonant, but keyboards write it for ㄱ and ㅅ.
                Some(letter) => writer.standalone(letter),
                None => std::iter::once(c).nfkd().for_each(|c| writer.character(c)),
            }
        }
        writer.key
    }

    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// The places of the letters that begin a syllable or character.
    pub fn units(&self) -> impl Iterator<Item = usize> {
        (0..self.marks.len()).filter(|&at| self.marks[at] & UNIT_START != 0)
    }

    /// Whether the text has standalone consonants: ㄱㅅㅊ, or 기ㅅㅊ.
    pub fn has_initials(&self) -> bool {
        !self.spelled_out
            && self
                .units()
                .any(|at| is_consonant(self.letters[at]) && self.unit_end(at) == at + 1)
    }

    /// Whether the text is nothing but standalone consonants.
    pub fn is_initials(&self) -> bool {
        !self.is_empty()
            && !self.spelled_out
            && self.units().count() == self.letters.len()
            && self.letters.iter().all(|&letter| is_consonant(letter))
    }

    fn unit_end(&self, at: usize) -> usize {
        unit_end(&self.marks, at)
    }

    /// The letters that occur, as bits: rules out quickly what cannot match.
    pub fn mask(&self) -> u128 {
        self.letters.iter().fold(0, |mask, &letter| mask | letter_bit(letter))
    }
}

/// The letter's bit in a mask; a few letters share one.
pub fn letter_bit(letter: u8) -> u128 {
    1 << (letter & 0x7f)
}

/// The end of the unit that begins at `at`.
pub fn unit_end(marks: &[u8], at: usize) -> usize {
    (at + 1..marks.len())
        .find(|&next| marks[next] & UNIT_START != 0)
        .unwrap_or(marks.len())
}

pub fn is_consonant(letter: u8) -> bool {
    (JAMO..JAMO + CONSONANTS).contains(&letter)
}

pub fn is_jamo(letter: u8) -> bool {
    (JAMO..OTHER_LEAD).contains(&letter)
}

#[derive(Default)]
struct Writer {
    key: SearchKey,
    /// No separator since the last letter.
    in_word: bool,
    hangul: bool,
}

impl Writer {
    fn standalone(&mut self, letter: char) {
        let keys = hangul::keystrokes(letter).unwrap_or_default();
        if hangul::is_vowel(letter) {
            self.key.spelled_out = true;
            self.vowel(keys);
        } else {
            for key in keys.chars() {
                self.unit(jamo_letter(key), true);
            }
        }
    }

    /// One character of the decomposed text; a syllable arrives as its conjoining jamo.
    fn character(&mut self, c: char) {
        match Jamo::of(c) {
            Some(Jamo::Lead(keys)) => keys.chars().for_each(|key| self.unit(jamo_letter(key), true)),
            Some(Jamo::Vowel(keys)) => self.vowel(keys),
            Some(Jamo::Trail(keys)) => self.continuation(keys),
            None => self.other_script(c),
        }
    }

    fn other_script(&mut self, c: char) {
        match c {
            // "Fast & Furious" and "Fast and Furious" are one title.
            '&' => {
                self.in_word = false;
                b"and".iter().for_each(|&letter| self.unit(letter, false));
                self.in_word = false;
            }
            // An apostrophe does not end the word: Schindler's is schindlers.
            '\'' | '’' | '‘' | '`' | 'ʼ' => {}
            _ if is_combining_mark(c) => {}
            _ if c.is_ascii_alphanumeric() => self.unit(c.to_ascii_lowercase() as u8, false),
            _ if c.is_alphanumeric() => self.letter(c),
            _ => self.in_word = false,
        }
    }

    /// Characters without a Unicode decomposition are spelled as people type them; the rest keep their code point.
    fn letter(&mut self, c: char) {
        let ascii = match c {
            'æ' | 'Æ' => "ae",
            'œ' | 'Œ' => "oe",
            'ø' | 'Ø' => "o",
            'ł' | 'Ł' => "l",
            'đ' | 'Đ' | 'ð' | 'Ð' => "d",
            'þ' | 'Þ' => "th",
            'ß' | 'ẞ' => "ss",
            'ı' => "i",
            _ => "",
        };
        if !ascii.is_empty() {
            return ascii.bytes().for_each(|letter| self.unit(letter, false));
        }
        for lower in c.to_lowercase() {
            if lower.is_ascii() {
                self.unit(lower as u8, false);
            } else if !is_combining_mark(lower) {
                let code = lower as u32 % (12 << 12);
                self.unit(OTHER_LEAD + (code >> 12) as u8, false);
                self.push(OTHER_NEXT + (code >> 6 & 63) as u8, 0);
                self.push(OTHER_NEXT + (code & 63) as u8, 0);
            }
        }
    }

    fn vowel(&mut self, keys: &str) {
        if self.in_word && self.key.letters.last().is_some_and(|&last| is_jamo(last)) {
            self.continuation(keys);
        } else {
            // No syllable of a name begins with a vowel, so a vowel that begins one here matches nothing.
            let mut keys = keys.chars();
            if let Some(first) = keys.next() {
                self.unit(jamo_letter(first), true);
            }
            keys.for_each(|key| self.push(jamo_letter(key), 0));
        }
    }

    fn continuation(&mut self, keys: &str) {
        for key in keys.chars() {
            if self.in_word {
                self.push(jamo_letter(key), 0);
            } else {
                // A trailing consonant with nothing before it is malformed input; it becomes a unit of its own.
                self.unit(jamo_letter(key), true);
            }
        }
    }

    fn unit(&mut self, letter: u8, hangul: bool) {
        // A change of script begins a word: people search for either half of 공동경비구역JSA.
        let word = !self.in_word || self.hangul != hangul;
        self.push(letter, if word { UNIT_START | WORD_START } else { UNIT_START });
        (self.in_word, self.hangul) = (true, hangul);
    }

    fn push(&mut self, letter: u8, mark: u8) {
        self.key.letters.push(letter);
        self.key.marks.push(mark);
    }
}

fn jamo_letter(jamo: char) -> u8 {
    JAMO + (jamo as u32 - FIRST_JAMO as u32) as u8
}

/// The sort key of a title: composed, lower case, letters and digits with single spaces. Composed syllables sort in
/// dictionary order (가나 before 각), keystrokes do not.
pub fn collation_key(title: &str) -> Box<str> {
    let mut key = String::with_capacity(title.len());
    for c in title.nfkc().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with(' ') && !matches!(c, '\'' | '’') {
            key.push(' ');
        }
    }
    key.truncate(key.trim_end().len());
    key.into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    /// The letters as text, readable in a failure.
    fn readable(text: &str) -> String {
        SearchKey::of(text)
            .letters
            .iter()
            .map(|&letter| match letter {
                JAMO..OTHER_LEAD => char::from_u32(FIRST_JAMO as u32 + u32::from(letter - JAMO)).unwrap(),
                _ => letter as char,
            })
            .collect()
    }

    #[test]
    fn a_syllable_becomes_its_keystrokes() {
        for (text, letters) in [
            ("기생충", "ㄱㅣㅅㅐㅇㅊㅜㅇ"),
            ("과", "ㄱㅗㅏ"),
            ("닭", "ㄷㅏㄹㄱ"),
            ("있다", "ㅇㅣㅆㄷㅏ"),
            ("의", "ㅇㅡㅣ"),
            ("꽃", "ㄲㅗㅊ"),
            ("ㄳ", "ㄱㅅ"),
            ("Amélie & Bjørn's — 3", "amelieandbjorns3"),
            ("ＪＳＡ", "jsa"),
            ("ﾡￂ", "ㄱㅏ"),
        ] {
            assert_eq!(readable(text), letters, "{text}");
        }
    }

    #[test]
    fn words_begin_after_spaces_and_at_a_change_of_script() {
        let text = SearchKey::of("살인의 추억JSA don't-go");
        let words: Vec<usize> = (0..text.marks.len())
            .filter(|&at| text.marks[at] & WORD_START != 0)
            .collect();
        // 살인의 is nine letters (ㅅㅏㄹ ㅇㅣㄴ ㅇㅡㅣ), 추억 five.
        assert_eq!(words, [0, 9, 14, 17, 21]);
    }

    #[test]
    fn initials_are_standalone_consonants() {
        for (text, some, only) in [
            ("ㄱㅅㅊ", true, true),
            ("ㄳㅊ", true, true),
            ("기ㅅㅊ", true, false),
            ("기생", false, false),
            ("ㄱㅣㅅㅐㅇ", false, false),
            ("abc", false, false),
            ("", false, false),
        ] {
            let letters = SearchKey::of(text);
            assert_eq!((letters.has_initials(), letters.is_initials()), (some, only), "{text}");
        }
    }

    fn syllables(random: &mut StdRng) -> String {
        let count = random.random_range(1..8);
        (0..count)
            .map(|_| char::from_u32(random.random_range(0xAC00..=0xD7A3)).unwrap())
            .collect()
    }

    #[test]
    fn composed_decomposed_and_spelled_out_text_has_the_same_key() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..5_000 {
            let text = syllables(&mut random);
            let decomposed: String = text.nfd().collect();
            assert_eq!(SearchKey::of(&text), SearchKey::of(&decomposed), "{text}");
            let spelled: String = readable(&text);
            assert_eq!(SearchKey::of(&text).letters, SearchKey::of(&spelled).letters, "{text}");
        }
    }

    #[test]
    fn every_half_typed_text_is_a_prefix_of_the_whole() {
        let mut random = StdRng::seed_from_u64(2);
        for _ in 0..5_000 {
            let text = syllables(&mut random);
            let whole = SearchKey::of(&text).letters;
            for end in text.char_indices().map(|(at, c)| at + c.len_utf8()) {
                assert!(whole.starts_with(&SearchKey::of(&text[..end]).letters), "{text}");
            }
            // Before its trailing consonant is typed, the last syllable is open.
            let last = text.chars().last().unwrap() as u32;
            let open = char::from_u32(last - (last - 0xAC00) % 28).unwrap();
            let typed: String = text.chars().take(text.chars().count() - 1).chain([open]).collect();
            assert!(whole.starts_with(&SearchKey::of(&typed).letters), "{text} {typed}");
        }
    }

    #[test]
    fn any_text_has_a_key_with_as_many_marks_as_letters() {
        let mut random = StdRng::seed_from_u64(3);
        for _ in 0..5_000 {
            let text: String = (0..12)
                .filter_map(|_| char::from_u32(random.random_range(0..0x11_0000)))
                .collect();
            let letters = SearchKey::of(&text);
            assert_eq!(letters.letters.len(), letters.marks.len());
            assert!(letters.is_empty() || letters.marks[0] == UNIT_START | WORD_START);
            assert!(!letters.letters.contains(&0));
        }
    }

    #[test]
    fn titles_sort_in_dictionary_order() {
        let mut titles = ["각", "가나", "Up", "The 39 Steps", "나"];
        titles.sort_by_key(|title| collation_key(title));
        assert_eq!(titles, ["The 39 Steps", "Up", "가나", "각", "나"]);
    }
}
