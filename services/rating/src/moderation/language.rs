//! The language filter rejects a short list of clear insults in Korean and English.
//!
//! It compares whole words, because 시발점 is a starting point and Scunthorpe a town. The list has insults of people, not strong
//! criticism of a movie. Deliberate misspellings get past it.

use super::{Reason, Verdict};

const ENGLISH: [&str; 16] = [
    "asshole",
    "assholes",
    "cunt",
    "cunts",
    "dickhead",
    "dickheads",
    "dumbfuck",
    "fag",
    "faggot",
    "faggots",
    "kys",
    "motherfucker",
    "motherfuckers",
    "nigger",
    "niggers",
    "retards",
];
const KOREAN: [&str; 16] = [
    "개새끼",
    "개자식",
    "개돼지",
    "느금마",
    "니애미",
    "맘충",
    "미친년",
    "미친놈",
    "병신",
    "씨발년",
    "씨발놈",
    "썅년",
    "썅놈",
    "장애새끼",
    "좆밥",
    "한남충",
];
/// Korean particles, which are written attached to the word.
const PARTICLES: [&str; 21] = [
    "가", "과", "까지", "같은", "같이", "나", "는", "도", "들", "들아", "들은", "들이", "만", "아", "야", "와", "은",
    "을", "이", "이나", "이야",
];

pub(crate) fn judge(text: &str) -> Verdict {
    let lower = text.to_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    if words.any(is_insult) {
        Verdict::Hidden(Reason::Language)
    } else {
        Verdict::Passes
    }
}

fn is_insult(word: &str) -> bool {
    let is_korean = |insult: &str| {
        let rest = word.strip_prefix(insult);
        rest.is_some_and(|rest| rest.is_empty() || PARTICLES.contains(&rest))
    };
    ENGLISH.contains(&word) || KOREAN.iter().any(|insult| is_korean(insult))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str) -> bool {
        judge(text) == Verdict::Passes
    }

    #[test]
    fn insults_are_rejected_with_and_without_particles_and_punctuation() {
        for text in [
            "감독 병신",
            "병신들아 이걸 왜 봄",
            "「개새끼」",
            "You ASSHOLES.",
            "what a dickhead!",
            "미친놈이 만든",
        ] {
            assert!(!passes(text), "{text}");
        }
    }

    #[test]
    fn words_that_contain_an_insult_as_a_part_pass() {
        for text in [
            "이 장면이 모든 것의 시발점이다",
            "병신년(丙申年)이라는 옛 달력 이야기",
            "Filmed in Scunthorpe.",
            "The flags and the cuntline of the rope",
            "retarded time potentials in electrodynamics",
        ] {
            assert!(passes(text), "{text}");
        }
    }

    #[test]
    fn harsh_criticism_of_a_movie_passes() {
        for text in [
            "진짜 쓰레기 같은 영화",
            "A piece of shit. Fucking awful.",
            "최악, 돈이 아깝다",
        ] {
            assert!(passes(text), "{text}");
        }
    }
}
