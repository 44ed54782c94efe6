//! The facts of a movie, parsed and validated.

use std::collections::HashSet;

use matcha_protos::events::v1::MovieFacts;
use matcha_protos::movie::v1::{PersonName, PutMovie};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;

use super::parse_id;
use crate::error::Error;
use crate::genres;
use crate::people::Person;

const MAX_TITLE_CHARS: usize = 500;
const MAX_NAME_CHARS: usize = 200;
const MAX_URL_CHARS: usize = 1000;
const MAX_PEOPLE: usize = 200;

/// A valid movie; its JSON is what Postgres inserts.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Facts {
    pub(super) id: Uuid,
    pub(super) title_ko: String,
    pub(super) title_en: String,
    pub(super) title_original: String,
    pub(super) year: i32,
    pub(super) runtime: i32,
    pub(super) countries: Vec<String>,
    pub(super) genres: Vec<String>,
    pub(super) imdb_id: String,
    pub(super) poster_url: String,
    #[serde(skip)]
    pub(super) directors: Vec<Uuid>,
    #[serde(skip)]
    pub(super) cast: Vec<Uuid>,
}

impl Facts {
    /// Returns the facts and the people they name.
    pub(super) fn parse(movie: PutMovie) -> Result<(Self, Vec<Person>), Error> {
        let id = parse_id("id", &movie.id)?;
        let title_ko = title("title_ko", &movie.title_ko)?;
        let title_en = title("title_en", &movie.title_en)?;
        let title_original = title("title_original", &movie.title_original)?;
        // Missing titles are filled with another one: some sources know one language only.
        let any = [&title_ko, &title_en, &title_original]
            .into_iter()
            .find(|title| !title.is_empty())
            .cloned();
        let Some(any) = any else {
            return Err(Error::invalid("title_en", "a movie has a title"));
        };
        let or = |title: String, other: &str| if title.is_empty() { other.to_owned() } else { title };
        let title_en = or(title_en, &any);
        let people = |field, names: Vec<PersonName>| people(field, names);
        let (directors, cast) = (people("directors", movie.directors)?, people("cast", movie.cast)?);
        let facts = Self {
            id,
            title_ko: or(title_ko, &title_en),
            title_original: or(title_original, &title_en),
            title_en,
            year: within("year", movie.year, 1870..=2100)?,
            runtime: within("runtime", movie.runtime, 0..=2000)?,
            countries: countries(movie.countries)?,
            genres: known_genres(movie.genres)?,
            imdb_id: imdb_id(movie.imdb_id)?,
            poster_url: poster_url(movie.poster_url)?,
            directors: directors.iter().map(|person| person.id).collect(),
            cast: cast.iter().map(|person| person.id).collect(),
        };
        Ok((facts, directors.into_iter().chain(cast).collect()))
    }

    pub(super) fn to_event(&self, version: i64) -> MovieFacts {
        let ids = |ids: &[Uuid]| ids.iter().map(Uuid::to_string).collect();
        MovieFacts {
            movie_id: self.id.to_string(),
            title_ko: self.title_ko.clone(),
            title_en: self.title_en.clone(),
            year: self.year,
            genres: self.genres.clone(),
            countries: self.countries.clone(),
            director_ids: ids(&self.directors),
            cast_ids: ids(&self.cast),
            version,
            runtime: self.runtime,
        }
    }
}

fn title(field: &'static str, title: &str) -> Result<String, Error> {
    text(field, title, MAX_TITLE_CHARS)
}

/// Composed and trimmed; refused with control characters.
fn text(field: &'static str, text: &str, longest: usize) -> Result<String, Error> {
    let text: String = text.trim().nfc().collect();
    if text.chars().any(char::is_control) {
        return Err(Error::invalid(field, "no control characters"));
    }
    if text.chars().count() > longest {
        return Err(Error::invalid(field, format!("at most {longest} characters")));
    }
    Ok(text)
}

fn within(field: &'static str, number: i32, range: std::ops::RangeInclusive<i32>) -> Result<i32, Error> {
    if range.contains(&number) {
        Ok(number)
    } else {
        Err(Error::invalid(
            field,
            format!("between {} and {}, not {number}", range.start(), range.end()),
        ))
    }
}

fn countries(countries: Vec<String>) -> Result<Vec<String>, Error> {
    let mut seen = HashSet::new();
    for country in &countries {
        if country.len() != 2 || !country.bytes().all(|letter| letter.is_ascii_alphabetic()) {
            return Err(Error::invalid(
                "countries",
                format!("a country is two letters (ISO 3166-1), not {country:?}"),
            ));
        }
    }
    let upper = countries.iter().map(|country| country.to_ascii_uppercase());
    Ok(upper.filter(|country| seen.insert(country.clone())).collect())
}

fn known_genres(genres: Vec<String>) -> Result<Vec<String>, Error> {
    let mut seen = HashSet::new();
    if let Some(unknown) = genres.iter().find(|genre| genres::bit(genre).is_none()) {
        let known = genres::GENRES.join(", ");
        return Err(Error::invalid("genres", format!("{unknown:?} is none of {known}")));
    }
    Ok(genres.into_iter().filter(|genre| seen.insert(genre.clone())).collect())
}

fn imdb_id(id: String) -> Result<String, Error> {
    let digits = id.strip_prefix("tt").unwrap_or_default();
    let good = (7..=9).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    if id.is_empty() || good {
        Ok(id)
    } else {
        Err(Error::invalid("imdb_id", "tt and seven to nine digits"))
    }
}

fn poster_url(url: String) -> Result<String, Error> {
    let url = text("poster_url", &url, MAX_URL_CHARS)?;
    // Other schemes, such as javascript:, could inject script into the page.
    if url.is_empty() || url.starts_with("https://") || url.starts_with("http://") {
        Ok(url)
    } else {
        Err(Error::invalid("poster_url", "an http or https address"))
    }
}

fn people(field: &'static str, names: Vec<PersonName>) -> Result<Vec<Person>, Error> {
    if names.len() > MAX_PEOPLE {
        return Err(Error::invalid(field, format!("at most {MAX_PEOPLE} people")));
    }
    let mut seen = HashSet::new();
    let mut people = Vec::with_capacity(names.len());
    for name in names {
        let (ko, en) = (
            text(field, &name.name_ko, MAX_NAME_CHARS)?,
            text(field, &name.name_en, MAX_NAME_CHARS)?,
        );
        if en.is_empty() {
            return Err(Error::invalid(field, "a person is known by the English name"));
        }
        let person = Person::named(ko, en);
        if seen.insert(person.id) {
            people.push(person);
        }
    }
    Ok(people)
}
