//! Titles and queries as the letters that are typed, so that a half-typed syllable is a beginning: 명자 begins 명작. Case,
//! accents, width, spaces and punctuation do not count. Initial consonants are a spelling of their own: ㄴㅇㅅㅇ finds 내 인생의.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// In the order of U+1100.
const LEADS: [&str; 19] = [
    "ㄱ", "ㄲ", "ㄴ", "ㄷ", "ㄸ", "ㄹ", "ㅁ", "ㅂ", "ㅃ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅉ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];
/// In the order of U+1161; compound ones as they are typed.
const VOWELS: [&str; 21] = [
    "ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ",
    "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ",
];
/// In the order of U+11A8: the same letters as in front, for while 명작 is typed it is 명자 and before that 명ㅈ.
const TRAILS: [&str; 27] = [
    "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅁ",
    "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ",
];

/// What a title is found by.
pub(super) struct Letters {
    pub(super) key: String,
    pub(super) initials: String,
    /// Of both.
    pub(super) grams: Vec<String>,
}

impl Letters {
    pub(super) fn of(title: &str) -> Self {
        let (key, initials) = (key(title), initials(title));
        let both: BTreeSet<String> = [grams(&key), grams(&initials)].into_iter().flatten().collect();
        Self {
            key,
            initials,
            grams: both.into_iter().collect(),
        }
    }
}

/// The letters of a text, without anything between them.
pub(super) fn key(text: &str) -> String {
    letters(text, true)
}

/// Likewise, but of each syllable only the consonant that it begins with.
fn initials(text: &str) -> String {
    letters(text, false)
}

fn letters(text: &str, with_rest: bool) -> String {
    let mut key = String::new();
    for c in text.nfkd() {
        let jamo = |first: u32, letters: &[&'static str]| {
            let place = u32::from(c).checked_sub(first)?;
            letters.get(usize::try_from(place).ok()?).copied()
        };
        let rest = jamo(0x1161, &VOWELS).or_else(|| jamo(0x11A8, &TRAILS));
        match jamo(0x1100, &LEADS).or(rest) {
            Some(_) if rest.is_some() && !with_rest => {}
            Some(letters) => key.push_str(letters),
            None if is_combining_mark(c) || !c.is_alphanumeric() => {}
            None => key.extend(c.to_lowercase()),
        }
    }
    key
}

/// The single letters of a key and its pairs of neighbours, each once. A text that contains another has all of the other's.
pub(super) fn grams(key: &str) -> Vec<String> {
    let letters: Vec<char> = key.chars().collect();
    let singles = letters.iter().map(ToString::to_string);
    let pairs = letters.windows(2).map(|pair| pair.iter().collect());
    let grams: BTreeSet<String> = singles.chain(pairs).collect();
    grams.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_on_the_way_to_a_title_is_a_beginning_of_it() {
        for (title, typed) in [
            ("명작", "ㅁ 며 명 명ㅈ 명자 명작"),
            ("과학 영화", "ㄱ 고 과 괗 과하 과학 과학ㅇ 과학여 과학영 과학영ㅎ"),
            ("닭", "ㄷ 다 달 닭"),
            ("Café Müller", "c CA caf CAFE cafem cafému ＣＡＦＥ"),
        ] {
            let key = key(title);
            for typed in typed.split(' ') {
                assert!(key.starts_with(&super::key(typed)), "{typed}: {key}");
            }
        }
    }

    #[test]
    fn initial_consonants_are_those_of_the_syllables() {
        for (title, expected) in [
            ("비 오는 날의 명작", "ㅂㅇㄴㄴㅇㅁㅈ"),
            ("닭과 빵", "ㄷㄱㅃ"),
            ("Top 10 영화", "top10ㅇㅎ"),
            ("ㅋㅋ ㅠㅠ", "ㅋㅋ"),
        ] {
            assert_eq!(initials(title), expected);
            let found = Letters::of(title);
            assert!(grams(expected).iter().all(|gram| found.grams.contains(gram)), "{title}");
            // So does the query when it is typed, even where two consonants have run into one key: ㄳ.
            assert_eq!(key(expected), expected);
        }
        assert_eq!(key("ㄳ"), "ㄱㅅ");
    }

    #[test]
    fn only_letters_and_digits_count() {
        assert_eq!(key("Top 10!? (2024)"), "top102024");
        assert_eq!(key("100% _ 'x'; --"), "100x");
        assert_eq!(key("… ★ 🎬"), "");
        // What stands in the index stays bounded by what was given.
        assert!(key(&"가".repeat(100)).chars().count() <= 500);
    }

    #[test]
    fn what_contains_a_text_has_all_of_its_grams() {
        let whole = grams(&key("비 오는 날의 명작"));
        for part in ["비오는", "날", "ㅇ", "명자", "오는 날의"] {
            assert!(grams(&key(part)).iter().all(|gram| whole.contains(gram)), "{part}");
        }
        assert!(!grams(&key("작명")).iter().all(|gram| whole.contains(gram)));
    }
}
