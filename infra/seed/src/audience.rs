//! What audiences think of the catalogue's movies: fame, mean stars and how much of an arthouse movie each is.
//!
//! The means marked `movietweetings` are aggregates of MovieTweetings (Dooms, De Pessemier & Martens 2013; snapshot
//! 100K, MIT licence), less 0.12 stars, because that community is generous. All other figures are our own estimates.
//! Ratings drawn from them are synthetic.

use anyhow::{Context as _, bail, ensure};
use matcha_protos::movie::v1::PutMovie;

const FILE: &str = "audience.tsv";
const TEXT: &str = include_str!("../catalogue/audience.tsv");
const COLUMNS: &str = "title_en\tyear\tfame\tmean\tarthouse\tsource";

/// The figures of one movie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audience {
    /// How many people have seen the movie, from 1 to 100, on a logarithmic scale.
    pub(crate) fame: f64,
    /// The mean stars of its audience, from 0.5 to 5.
    pub(crate) mean: f64,
    /// From 0, a mainstream movie, to 10, an arthouse movie.
    pub(crate) arthouse: f64,
}

/// The figures of these movies, in their order, which is also the order of the lines. An error names file and line.
pub(crate) fn of(movies: &[PutMovie]) -> anyhow::Result<Vec<Audience>> {
    parse(TEXT, movies)
}

fn parse(text: &str, movies: &[PutMovie]) -> anyhow::Result<Vec<Audience>> {
    let mut lines = text.lines();
    ensure!(lines.next() == Some(COLUMNS), "{FILE}:1: unexpected columns");
    let mut audiences = Vec::with_capacity(movies.len());
    for (number, line) in lines.enumerate() {
        let audience = audience(line, movies.get(number));
        audiences.push(audience.with_context(|| format!("{FILE}:{}", number + 2))?);
    }
    if let Some(movie) = movies.get(audiences.len()) {
        bail!("{FILE}:{}: the line of {} is missing", audiences.len() + 2, name(movie));
    }
    Ok(audiences)
}

fn audience(line: &str, movie: Option<&PutMovie>) -> anyhow::Result<Audience> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [title, year, fame, mean, arthouse, source] = columns[..] else {
        bail!("{} columns instead of 6", columns.len());
    };
    let given = format!("{title} ({year})");
    let movie = movie.with_context(|| format!("the catalogue has no movie {given} here"))?;
    ensure!(
        given == name(movie),
        "the line is about {given}, but the next movie of the catalogue is {}",
        name(movie)
    );
    ensure!(
        ["movietweetings", "estimate"].contains(&source),
        "{source} is not a source"
    );
    Ok(Audience {
        fame: figure(fame, 1.0, 100.0)?,
        mean: figure(mean, 0.5, 5.0)?,
        arthouse: figure(arthouse, 0.0, 10.0)?,
    })
}

fn name(movie: &PutMovie) -> String {
    format!("{} ({})", movie.title_en, movie.year)
}

fn figure(text: &str, least: f64, most: f64) -> anyhow::Result<f64> {
    let value: f64 = text.parse().with_context(|| format!("{text} is not a number"))?;
    ensure!(
        (least..=most).contains(&value),
        "{text} is not between {least} and {most}"
    );
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue;

    #[test]
    fn every_movie_of_the_catalogue_has_its_line() {
        let movies = catalogue::movies().expect("the catalogue can be read");
        let audiences = of(&movies).expect("every line can be read");
        assert_eq!(audiences.len(), movies.len());
    }

    #[test]
    fn a_movie_without_a_line_and_a_line_without_a_movie_are_errors_with_file_and_line() {
        let movie = |title: &str| PutMovie {
            title_en: title.to_owned(),
            year: 2001,
            ..PutMovie::default()
        };
        let (one, two) = (movie("One"), movie("Two"));
        let [one_line, two_line] = ["One", "Two"].map(|title| format!("{title}\t2001\t50\t3.5\t2\testimate\n"));
        let problem = |lines: &[&String], movies: &[&PutMovie]| {
            let text: String = lines.iter().map(|line| line.as_str()).collect();
            let movies: Vec<PutMovie> = movies.iter().map(|movie| (*movie).clone()).collect();
            let parsed = parse(&format!("{COLUMNS}\n{text}"), &movies);
            parsed.map_or_else(|error| format!("{error:#}"), |_| "none".to_owned())
        };
        assert_eq!(problem(&[&one_line, &two_line], &[&one, &two]), "none");
        assert_eq!(
            problem(&[&one_line], &[&one, &two]),
            "audience.tsv:3: the line of Two (2001) is missing"
        );
        assert_eq!(
            problem(&[&two_line], &[&one, &two]),
            "audience.tsv:2: the line is about Two (2001), but the next movie of the catalogue is One (2001)"
        );
        assert_eq!(
            problem(&[&one_line, &two_line], &[&one]),
            "audience.tsv:3: the catalogue has no movie Two (2001) here"
        );
        let high = "One\t2001\t101\t3.5\t2\testimate\n".to_owned();
        assert_eq!(
            problem(&[&high], &[&one]),
            "audience.tsv:2: 101 is not between 1 and 100"
        );
    }
}
