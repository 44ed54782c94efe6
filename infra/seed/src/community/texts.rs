//! The texts of the synthetic community, written for this project: comments with their replies, and lists, one
//! tab-separated line each.

use std::{collections::HashMap, ops::RangeInclusive};

use anyhow::{Context as _, bail, ensure};
use matcha_protos::movie::v1::PutMovie;

const COMMENTS: &str = include_str!("../../community/comments.tsv");
const COMMENT_COLUMNS: &str = "movie\tlanguage\tkind\tspoiler\ttext";
const LISTS: &str = include_str!("../../community/lists.tsv");
const LIST_COLUMNS: &str = "owner\tlanguage\ttitle\ttext\tmovies";

/// How the author of a comment rates the movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Band {
    High,
    Middle,
    Low,
}

impl Band {
    /// The stars of such an author. The second range applies if no member gave stars of the first.
    pub(super) fn stars(self) -> [RangeInclusive<i32>; 2] {
        match self {
            Self::High => [8..=10, 7..=7],
            Self::Middle => [5..=7, 4..=8],
            Self::Low => [1..=4, 5..=5],
        }
    }
}

pub(super) struct Comment {
    /// The movie's index in the catalogue.
    pub(super) movie: usize,
    pub(super) movie_name: &'static str,
    /// The number among the comments on this movie, from 0. It seeds the draws, so lines about other movies do not
    /// change them.
    pub(super) number: usize,
    pub(super) language: &'static str,
    pub(super) band: Band,
    pub(super) spoiler: bool,
    pub(super) text: &'static str,
    pub(super) replies: Vec<Reply>,
}

pub(super) struct Reply {
    pub(super) language: &'static str,
    pub(super) text: &'static str,
}

pub(super) struct List {
    pub(super) by_demo: bool,
    pub(super) language: &'static str,
    pub(super) title: &'static str,
    pub(super) text: &'static str,
    pub(super) movies: Vec<usize>,
}

/// Parses the comments; an error names file and line.
pub(super) fn comments(movies: &[PutMovie]) -> anyhow::Result<Vec<Comment>> {
    let places = places(movies);
    let mut comments: Vec<Comment> = Vec::new();
    each_line(
        "comments.tsv",
        COMMENTS,
        COMMENT_COLUMNS,
        |[movie, lang, kind, spoiler, text]| {
            let movie_name = movie;
            let movie = *places
                .get(movie)
                .with_context(|| format!("there is no movie {movie}"))?;
            let language = language(lang)?;
            let band = match kind {
                "high" => Band::High,
                "middle" => Band::Middle,
                "low" => Band::Low,
                "reply" => {
                    let answered = comments.last_mut().filter(|comment| comment.movie == movie);
                    let answered = answered.context("a reply must follow the comment that it answers")?;
                    answered.replies.push(Reply { language, text });
                    return Ok(());
                }
                _ => bail!("{kind} is not a kind of comment"),
            };
            let spoiler = match spoiler {
                "yes" => true,
                "no" => false,
                _ => bail!("spoiler is yes or no, not {spoiler}"),
            };
            comments.push(Comment {
                movie,
                movie_name,
                number: comments.iter().filter(|comment| comment.movie == movie).count(),
                language,
                band,
                spoiler,
                text,
                replies: Vec::new(),
            });
            Ok(())
        },
    )?;
    Ok(comments)
}

/// Parses the lists; an error names file and line.
pub(super) fn lists(movies: &[PutMovie]) -> anyhow::Result<Vec<List>> {
    let places = places(movies);
    let mut lists = Vec::new();
    each_line("lists.tsv", LISTS, LIST_COLUMNS, |[owner, lang, title, text, names]| {
        let place = |name| {
            places
                .get(name)
                .copied()
                .with_context(|| format!("there is no movie {name}"))
        };
        lists.push(List {
            by_demo: match owner {
                "demo" => true,
                "synthetic" => false,
                _ => bail!("the owner of a list is demo or synthetic, not {owner}"),
            },
            language: language(lang)?,
            title,
            text,
            movies: names.split('|').map(place).collect::<anyhow::Result<_>>()?,
        });
        Ok(())
    })?;
    Ok(lists)
}

/// The index of each movie by the name that the files use: `Oldboy (2003)`.
fn places(movies: &[PutMovie]) -> HashMap<String, usize> {
    let named = movies.iter().enumerate();
    named
        .map(|(place, movie)| (format!("{} ({})", movie.title_en, movie.year), place))
        .collect()
}

fn language(name: &str) -> anyhow::Result<&'static str> {
    match name {
        "ko" => Ok("ko"),
        "en" => Ok("en"),
        _ => bail!("{name} is neither ko nor en"),
    }
}

fn each_line<const N: usize>(
    file: &str,
    text: &'static str,
    columns: &str,
    mut take: impl FnMut([&'static str; N]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut lines = text.lines();
    ensure!(lines.next() == Some(columns), "{file}:1: unexpected columns");
    for (number, line) in lines.enumerate() {
        let fields: Vec<&str> = line.split('\t').collect();
        let count = fields.len();
        <[&str; N]>::try_from(fields)
            .map_err(|_| anyhow::anyhow!("{count} columns instead of {N}"))
            .and_then(&mut take)
            .with_context(|| format!("{file}:{}", number + 2))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::catalogue;

    fn movies() -> Vec<PutMovie> {
        catalogue::movies().expect("the catalogue can be read")
    }

    /// Whether the text is written in this language.
    fn is_in(language: &str, text: &str) -> bool {
        text.chars().any(|letter| ('가'..='힣').contains(&letter)) == (language == "ko")
    }

    fn is_clean(text: &str) -> bool {
        text.trim() == text && !text.chars().any(char::is_control) && !text.contains("://") && !text.contains("www.")
    }

    #[test]
    fn every_line_of_the_comments_is_valid() {
        let movies = movies();
        let comments = comments(&movies).expect("every line can be read");
        let mut texts = HashSet::new();
        let mut of_movie: HashMap<usize, Vec<&Comment>> = HashMap::new();
        for comment in &comments {
            of_movie.entry(comment.movie).or_default().push(comment);
            let said = comment.replies.iter().map(|reply| (reply.language, reply.text, 200));
            for (language, text, most) in said.chain([(comment.language, comment.text, 600)]) {
                assert!(texts.insert(text), "twice: {text}");
                assert!(is_clean(text) && (2..=most).contains(&text.chars().count()), "{text}");
                assert!(is_in(language, text), "{language}: {text}");
            }
        }
        for (movie, comments) in &of_movie {
            let title = &movies[*movie].title_en;
            assert!((4..=6).contains(&comments.len()), "{title}: {}", comments.len());
            let languages: HashSet<_> = comments.iter().map(|comment| comment.language).collect();
            assert_eq!(languages.len(), 2, "{title} in both languages");
        }
        let korean = of_movie
            .keys()
            .filter(|movie| movies[**movie].countries[0] == "KR")
            .count();
        assert!(of_movie.len() >= 120, "only {} movies", of_movie.len());
        assert!(korean >= 45, "only {korean} Korean movies");
        let replies: usize = comments.iter().map(|comment| comment.replies.len()).sum();
        assert!(replies >= 60, "only {replies} replies");
        assert!((3..=20).contains(&comments.iter().filter(|comment| comment.spoiler).count()));
        for band in [Band::High, Band::Middle, Band::Low] {
            let share = comments.iter().filter(|comment| comment.band == band).count() * 100 / comments.len();
            assert!(share >= 5, "{share} % of the comments are {band:?}");
        }
    }

    #[test]
    fn every_line_of_the_lists_is_valid() {
        let lists = lists(&movies()).expect("every line can be read");
        let mut titles = HashSet::new();
        for list in &lists {
            assert!(titles.insert(list.title), "twice: {}", list.title);
            for (text, most) in [(list.title, 60), (list.text, 300)] {
                assert!(is_clean(text) && (1..=most).contains(&text.chars().count()), "{text}");
                assert!(is_in(list.language, text), "{}: {text}", list.language);
            }
            let distinct: HashSet<_> = list.movies.iter().collect();
            assert_eq!(distinct.len(), list.movies.len(), "{} has a movie twice", list.title);
            assert!((6..=15).contains(&list.movies.len()), "{}", list.title);
        }
        for language in ["ko", "en"] {
            let count = lists.iter().filter(|list| list.language == language).count();
            assert!(count >= 12, "only {count} lists in {language}");
        }
        assert_eq!(lists.iter().filter(|list| list.by_demo).count(), 1);
    }
}
