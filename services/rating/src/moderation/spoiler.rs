//! The spoiler filter suspects phrases that often introduce an ending. It only adds a spoiler warning, so a false positive costs
//! little; it knows no plots, so it misses spoilers in other words.

use super::Verdict;

/// Whole words.
const ENGLISH: [&str; 12] = [
    "turns out",
    "turned out to be",
    "the killer is",
    "the killer was",
    "the murderer is",
    "the murderer was",
    "dies at the end",
    "dies in the end",
    "is dead all along",
    "was dead all along",
    "the twist is",
    "the ending where",
];
/// Prefixes of words, since particles and endings follow.
const KOREAN: [&str; 11] = [
    "결말",
    "범인은",
    "범인이",
    "반전은",
    "스포",
    "알고 보니",
    "알고보니",
    "정체는",
    "흑막은",
    "마지막에 죽",
    "끝에 죽",
];

pub(crate) fn judge(text: &str) -> Verdict {
    let lower = text.to_lowercase();
    let mut words = String::from(" ");
    for word in lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
    {
        words.push_str(word);
        words.push(' ');
    }
    let english = ENGLISH.iter().any(|phrase| words.contains(&format!(" {phrase} ")));
    let korean = KOREAN.iter().any(|phrase| words.contains(&format!(" {phrase}")));
    if english || korean {
        Verdict::Spoils
    } else {
        Verdict::Passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_that_introduce_an_ending_are_suspected() {
        for text in [
            "범인은 집사였다",
            "결말이 아쉽다",
            "그런데 알고 보니 꿈이었음",
            "It TURNS  OUT he was dead.",
            "The killer is… the gardener!",
            "She dies at the end",
        ] {
            assert_eq!(judge(text), Verdict::Spoils, "{text}");
        }
    }

    #[test]
    fn other_texts_pass() {
        for text in [
            "범인을 쫓는 긴장감이 대단하다",
            "해피엔딩을 좋아한다",
            "The soundtrack turns outrageous halfway.",
            "The painkiller is named in the title",
            "트랜스포머",
            "",
        ] {
            assert_eq!(judge(text), Verdict::Passes, "{text}");
        }
    }
}
