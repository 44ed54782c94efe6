//! Whole communities from files. The readers turn a folder into one [`Community`]; what a line gets wrong is said with file
//! and line, and the rest goes in.

mod movielens;
mod movietweetings;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::Instant,
};

use matcha_protos::{movie::v1::PutMovie, rating::v1::ImportRating, user::v1::ImportMember};

use crate::{catalogue, load::Loader};

/// Shown at most; the rest is counted.
const MOST_SHOWN: usize = 20;

/// What a reader makes of a folder.
#[derive(Default)]
struct Community {
    movies: Vec<PutMovie>,
    members: Vec<ImportMember>,
    ratings: Vec<ImportRating>,
    problems: Vec<String>,
}

pub(crate) async fn import(loader: &Loader, folder: &Path) -> anyhow::Result<()> {
    let began = Instant::now();
    let mut community = read(folder)?;
    use_ids_of_the_catalogue(&mut community)?;
    for problem in community.problems.iter().take(MOST_SHOWN) {
        eprintln!("{problem}");
    }
    if community.problems.len() > MOST_SHOWN {
        eprintln!("… and {} more lines left out", community.problems.len() - MOST_SHOWN);
    }

    // What the catalogue has already is richer than what such files tell, so it stays as it is.
    let ids: Vec<String> = community.movies.iter().map(|movie| movie.id.clone()).collect();
    let existing = loader.existing(&ids).await?;
    community.movies.retain(|movie| !existing.contains(&movie.id));
    let changed = loader.movies(&community.movies).await?;
    println!(
        "movies: {} in the files, {} there already, {changed} new",
        ids.len(),
        existing.len()
    );
    let created = loader.members(&community.members).await?;
    println!("members: {} in the files, {created} new", community.members.len());
    let changed = loader.ratings(&community.ratings).await?;
    println!(
        "ratings: {} in the files, {changed} new or changed",
        community.ratings.len()
    );
    println!("lines left out: {}", community.problems.len());
    println!("imported in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}

fn read(folder: &Path) -> anyhow::Result<Community> {
    let has = |name: &str| folder.join(name).is_file();
    if has("ratings.csv") && has("movies.csv") {
        movielens::read(folder)
    } else if has("ratings.dat") && has("movies.dat") {
        movietweetings::read(folder)
    } else {
        anyhow::bail!(
            "{} has neither ratings.csv and movies.csv (MovieLens) nor ratings.dat and movies.dat (MovieTweetings, older MovieLens)",
            folder.display()
        )
    }
}

/// A movie of the catalogue whose IMDb id we were not certain of is met by title and year, one year of doubt allowed.
fn use_ids_of_the_catalogue(community: &mut Community) -> anyhow::Result<()> {
    let mut known = HashMap::new();
    for film in catalogue::films()? {
        for year in film.year - 1..=film.year + 1 {
            for title in [&film.title_en, &film.title_original] {
                known
                    .entry((normalised(title), year))
                    .or_insert_with(|| film.id.clone());
            }
        }
    }
    let own: HashSet<String> = catalogue::films()?.into_iter().map(|film| film.id).collect();
    let mut renamed = HashMap::new();
    for movie in &mut community.movies {
        if own.contains(&movie.id) {
            continue;
        }
        if let Some(id) = known.get(&(normalised(&movie.title_en), movie.year)) {
            renamed.insert(movie.id.clone(), id.clone());
            movie.id.clone_from(id);
        }
    }
    for rating in &mut community.ratings {
        if let Some(id) = renamed.get(&rating.movie_id) {
            rating.movie_id.clone_from(id);
        }
    }
    // Two movies of the files can mean one of ours; one statement cannot take the same rating twice.
    let mut seen = HashSet::new();
    community.movies.retain(|movie| seen.insert(movie.id.clone()));
    let mut last = HashMap::new();
    for (index, rating) in community.ratings.iter().enumerate() {
        last.insert((rating.member_id.clone(), rating.movie_id.clone()), index);
    }
    let mut index = 0;
    community.ratings.retain(|rating| {
        index += 1;
        last.get(&(rating.member_id.clone(), rating.movie_id.clone())) == Some(&(index - 1))
    });
    Ok(())
}

fn normalised(title: &str) -> String {
    title
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// A genre by the names these files use; `None`: not one of ours.
fn genre(name: &str) -> Option<String> {
    let ours = match name {
        "Sci-Fi" => "science_fiction",
        "Musical" | "Music" => "music",
        "Film-Noir" => "film_noir",
        "Children" | "Children's" => "family",
        "Reality-TV" => "reality",
        "(no genres listed)" | "" | "IMAX" => return None,
        other => return Some(other.to_lowercase()).filter(|name| GENRES.contains(&name.as_str())),
    };
    Some(ours.to_owned())
}

const GENRES: [&str; 21] = [
    "action",
    "adult",
    "adventure",
    "animation",
    "biography",
    "comedy",
    "crime",
    "documentary",
    "drama",
    "family",
    "fantasy",
    "history",
    "horror",
    "mystery",
    "news",
    "romance",
    "short",
    "sport",
    "thriller",
    "war",
    "western",
];

/// `Title (1999)`.
fn title_and_year(text: &str) -> Option<(&str, i32)> {
    let (title, rest) = text.trim().rsplit_once('(')?;
    let year = rest.strip_suffix(')')?.parse().ok()?;
    let title = title.trim();
    (!title.is_empty()).then_some((title, year))
}

fn movie(imdb_id: &str, title: &str, year: i32, genres: &str) -> PutMovie {
    PutMovie {
        id: catalogue::movie_id(imdb_id, title, year).to_string(),
        title_ko: title.to_owned(),
        title_en: title.to_owned(),
        title_original: title.to_owned(),
        year,
        genres: genres.split('|').filter_map(|name| genre(name.trim())).collect(),
        imdb_id: imdb_id.to_owned(),
        ..PutMovie::default()
    }
}

fn member(source: &str, short: &str, number: &str) -> ImportMember {
    ImportMember {
        id: catalogue::id(&format!("member:{source} {number}")).to_string(),
        handle: format!("{short}_{number}"),
        display_name: format!("{source} {number}"),
        language: "en".to_owned(),
        ..ImportMember::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_end_with_their_year() {
        assert_eq!(title_and_year("Oldboy (2003)"), Some(("Oldboy", 2003)));
        assert_eq!(
            title_and_year("Solaris (Solyaris) (1972)"),
            Some(("Solaris (Solyaris)", 1972))
        );
        for bad in ["Oldboy", "(2003)", "Oldboy (????)", ""] {
            assert_eq!(title_and_year(bad), None, "{bad}");
        }
    }

    #[test]
    fn genres_of_the_files_become_ours() {
        assert_eq!(genre("Sci-Fi").as_deref(), Some("science_fiction"));
        assert_eq!(genre("Drama").as_deref(), Some("drama"));
        assert_eq!(genre("Western").as_deref(), Some("western"));
        assert_eq!(genre("Nonsense"), None);
    }
}
