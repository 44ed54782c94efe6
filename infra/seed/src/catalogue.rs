//! The seed's catalogue: facts of real movies, written for this project, one tab-separated line each.

use anyhow::{Context as _, bail, ensure};
use matcha_protos::movie::v1::{PersonName, PutMovie};
use uuid::Uuid;

const FILES: [(&str, &str); 2] = [
    ("asia.tsv", include_str!("../catalogue/asia.tsv")),
    ("world.tsv", include_str!("../catalogue/world.tsv")),
];
const COLUMNS: &str = "title_ko\ttitle_en\ttitle_original\tyear\truntime\tcountries\tgenres\tdirectors\tcast\timdb";
/// The namespace of the UUIDv5 ids. The same name gives the same id, so loading again changes nothing.
const NAMESPACE: Uuid = Uuid::from_u128(0x6d61_7463_6861_5ee0_8000_0000_0000_0001);

/// The id of a movie: the same for the seed and for every imported file.
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

/// Parses the catalogue; an error names file and line.
pub(crate) fn movies() -> anyhow::Result<Vec<PutMovie>> {
    let mut movies = Vec::new();
    for (file, text) in FILES {
        let mut lines = text.lines();
        ensure!(lines.next() == Some(COLUMNS), "{file}:1: unexpected columns");
        for (number, line) in lines.enumerate() {
            movies.push(movie(line).with_context(|| format!("{file}:{}", number + 2))?);
        }
    }
    Ok(movies)
}

fn movie(line: &str) -> anyhow::Result<PutMovie> {
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
    let year = year.parse().context("the year is not a number")?;
    Ok(PutMovie {
        id: movie_id(imdb, title_en, year).to_string(),
        title_ko: title_ko.to_owned(),
        title_en: title_en.to_owned(),
        title_original: title_original.to_owned(),
        year,
        runtime: runtime.parse().context("the runtime is not a number")?,
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

/// Parses people as `Korean name=English name`. A remark in brackets distinguishes namesakes and is dropped.
fn people(text: &str) -> anyhow::Result<Vec<PersonName>> {
    let person = |part: String| {
        let (ko, en) = part.split_once('=').with_context(|| format!("{part} has no `=`"))?;
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
    fn every_line_of_the_catalogue_is_valid() {
        let movies = movies().expect("every line can be read");
        let genres = "action adventure animation comedy crime documentary drama family fantasy history horror music \
                      mystery romance science_fiction sport thriller war western";
        let genres: HashSet<&str> = genres.split_whitespace().collect();
        let mut ids = HashSet::new();
        let mut imdb_ids = HashSet::new();
        for movie in &movies {
            let name = format!("{} ({})", movie.title_en, movie.year);
            assert!(ids.insert(movie.id.clone()), "{name} occurs twice");
            assert!((1890..=2026).contains(&movie.year), "{name}");
            assert!((1..=450).contains(&movie.runtime), "{name}");
            assert!((1..=4).contains(&movie.genres.len()), "{name}");
            assert!(
                movie.genres.iter().all(|genre| genres.contains(genre.as_str())),
                "{name}: {:?}",
                movie.genres
            );
            assert!(!movie.countries.is_empty(), "{name}");
            let country = |code: &String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
            assert!(movie.countries.iter().all(country), "{name}: {:?}", movie.countries);
            assert!(!movie.directors.is_empty(), "{name}");
            for text in [&movie.title_ko, &movie.title_en, &movie.title_original] {
                assert!(!text.trim().is_empty() && text.trim() == text, "{name}");
            }
            for person in movie.directors.iter().chain(&movie.cast) {
                assert!(!person.name_ko.is_empty() && !person.name_en.is_empty(), "{name}");
            }
            if !movie.imdb_id.is_empty() {
                assert!(imdb_ids.insert(movie.imdb_id.clone()), "{} occurs twice", movie.imdb_id);
                let digits = movie.imdb_id.strip_prefix("tt").expect("an IMDb id begins with tt");
                assert!(
                    (7..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()),
                    "{name}"
                );
            }
        }
        let korean = movies.iter().filter(|movie| movie.countries[0] == "KR").count();
        assert!(movies.len() >= 600, "only {} movies", movies.len());
        assert!(korean >= 120, "only {korean} Korean movies");
    }
}
