//! The few words that the gateway itself writes into pages, in Korean and English.

use std::{collections::HashMap, sync::LazyLock};

use matcha_protos::movie::v1::{Movie, Person};

use crate::features::settings::Language;

/// The names of genres by language, from the texts of the site.
static GENRES: LazyLock<HashMap<String, HashMap<String, String>>> = LazyLock::new(|| {
    let names = include_str!("../../../../web/src/lib/text/genres.json");
    serde_json::from_str(names).unwrap_or_default()
});

/// `ko` or `en`, by language.
pub(super) fn by<T>(language: Language, ko: T, en: T) -> T {
    match language {
        Language::Ko => ko,
        Language::En => en,
    }
}

/// The text in this language, or in the other one if it is empty.
fn in_language<'a>(language: Language, ko: &'a str, en: &'a str) -> &'a str {
    let (first, second) = by(language, (ko, en), (en, ko));
    if first.is_empty() { second } else { first }
}

pub(super) fn title(movie: &Movie, language: Language) -> &str {
    in_language(language, &movie.title_ko, &movie.title_en)
}

pub(super) fn name(person: &Person, language: Language) -> &str {
    in_language(language, &person.name_ko, &person.name_en)
}

pub(super) fn genre(genre: &str, language: Language) -> String {
    let names = GENRES.get(genre).and_then(|names| names.get(language.tag()));
    names.cloned().unwrap_or_else(|| genre.replace('_', " "))
}

pub(super) fn description(language: Language) -> &'static str {
    by(
        language,
        "영화를 평가하면 내 예상 별점이 켜집니다.",
        "Rate movies and see your predicted stars.",
    )
}

/// A number and its noun: `12편`, `1 movie`, `12 movies`.
pub(super) fn counted(language: Language, count: i64, counter: &str, one: &str, many: &str) -> String {
    match language {
        Language::Ko => format!("{count}{counter}"),
        Language::En => format!("{count} {}", if count == 1 { one } else { many }),
    }
}

pub(super) fn movies(language: Language, count: i64) -> String {
    counted(language, count, "편", "movie", "movies")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn genres_have_the_names_that_the_site_shows() {
        assert_eq!(genre("science_fiction", Language::En), "Science fiction");
        assert_eq!(genre("drama", Language::Ko), "드라마");
        assert_eq!(genre("road_trip", Language::En), "road trip");
    }
}
