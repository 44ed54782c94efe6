//! Imports a community from the files of a public data set. The readers turn a folder into one [`Community`]. An
//! invalid line is reported with file and line and left out.

mod movielens;
mod movietweetings;

use std::{
    collections::{HashMap, HashSet},
    path::Path,
    time::Instant,
};

use matcha_protos::{movie::v1::PutMovie, rating::v1::ImportRating, user::v1::ImportMember};

use crate::{catalogue, load::Loader};

/// Invalid lines that are printed; further ones are only counted.
const MAX_SHOWN: usize = 20;

/// What a reader finds in a folder.
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
    for problem in community.problems.iter().take(MAX_SHOWN) {
        eprintln!("{problem}");
    }
    if community.problems.len() > MAX_SHOWN {
        eprintln!("… and {} more lines left out", community.problems.len() - MAX_SHOWN);
    }

    // The catalogue has more facts than these files, so existing movies are not overwritten.
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

/// Gives a movie the id of the catalogue's movie with the same title and a year that differs by at most one. This finds
/// the movies whose IMDb id the catalogue lacks.
fn use_ids_of_the_catalogue(community: &mut Community) -> anyhow::Result<()> {
    let mut known = HashMap::new();
    for movie in catalogue::movies()? {
        for year in movie.year - 1..=movie.year + 1 {
            for title in [&movie.title_en, &movie.title_original] {
                known
                    .entry((normalised(title), year))
                    .or_insert_with(|| movie.id.clone());
            }
        }
    }
    let own: HashSet<String> = catalogue::movies()?.into_iter().map(|movie| movie.id).collect();
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
    // Two movies of the files can be one of the catalogue. Only the last rating of each pair is kept, because one SQL
    // statement cannot insert the same row twice.
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

/// The catalogue's name of a genre in these files; `None` for a genre that the catalogue does not have.
fn genre(name: &str) -> Option<String> {
    let genre = match name {
        "Sci-Fi" => "science_fiction",
        "Musical" | "Music" => "music",
        "Film-Noir" => "film_noir",
        "Children" | "Children's" => "family",
        "Reality-TV" => "reality",
        "(no genres listed)" | "" | "IMAX" => return None,
        other => return Some(other.to_lowercase()).filter(|name| GENRES.contains(&name.as_str())),
    };
    Some(genre.to_owned())
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

/// Splits `Title (1999)` into title and year.
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
    fn genres_of_the_files_become_genres_of_the_catalogue() {
        assert_eq!(genre("Sci-Fi").as_deref(), Some("science_fiction"));
        assert_eq!(genre("Drama").as_deref(), Some("drama"));
        assert_eq!(genre("Western").as_deref(), Some("western"));
        assert_eq!(genre("Nonsense"), None);
    }
}
