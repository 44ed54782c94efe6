//! Search keys of list titles: the letters as a Korean keyboard types them, so that a half-typed syllable is a prefix (명자 of 명작).
//! Case, accents, width, spaces and punctuation are ignored. The initial consonants are a second key: ㄴㅇㅅㅇ finds 내 인생의.

use std::collections::BTreeSet;

use hangul::Jamo;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// The keys of a title.
pub(super) struct SearchKey {
    pub(super) key: String,
    pub(super) initials: String,
    /// The n-grams of both keys, which the index finds candidates by.
    pub(super) grams: Vec<String>,
}

impl SearchKey {
    pub(super) fn of(title: &str) -> Self {
        let (key, initials) = (search_key(title), initials(title));
        let both: BTreeSet<String> = [grams(&key), grams(&initials)].into_iter().flatten().collect();
        Self {
            key,
            initials,
            grams: both.into_iter().collect(),
        }
    }
}

/// The letters and digits of a text, syllables decomposed.
pub(super) fn search_key(text: &str) -> String {
    decompose(text, |_| true)
}

/// The same, but of each syllable only its initial consonant.
fn initials(text: &str) -> String {
    decompose(text, |jamo| matches!(jamo, Jamo::Lead(_)))
}

fn decompose(text: &str, is_kept: fn(Jamo) -> bool) -> String {
    let mut key = String::new();
    for c in text.nfkd() {
        match Jamo::of(c) {
            Some(jamo) if is_kept(jamo) => key.push_str(jamo.keystrokes()),
            Some(_) => {}
            None if is_combining_mark(c) || !c.is_alphanumeric() => {}
            None => key.extend(c.to_lowercase()),
        }
    }
    key
}

/// The distinct unigrams and bigrams of a key. A text that contains another has all of the other's grams.
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
    fn every_step_of_typing_a_title_is_a_prefix() {
        for (title, typed) in [
            ("명작", "ㅁ 며 명 명ㅈ 명자 명작"),
            ("과학 영화", "ㄱ 고 과 괗 과하 과학 과학ㅇ 과학여 과학영 과학영ㅎ"),
            ("닭", "ㄷ 다 달 닭"),
            ("Café Müller", "c CA caf CAFE cafem cafému ＣＡＦＥ"),
        ] {
            let key = search_key(title);
            for typed in typed.split(' ') {
                assert!(key.starts_with(&search_key(typed)), "{typed}: {key}");
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
            let found = SearchKey::of(title);
            assert!(grams(expected).iter().all(|gram| found.grams.contains(gram)), "{title}");
            // A typed query of consonants is its own key, also where two of them form a cluster: ㄳ.
            assert_eq!(search_key(expected), expected);
        }
        assert_eq!(search_key("ㄳ"), "ㄱㅅ");
    }

    #[test]
    fn only_letters_and_digits_count() {
        assert_eq!(search_key("Top 10!? (2024)"), "top102024");
        assert_eq!(search_key("100% _ 'x'; --"), "100x");
        assert_eq!(search_key("… ★ 🎬"), "");
        // The size of the index entry is bounded by the title.
        assert!(search_key(&"가".repeat(100)).chars().count() <= 500);
    }

    #[test]
    fn a_text_has_all_grams_of_each_substring() {
        let whole = grams(&search_key("비 오는 날의 명작"));
        for part in ["비오는", "날", "ㅇ", "명자", "오는 날의"] {
            assert!(
                grams(&search_key(part)).iter().all(|gram| whole.contains(gram)),
                "{part}"
            );
        }
        assert!(!grams(&search_key("작명")).iter().all(|gram| whole.contains(gram)));
    }
}
