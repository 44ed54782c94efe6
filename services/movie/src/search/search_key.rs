//! Titles, names and queries as the letters a Korean keyboard produces, so that a half-typed syllable is simply a
//! prefix: 기새 is ㄱㅣㅅㅐ and 기생충 is ㄱㅣㅅㅐㅇㅊㅜㅇ. Compound vowels and final clusters are taken apart (ㅘ is typed
//! ㅗㅏ, ㄺ is ㄹㄱ), a final consonant is the same letter as a leading one, and case, accents, width, spaces and
//! punctuation do not count.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// This letter opens a syllable, or is a character of another script.
pub const UNIT: u8 = 1;
/// This letter opens a word.
pub const WORD: u8 = 2;

/// Compatibility jamo, ㄱ (U+3131) to ㅣ (U+3163), as keystrokes.
const KEYS: [&str; 51] = [
    "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄸ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ",
    "ㅁ", "ㅂ", "ㅃ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅉ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ", "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ",
    "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ",
];
const FIRST_JAMO: u32 = 0x3131;
/// How many of the 51 are consonants; the vowels follow.
const CONSONANTS: u32 = 30;
/// Leading consonants in the order of U+1100, as offsets from ㄱ.
const LEADS: [u32; 19] = [0, 1, 3, 6, 7, 8, 16, 17, 18, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29];
/// Final consonants in the order of U+11A8, as offsets from ㄱ.
const TRAILS: [u32; 27] = [
    0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29,
];

/// Jamo letters begin here; below is ASCII.
const JAMO: u8 = 0x80;
/// A character of any other script takes three bytes, so that a letter is a byte and scanning stays cheap.
/// Its first byte is one no continuation has: a match cannot begin in the middle.
const OTHER_LEAD: u8 = 0xB4;
const OTHER_NEXT: u8 = 0xC0;

/// A text in letters, with a mark beside each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letters {
    pub letters: Vec<u8>,
    pub marks: Vec<u8>,
    /// A vowel stood alone, as in ㄱㅣㅅㅐㅇ: then consonants that stand alone are no initials, the word is spelled out.
    pub spelled: bool,
}

impl Letters {
    /// Normalises a title, a name or a query.
    pub fn of(text: &str) -> Self {
        let mut writer = Writer::default();
        for c in text.chars() {
            match compatibility_jamo(c) {
                // These must not pass NFKD: it makes a final consonant of ㄳ, which keyboards write for ㄱ, ㅅ.
                Some(jamo) => writer.lone_jamo(jamo),
                None => std::iter::once(c).nfkd().for_each(|c| writer.character(c)),
            }
        }
        writer.text
    }

    pub fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    /// Where each syllable or character begins.
    pub fn units(&self) -> impl Iterator<Item = usize> {
        (0..self.marks.len()).filter(|&at| self.marks[at] & UNIT != 0)
    }

    /// Whether consonants stand alone in it: ㄱㅅㅊ, or 기ㅅㅊ.
    pub fn has_initials(&self) -> bool {
        !self.spelled
            && self
                .units()
                .any(|at| is_consonant(self.letters[at]) && self.unit_end(at) == at + 1)
    }

    /// Whether it is nothing but consonants standing alone.
    pub fn is_initials(&self) -> bool {
        !self.is_empty()
            && !self.spelled
            && self.units().count() == self.letters.len()
            && self.letters.iter().all(|&letter| is_consonant(letter))
    }

    fn unit_end(&self, at: usize) -> usize {
        unit_end(&self.marks, at)
    }

    /// Which letters occur, for throwing out quickly what cannot match.
    pub fn mask(&self) -> u128 {
        self.letters.iter().fold(0, |mask, &letter| mask | letter_bit(letter))
    }
}

/// The letter's bit in a mask; a few letters share one.
pub fn letter_bit(letter: u8) -> u128 {
    1 << (letter & 0x7f)
}

/// Where the unit that begins at `at` ends.
pub fn unit_end(marks: &[u8], at: usize) -> usize {
    (at + 1..marks.len())
        .find(|&next| marks[next] & UNIT != 0)
        .unwrap_or(marks.len())
}

/// Whether the letter is a jamo consonant.
pub fn is_consonant(letter: u8) -> bool {
    (JAMO..JAMO + CONSONANTS as u8).contains(&letter)
}

/// Whether the letter is a jamo at all.
pub fn is_jamo(letter: u8) -> bool {
    (JAMO..OTHER_LEAD).contains(&letter)
}

/// The offset from ㄱ of a jamo that stands alone, of full or half width.
fn compatibility_jamo(c: char) -> Option<u32> {
    let c = c as u32;
    match c {
        0x3131..=0x3163 => Some(c - FIRST_JAMO),
        0xFFA1..=0xFFBE => Some(c - 0xFFA1),
        0xFFC2..=0xFFC7 => Some(c - 0xFFC2 + CONSONANTS),
        0xFFCA..=0xFFCF => Some(c - 0xFFCA + CONSONANTS + 6),
        0xFFD2..=0xFFD7 => Some(c - 0xFFD2 + CONSONANTS + 12),
        0xFFDA..=0xFFDC => Some(c - 0xFFDA + CONSONANTS + 18),
        _ => None,
    }
}

#[derive(Default)]
struct Writer {
    text: Letters,
    /// No separator since the last letter.
    in_word: bool,
    hangul: bool,
}

impl Writer {
    fn lone_jamo(&mut self, jamo: u32) {
        if jamo < CONSONANTS {
            for key in KEYS[jamo as usize].chars() {
                self.unit(jamo_letter(key), true);
            }
        } else {
            self.text.spelled = true;
            self.vowel(jamo);
        }
    }

    /// One character of the decomposed text; a syllable arrives as its conjoining jamo.
    fn character(&mut self, c: char) {
        match c as u32 {
            lead @ 0x1100..=0x1112 => {
                self.unit(JAMO + LEADS[(lead - 0x1100) as usize] as u8, true);
            }
            vowel @ 0x1161..=0x1175 => self.vowel(vowel - 0x1161 + CONSONANTS),
            trail @ 0x11A8..=0x11C2 => self.keys(TRAILS[(trail - 0x11A8) as usize]),
            _ if is_combining_mark(c) => {}
            _ if c.is_ascii_alphanumeric() => self.unit(c.to_ascii_lowercase() as u8, false),
            _ if c.is_alphanumeric() => self.foreign(c),
            // So that "Fast & Furious" and "Fast and Furious" are one title.
            _ if c == '&' => {
                self.in_word = false;
                b"and".iter().for_each(|&letter| self.unit(letter, false));
                self.in_word = false;
            }
            // An apostrophe does not end the word: Schindler's is schindlers.
            _ if matches!(c, '\'' | '’' | '‘' | '`' | 'ʼ') => {}
            _ => self.in_word = false,
        }
    }

    /// Letters that have no decomposition are spelled as people type them; the rest keep their own code.
    fn foreign(&mut self, c: char) {
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

    fn vowel(&mut self, jamo: u32) {
        if self.in_word && self.text.letters.last().is_some_and(|&last| is_jamo(last)) {
            self.keys(jamo);
        } else {
            // No syllable begins with a vowel letter; it stays, so that it matches nothing rather than anything.
            self.unit(JAMO + jamo as u8, true);
        }
    }

    fn keys(&mut self, jamo: u32) {
        for key in KEYS[jamo as usize].chars() {
            if self.in_word {
                self.push(jamo_letter(key), 0);
            } else {
                // A final consonant with nothing before it: broken input, kept as a letter of its own.
                self.unit(jamo_letter(key), true);
            }
        }
    }

    fn unit(&mut self, letter: u8, hangul: bool) {
        // 공동경비구역JSA is two words: people search for either.
        let word = !self.in_word || self.hangul != hangul;
        self.push(letter, if word { UNIT | WORD } else { UNIT });
        (self.in_word, self.hangul) = (true, hangul);
    }

    fn push(&mut self, letter: u8, mark: u8) {
        self.text.letters.push(letter);
        self.text.marks.push(mark);
    }
}

fn jamo_letter(jamo: char) -> u8 {
    JAMO + (jamo as u32 - FIRST_JAMO) as u8
}

/// What a title is sorted by: composed, lower case, letters and digits with single spaces. Hangul syllables are in
/// dictionary order in Unicode, which taken-apart letters are not (가나 stands before 각).
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

    /// The letters as text again, to read in a failure.
    fn shown(text: &str) -> String {
        Letters::of(text)
            .letters
            .iter()
            .map(|&letter| match letter {
                JAMO..OTHER_LEAD => char::from_u32(FIRST_JAMO + u32::from(letter - JAMO)).unwrap(),
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
            assert_eq!(shown(text), letters, "{text}");
        }
    }

    #[test]
    fn words_open_after_spaces_and_where_the_script_changes() {
        let text = Letters::of("살인의 추억JSA don't-go");
        let words: Vec<usize> = (0..text.marks.len()).filter(|&at| text.marks[at] & WORD != 0).collect();
        // 살인의 is nine letters (ㅅㅏㄹ ㅇㅣㄴ ㅇㅡㅣ), 추억 five.
        assert_eq!(words, [0, 9, 14, 17, 21]);
    }

    #[test]
    fn initials_are_consonants_that_stand_alone() {
        for (text, some, only) in [
            ("ㄱㅅㅊ", true, true),
            ("ㄳㅊ", true, true),
            ("기ㅅㅊ", true, false),
            ("기생", false, false),
            ("ㄱㅣㅅㅐㅇ", false, false),
            ("abc", false, false),
            ("", false, false),
        ] {
            let letters = Letters::of(text);
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
    fn every_text_reads_the_same_composed_decomposed_and_spelled_out() {
        let mut random = StdRng::seed_from_u64(1);
        for _ in 0..5_000 {
            let text = syllables(&mut random);
            let decomposed: String = text.nfd().collect();
            assert_eq!(Letters::of(&text), Letters::of(&decomposed), "{text}");
            let spelled: String = shown(&text);
            assert_eq!(Letters::of(&text).letters, Letters::of(&spelled).letters, "{text}");
        }
    }

    #[test]
    fn every_state_of_typing_is_a_prefix_of_the_whole() {
        let mut random = StdRng::seed_from_u64(2);
        for _ in 0..5_000 {
            let text = syllables(&mut random);
            let whole = Letters::of(&text).letters;
            for end in text.char_indices().map(|(at, c)| at + c.len_utf8()) {
                assert!(whole.starts_with(&Letters::of(&text[..end]).letters), "{text}");
            }
            // The last syllable without its final consonant is what stands on the screen a key earlier.
            let last = text.chars().last().unwrap() as u32;
            let open = char::from_u32(last - (last - 0xAC00) % 28).unwrap();
            let typed: String = text.chars().take(text.chars().count() - 1).chain([open]).collect();
            assert!(whole.starts_with(&Letters::of(&typed).letters), "{text} {typed}");
        }
    }

    #[test]
    fn any_text_at_all_is_taken_without_panic_and_has_as_many_marks_as_letters() {
        let mut random = StdRng::seed_from_u64(3);
        for _ in 0..5_000 {
            let text: String = (0..12)
                .filter_map(|_| char::from_u32(random.random_range(0..0x11_0000)))
                .collect();
            let letters = Letters::of(&text);
            assert_eq!(letters.letters.len(), letters.marks.len());
            assert!(letters.is_empty() || letters.marks[0] == UNIT | WORD);
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
