//! The spam filter rejects advertisements, and one text under many movies. It counts links, repeated words and equal texts.

use std::collections::HashMap;

use super::{Reason, Unchecked, Verdict};

/// A link to a source and one to a trailer are fine.
const MAX_LINKS: usize = 2;
/// In a text of at least so many words with a link or an address, no word may be half of the text.
const WORDS_TO_REPEAT: usize = 20;
/// Shorter equal texts are coincidence: many members write 최고의 영화 more than once.
const DISTINCTIVE_LETTERS: usize = 20;
/// Movies on which a member may post the same text.
const MAX_EARLIER_COPIES: i64 = 3;

/// Repetition alone is not spam: laughter, applause and hearts may be repeated in any script. It is spam together with a link, an
/// address or a telephone number.
pub(crate) fn judge(unchecked: &Unchecked<'_>) -> Verdict {
    let text = unchecked.text;
    let is_copied = unchecked.earlier_copies >= MAX_EARLIER_COPIES && letters(text).count() >= DISTINCTIVE_LETTERS;
    let is_repetitive = has_contact(text) && repeats_a_word(text);
    if is_copied || links(text) > MAX_LINKS || is_repetitive {
        Verdict::Hidden(Reason::Spam)
    } else {
        Verdict::Passes
    }
}

/// The text without case, spaces and punctuation; texts with equal fingerprints count as the same.
pub(crate) fn fingerprint(text: &str) -> String {
    let letters: String = letters(text).collect();
    if letters.is_empty() { text.to_owned() } else { letters }
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
}

fn links(text: &str) -> usize {
    let text = text.to_lowercase();
    let bare = text
        .match_indices("www.")
        .filter(|(at, _)| !text[..*at].ends_with("://"));
    text.matches("http://").count() + text.matches("https://").count() + bare.count()
}

/// Whether there is a link, a mail or messenger address, or a telephone number.
fn has_contact(text: &str) -> bool {
    links(text) > 0
        || text
            .split_whitespace()
            .any(|word| is_address(word) || is_telephone(word))
}

/// `somebody@example.org`, `@somebody`.
fn is_address(word: &str) -> bool {
    word.rsplit_once('@')
        .is_some_and(|(_, name)| name.chars().filter(|c| c.is_alphanumeric()).count() >= 3)
}

/// At least nine digits and nothing but punctuation between them.
fn is_telephone(word: &str) -> bool {
    let digits = word.chars().filter(|c| c.is_numeric()).count();
    digits >= 9 && word.chars().all(|c| c.is_numeric() || "+-().".contains(c))
}

fn repeats_a_word(text: &str) -> bool {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut words = 0;
    for word in text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        words += 1;
        *counts.entry(word.to_lowercase()).or_default() += 1;
    }
    let most = counts.into_values().max().unwrap_or(0);
    words >= WORDS_TO_REPEAT && most * 2 >= words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_spam(text: &str, earlier_copies: i64) -> bool {
        judge(&Unchecked { text, earlier_copies }) == Verdict::Hidden(Reason::Spam)
    }

    #[test]
    fn a_few_links_pass_and_more_do_not() {
        assert!(!is_spam(
            "See https://example.org and http://example.com/a for the cut scenes.",
            0
        ));
        assert!(
            !is_spam("https://www.example.org http://www.example.com", 0),
            "each is one link"
        );
        assert!(is_spam("https://a.example http://b.example WWW.c.example", 0));
        assert!(is_spam("www.a.example www.b.example https://www.c.example", 0));
    }

    #[test]
    fn repeated_laughter_hearts_and_applause_are_not_spam() {
        for text in [
            "ㅋ",
            "😂",
            "❤️",
            "👏👏 ",
            "하하호호",
            "! ",
            "최고 ",
            "boo ",
            "יופי ",
            "رائع ",
        ] {
            assert!(!is_spam(&text.repeat(1_000), 0), "{text}");
        }
        assert!(!is_spam(&"😍👍".repeat(40), 50), "emoji under many movies are common");
    }

    #[test]
    fn a_repeated_word_is_spam_beside_a_link_or_an_address() {
        for to in [
            "https://a.example",
            "www.a.example",
            "sell@a.example",
            "@cheap_loans",
            "010-1234-5678",
        ] {
            assert!(is_spam(&format!("{}{to}", "대출 ".repeat(20)), 0), "{to}");
            assert!(
                is_spam(&format!("{}{to}", "قرض ".repeat(20)), 0),
                "{to}, from right to left"
            );
            assert!(
                !is_spam(&format!("{}{to}", "boo ".repeat(10)), 0),
                "{to}, too short to tell"
            );
        }
        assert!(!is_spam(&"12.5 ".repeat(20), 0), "numbers are not telephone numbers");
    }

    #[test]
    fn a_long_text_with_common_words_passes_with_its_source() {
        let words = "the movie begins where the book ends and the night is long and the city is the only one that knows the way";
        assert!(!is_spam(words, 0));
        assert!(!is_spam(&format!("{words} https://example.org"), 0));
    }

    #[test]
    fn right_to_left_text_is_judged_like_any_other() {
        let hebrew = "\u{200f}סרט נפלא, הבמאי יודע לספר סיפור. המוזיקה יפה והמשחק מצוין, אבל הסוף ארוך מדי.";
        let arabic = "فيلم رائع من البداية إلى النهاية، والتمثيل فيه صادق. أنصح الجميع بمشاهدته مرة ثانية.";
        for text in [hebrew, arabic] {
            assert!(!is_spam(text, 2));
            assert!(is_spam(text, 3), "the same under many movies");
        }
        assert!(is_spam("https://a.example https://b.example https://c.example شاهد", 0));
    }

    #[test]
    fn the_same_text_under_many_movies_is_spam_from_the_fourth_on() {
        let text = "가장 싼 대출은 저희에게 문의하세요 친절히 상담합니다";
        assert!(!is_spam(text, 2));
        assert!(is_spam(text, 3));
        assert!(!is_spam("최고의 영화!", 50), "short praise is common");
    }

    #[test]
    fn fingerprints_ignore_case_spaces_and_punctuation() {
        assert_eq!(fingerprint("Cheap  LOANS, here!"), fingerprint("cheap loans — here"));
        assert_ne!(fingerprint("cheap loans"), fingerprint("cheap loan"));
        assert_eq!(fingerprint("👍👍"), "👍👍");
    }
}
