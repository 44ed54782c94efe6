//! The catalogue we wrote: real films, facts only, one tab-separated line each.

use anyhow::{Context as _, bail, ensure};
use matcha_protos::movie::v1::{PersonName, PutMovie};
use uuid::Uuid;

const FILES: [(&str, &str); 2] = [
    ("asia.tsv", include_str!("../catalogue/asia.tsv")),
    ("world.tsv", include_str!("../catalogue/world.tsv")),
];
const COLUMNS: &str = "title_ko\ttitle_en\ttitle_original\tyear\truntime\tcountries\tgenres\tdirectors\tcast\timdb";
/// Everything we load gets its id from a name within this namespace, so loading again finds it again.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d61_7463_6861_5ee0_8000_0000_0000_0001);

/// The same movie has the same id, whoever loads it.
pub(crate) fn movie_id(imdb_id: &str, title_en: &str, year: i32) -> Uuid {
    if imdb_id.is_empty() {
        id(&format!("movie:{title_en} ({year})"))
    } else {
        id(&format!("movie:{imdb_id}"))
    }
}

pub(crate) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

/// All films; an error names file and line.
pub(crate) fn films() -> anyhow::Result<Vec<PutMovie>> {
    let mut films = Vec::new();
    for (file, text) in FILES {
        let mut lines = text.lines();
        ensure!(lines.next() == Some(COLUMNS), "{file}:1: other columns than expected");
        for (number, line) in lines.enumerate() {
            films.push(film(line).with_context(|| format!("{file}:{}", number + 2))?);
        }
    }
    Ok(films)
}

fn film(line: &str) -> anyhow::Result<PutMovie> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [
        title_ko,
        title_en,
        title_original,
        year,
        runtime,
        countries,
        genres,
        directors,
        cast,
        imdb,
    ] = columns[..]
    else {
        bail!("{} columns instead of 10", columns.len());
    };
    let year = year.parse().context("the year is no number")?;
    Ok(PutMovie {
        id: movie_id(imdb, title_en, year).to_string(),
        title_ko: title_ko.to_owned(),
        title_en: title_en.to_owned(),
        title_original: title_original.to_owned(),
        year,
        runtime: runtime.parse().context("the runtime is no number")?,
        countries: list(countries),
        genres: list(genres),
        directors: people(directors)?,
        cast: people(cast)?,
        imdb_id: imdb.to_owned(),
        poster_url: String::new(),
    })
}

fn list(text: &str) -> Vec<String> {
    let parts = text.split('|').filter(|part| !part.is_empty());
    parts.map(ToOwned::to_owned).collect()
}

/// `Korean name=English name`; a remark in brackets only tells namesakes apart.
fn people(text: &str) -> anyhow::Result<Vec<PersonName>> {
    let person = |part: String| {
        let (ko, en) = part.split_once('=').with_context(|| format!("{part} has no ="))?;
        let ko = ko.split(" (").next().unwrap_or(ko);
        Ok(PersonName {
            name_ko: ko.to_owned(),
            name_en: en.to_owned(),
        })
    };
    list(text).into_iter().map(person).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_is_whole_and_keeps_its_schema() {
        let films = films().expect("every line can be read");
        let genres = "action adventure animation comedy crime documentary drama family fantasy history horror music \
                      mystery romance science_fiction sport thriller war western";
        let genres: HashSet<&str> = genres.split_whitespace().collect();
        let mut ids = HashSet::new();
        let mut imdb_ids = HashSet::new();
        for film in &films {
            let name = format!("{} ({})", film.title_en, film.year);
            assert!(ids.insert(film.id.clone()), "{name} is there twice");
            assert!((1890..=2026).contains(&film.year), "{name}");
            assert!((1..=450).contains(&film.runtime), "{name}");
            assert!((1..=4).contains(&film.genres.len()), "{name}");
            assert!(
                film.genres.iter().all(|genre| genres.contains(genre.as_str())),
                "{name}: {:?}",
                film.genres
            );
            assert!(!film.countries.is_empty(), "{name}");
            let country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
            assert!(film.countries.iter().all(country), "{name}: {:?}", film.countries);
            assert!(!film.directors.is_empty(), "{name}");
            for text in [&film.title_ko, &film.title_en, &film.title_original] {
                assert!(!text.trim().is_empty() && text.trim() == text, "{name}");
            }
            for person in film.directors.iter().chain(&film.cast) {
                assert!(!person.name_ko.is_empty() && !person.name_en.is_empty(), "{name}");
            }
            if !film.imdb_id.is_empty() {
                assert!(imdb_ids.insert(film.imdb_id.clone()), "{} is there twice", film.imdb_id);
                let digits = film.imdb_id.strip_prefix("tt").expect("an IMDb id begins with tt");
                assert!(
                    (7..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()),
                    "{name}"
                );
            }
        }
        let korean = films.iter().filter(|film| film.countries[0] == "KR").count();
        assert!(films.len() >= 600, "only {} films", films.len());
        assert!(korean >= 120, "only {korean} Korean films");
    }
}
