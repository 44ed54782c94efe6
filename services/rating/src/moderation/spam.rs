//! The spam filter: advertisements, noise, and one text under many movies. It counts; it understands nothing.

use std::{collections::HashMap, time::Duration};

use chassis::events::Consumer;

use super::{Reason, Unchecked, Verdict};

/// One message at a time: each is a transaction of its own, and goes on in the trace of its own comment.
pub(super) const CONSUMER: Consumer = Consumer {
    queue: "rating.spam_filter",
    types: &["comment.submitted"],
    batch: 1,
    linger: Duration::ZERO,
};

/// A source and a trailer are fine.
const MOST_LINKS: usize = 2;
/// The same character in a row. Laughter and tears (ㅋㅋㅋ, ㅠㅠㅠ) go on for long.
const LONGEST_RUN: usize = 60;
/// From this many words on, one of them may not be half of the text.
const WORDS_TO_REPEAT: usize = 20;
/// Letters from which two equal texts are no coincidence: everybody writes 최고의 영화 now and then.
const TELLING: usize = 20;
/// Movies under which the same text may stand.
const MOST_TWINS: i64 = 3;

pub(super) fn judge(unchecked: &Unchecked<'_>) -> Verdict {
    let text = unchecked.text;
    let is_copied = unchecked.twins >= MOST_TWINS && fingerprint(text).chars().count() >= TELLING;
    if is_copied || links(text) > MOST_LINKS || longest_run(text) > LONGEST_RUN || repeats_a_word(text) {
        Verdict::Hidden(Reason::Spam)
    } else {
        Verdict::Passes
    }
}

/// What is left when case, spaces and signs do not count; texts with the same are the same.
pub(crate) fn fingerprint(text: &str) -> String {
    let letters: String = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    if letters.is_empty() { text.to_owned() } else { letters }
}

fn links(text: &str) -> usize {
    let text = text.to_lowercase();
    let bare = text
        .match_indices("www.")
        .filter(|(at, _)| !text[..*at].ends_with("://"));
    text.matches("http://").count() + text.matches("https://").count() + bare.count()
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut run, mut before) = (0, 0, None);
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        run = if before == Some(c) { run + 1 } else { 1 };
        longest = longest.max(run);
        before = Some(c);
    }
    longest
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

    fn is_spam(text: &str, twins: i64) -> bool {
        judge(&Unchecked { text, twins }) == Verdict::Hidden(Reason::Spam)
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
    fn noise_is_spam_and_laughter_is_not() {
        assert!(!is_spam(&"ㅋ".repeat(60), 0));
        assert!(is_spam(&"ㅋ".repeat(61), 0));
        assert!(is_spam(&"! ".repeat(61), 0), "spaces between do not help");
        assert!(!is_spam(&"하하호호".repeat(60), 0));
    }

    #[test]
    fn a_word_over_and_over_is_spam_but_a_long_text_with_common_words_is_not() {
        assert!(is_spam(&"buy ".repeat(20), 0));
        assert!(is_spam(&"Buy now! ".repeat(10), 0));
        assert!(!is_spam(&"boo ".repeat(19), 0), "too short to tell");
        let words =
            "the film begins where the book ends and the night is long and the city is the only one that knows the way";
        assert!(!is_spam(words, 0));
    }

    #[test]
    fn the_same_text_under_many_movies_is_spam_from_the_fourth_on() {
        let text = "가장 싼 대출은 저희에게 문의하세요 친절히 상담합니다";
        assert!(!is_spam(text, 2));
        assert!(is_spam(text, 3));
        assert!(!is_spam("최고의 영화!", 50), "short praise is everybody's");
    }

    #[test]
    fn case_spaces_and_signs_do_not_make_another_text() {
        assert_eq!(fingerprint("Cheap  LOANS, here!"), fingerprint("cheap loans — here"));
        assert_ne!(fingerprint("cheap loans"), fingerprint("cheap loan"));
        assert_eq!(fingerprint("👍👍"), "👍👍");
    }
}
