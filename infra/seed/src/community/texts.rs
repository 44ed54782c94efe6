//! What the synthetic community says, written by us: comments with their replies, and lists; one tab-separated line each.

use std::{collections::HashMap, ops::RangeInclusive};

use anyhow::{Context as _, bail, ensure};
use matcha_protos::movie::v1::PutMovie;

const COMMENTS: &str = include_str!("../../community/comments.tsv");
const COMMENT_COLUMNS: &str = "film\tlanguage\tkind\tspoiler\ttext";
const LISTS: &str = include_str!("../../community/lists.tsv");
const LIST_COLUMNS: &str = "owner\tlanguage\ttitle\ttext\tfilms";

/// How much whoever writes this thinks of the film.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Band {
    High,
    Middle,
    Low,
}

impl Band {
    /// The stars of such an author; the second, where nobody gave the first.
    pub(super) fn stars(self) -> [RangeInclusive<i32>; 2] {
        match self {
            Self::High => [8..=10, 7..=7],
            Self::Middle => [5..=7, 4..=8],
            Self::Low => [1..=4, 5..=5],
        }
    }
}

pub(super) struct Comment {
    /// Its place in the catalogue.
    pub(super) film: usize,
    pub(super) film_name: &'static str,
    /// Its number under the film, from 0: what is drawn for it depends on that, and not on what stands before it.
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
    pub(super) films: Vec<usize>,
}

/// All comments; an error names file and line.
pub(super) fn comments(films: &[PutMovie]) -> anyhow::Result<Vec<Comment>> {
    let places = places(films);
    let mut comments: Vec<Comment> = Vec::new();
    each_line(
        "comments.tsv",
        COMMENTS,
        COMMENT_COLUMNS,
        |[film, lang, kind, spoiler, text]| {
            let film_name = film;
            let film = *places.get(film).with_context(|| format!("there is no film {film}"))?;
            let language = language(lang)?;
            let band = match kind {
                "high" => Band::High,
                "middle" => Band::Middle,
                "low" => Band::Low,
                "reply" => {
                    let answered = comments.last_mut().filter(|comment| comment.film == film);
                    let answered = answered.context("a reply stands below the comment that it answers")?;
                    answered.replies.push(Reply { language, text });
                    return Ok(());
                }
                _ => bail!("{kind} is no kind of comment"),
            };
            let spoiler = match spoiler {
                "yes" => true,
                "no" => false,
                _ => bail!("spoiler is yes or no, not {spoiler}"),
            };
            comments.push(Comment {
                film,
                film_name,
                number: comments.iter().filter(|comment| comment.film == film).count(),
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

/// All lists; an error names file and line.
pub(super) fn lists(films: &[PutMovie]) -> anyhow::Result<Vec<List>> {
    let places = places(films);
    let mut lists = Vec::new();
    each_line("lists.tsv", LISTS, LIST_COLUMNS, |[owner, lang, title, text, names]| {
        let place = |name| {
            places
                .get(name)
                .copied()
                .with_context(|| format!("there is no film {name}"))
        };
        lists.push(List {
            by_demo: match owner {
                "demo" => true,
                "synthetic" => false,
                _ => bail!("a list is demo's or a synthetic member's, not {owner}'s"),
            },
            language: language(lang)?,
            title,
            text,
            films: names.split('|').map(place).collect::<anyhow::Result<_>>()?,
        });
        Ok(())
    })?;
    Ok(lists)
}

/// Films by what the files call them: `Oldboy (2003)`.
fn places(films: &[PutMovie]) -> HashMap<String, usize> {
    let named = films.iter().enumerate();
    named
        .map(|(place, film)| (format!("{} ({})", film.title_en, film.year), place))
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
    ensure!(lines.next() == Some(columns), "{file}:1: other columns than expected");
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

    fn films() -> Vec<PutMovie> {
        catalogue::films().expect("the catalogue can be read")
    }

    /// Written in the language that it says.
    fn is_in(language: &str, text: &str) -> bool {
        text.chars().any(|letter| ('가'..='힣').contains(&letter)) == (language == "ko")
    }

    fn is_clean(text: &str) -> bool {
        text.trim() == text && !text.chars().any(char::is_control) && !text.contains("://") && !text.contains("www.")
    }

    #[test]
    fn the_comments_are_whole_and_keep_their_schema() {
        let films = films();
        let comments = comments(&films).expect("every line can be read");
        let mut texts = HashSet::new();
        let mut of_film: HashMap<usize, Vec<&Comment>> = HashMap::new();
        for comment in &comments {
            of_film.entry(comment.film).or_default().push(comment);
            let said = comment.replies.iter().map(|reply| (reply.language, reply.text, 200));
            for (language, text, most) in said.chain([(comment.language, comment.text, 600)]) {
                assert!(texts.insert(text), "twice: {text}");
                assert!(is_clean(text) && (2..=most).contains(&text.chars().count()), "{text}");
                assert!(is_in(language, text), "{language}: {text}");
            }
        }
        for (film, comments) in &of_film {
            let title = &films[*film].title_en;
            assert!((4..=6).contains(&comments.len()), "{title}: {}", comments.len());
            let languages: HashSet<_> = comments.iter().map(|comment| comment.language).collect();
            assert_eq!(languages.len(), 2, "{title} in both languages");
        }
        let korean = of_film.keys().filter(|film| films[**film].countries[0] == "KR").count();
        assert!(of_film.len() >= 120, "only {} films", of_film.len());
        assert!(korean >= 45, "only {korean} Korean films");
        let replies: usize = comments.iter().map(|comment| comment.replies.len()).sum();
        assert!(replies >= 60, "only {replies} replies");
        assert!((3..=20).contains(&comments.iter().filter(|comment| comment.spoiler).count()));
        for band in [Band::High, Band::Middle, Band::Low] {
            let share = comments.iter().filter(|comment| comment.band == band).count() * 100 / comments.len();
            assert!(share >= 5, "{share} % of the comments are {band:?}");
        }
    }

    #[test]
    fn the_lists_are_whole_and_keep_their_schema() {
        let lists = lists(&films()).expect("every line can be read");
        let mut titles = HashSet::new();
        for list in &lists {
            assert!(titles.insert(list.title), "twice: {}", list.title);
            for (text, most) in [(list.title, 60), (list.text, 300)] {
                assert!(is_clean(text) && (1..=most).contains(&text.chars().count()), "{text}");
                assert!(is_in(list.language, text), "{}: {text}", list.language);
            }
            let distinct: HashSet<_> = list.films.iter().collect();
            assert_eq!(distinct.len(), list.films.len(), "{} has a film twice", list.title);
            assert!((6..=15).contains(&list.films.len()), "{}", list.title);
        }
        for language in ["ko", "en"] {
            let count = lists.iter().filter(|list| list.language == language).count();
            assert!(count >= 12, "only {count} lists in {language}");
        }
        assert_eq!(lists.iter().filter(|list| list.by_demo).count(), 1);
    }
}
