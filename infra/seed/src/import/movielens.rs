//! Reads MovieLens: ratings `userId,movieId,rating,timestamp` (0.5-5), movies `movieId,title,genres`, and the optional
//! file of links `movieId,imdbId,tmdbId`.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use anyhow::Context as _;
use matcha_protos::rating::v1::ImportRating;

use super::{Community, member, movie, title_and_year};

const SOURCE: &str = "MovieLens";

pub(super) fn read(folder: &Path) -> anyhow::Result<Community> {
    let mut community = Community::default();
    let mut imdb_ids = HashMap::new();
    if folder.join("links.csv").is_file() {
        each_record(&folder.join("links.csv"), &mut community, |_, [movie, imdb, _]| {
            anyhow::ensure!(
                !imdb.is_empty() && imdb.bytes().all(|b| b.is_ascii_digit()),
                "{imdb} is not an IMDb id"
            );
            imdb_ids.insert(movie.to_owned(), format!("tt{imdb:0>7}"));
            Ok(())
        })?;
    }
    let mut ids = HashMap::new();
    each_record(
        &folder.join("movies.csv"),
        &mut community,
        |community, [number, title, genres]| {
            let (title, year) = title_and_year(title).context("the title has no year")?;
            anyhow::ensure!((1870..=2100).contains(&year), "the year {year} is out of range");
            let imdb_id = imdb_ids.get(number).map_or("", String::as_str);
            let movie = movie(imdb_id, title, year, genres);
            if ids.insert(number.to_owned(), movie.id.clone()).is_none() {
                community.movies.push(movie);
            }
            Ok(())
        },
    )?;
    let mut members = HashSet::new();
    each_record(
        &folder.join("ratings.csv"),
        &mut community,
        |community, [user, number, stars, time]| {
            anyhow::ensure!(
                !user.is_empty() && user.bytes().all(|b| b.is_ascii_digit()),
                "the user is not a number"
            );
            let movie_id = ids
                .get(number)
                .with_context(|| format!("movie {number} is not in movies.csv"))?;
            let member = member(SOURCE, "ml", user);
            community.ratings.push(ImportRating {
                member_id: member.id.clone(),
                movie_id: movie_id.clone(),
                stars: half_stars(stars)?,
                rated_at: time.parse().context("the time is not a number of seconds")?,
            });
            if members.insert(member.id.clone()) {
                community.members.push(member);
            }
            Ok(())
        },
    )?;
    Ok(community)
}

/// Parses `0.5` to `5.0` in half steps into 1 to 10.
fn half_stars(text: &str) -> anyhow::Result<i32> {
    let stars: f64 = text.parse().context("the rating is not a number")?;
    let doubled = stars * 2.0;
    anyhow::ensure!(
        doubled.fract() == 0.0 && (1.0..=10.0).contains(&doubled),
        "the rating {text} is not a half step from 0.5 to 5"
    );
    Ok(doubled as i32)
}

fn each_record<const N: usize>(
    path: &Path,
    community: &mut Community,
    mut take: impl FnMut(&mut Community, [&str; N]) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_path(path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    for record in reader.records() {
        let (line, taken) = match &record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                let fields: Vec<&str> = record.iter().collect();
                let count = fields.len();
                let taken = <[&str; N]>::try_from(fields)
                    .map_err(|_| anyhow::anyhow!("{count} fields instead of {N}"))
                    .and_then(|fields| take(community, fields));
                (line, taken)
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                (line, Err(anyhow::anyhow!("{error}")))
            }
        };
        if let Err(error) = taken {
            community.problems.push(format!("{name}:{line}: {error:#}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn quoted_titles_and_links_are_read_and_invalid_stars_are_reported() {
        let folder = std::env::temp_dir().join(format!("matcha-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).expect("a folder for the test");
        let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("written");
        write("links.csv", "movieId,imdbId,tmdbId\n11,0112346,9087\n");
        write(
            "movies.csv",
            "movieId,title,genres\n11,\"American President, The (1995)\",Comedy|Romance\n",
        );
        write(
            "ratings.csv",
            "userId,movieId,rating,timestamp\n1,11,4.5,964982703\n1,11,3.3,1\n1,11,NaN,1\n",
        );
        let community = read(&folder).expect("a readable folder");
        fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(community.movies[0].imdb_id, "tt0112346");
        assert_eq!(community.movies[0].title_en, "American President, The");
        assert_eq!(community.ratings.len(), 1);
        assert_eq!(community.ratings[0].stars, 9);
        assert_eq!(community.problems.len(), 2);
        assert!(community.problems[0].starts_with("ratings.csv:3: "));
    }
}
