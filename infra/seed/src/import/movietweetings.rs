//! Reads MovieTweetings, and older MovieLens `.dat` files: fields separated by `::`, ratings `user::imdb::rating::time`
//! with 0-10, and movies `imdb::Title (Year)::genres`. The scale of matcha begins at half a star (1), so a rating of 0
//! becomes 1.

use std::{collections::HashSet, fs, path::Path};

use anyhow::Context as _;
use matcha_protos::rating::v1::ImportRating;

use super::{Community, member, movie, title_and_year};

const SOURCE: &str = "MovieTweetings";

pub(super) fn read(folder: &Path) -> anyhow::Result<Community> {
    let mut community = Community::default();
    let mut ids = std::collections::HashMap::new();
    each_line(&folder.join("movies.dat"), &mut community, |community, line| {
        let [imdb, title, genres] = fields(line)?;
        let (title, year) = title_and_year(title).context("the title has no year")?;
        anyhow::ensure!((1870..=2100).contains(&year), "the year {year} is out of range");
        let movie = movie(&imdb_id(imdb)?, title, year, genres);
        if ids.insert(imdb.to_owned(), movie.id.clone()).is_none() {
            community.movies.push(movie);
        }
        Ok(())
    })?;
    let mut members = HashSet::new();
    each_line(&folder.join("ratings.dat"), &mut community, |community, line| {
        let [user, imdb, stars, time] = fields(line)?;
        anyhow::ensure!(
            !user.is_empty() && user.bytes().all(|b| b.is_ascii_digit()),
            "the user is not a number"
        );
        let movie_id = ids
            .get(imdb)
            .with_context(|| format!("movie {imdb} is not in movies.dat"))?;
        let stars: i32 = stars.parse().context("the rating is not a whole number")?;
        anyhow::ensure!((0..=10).contains(&stars), "the rating {stars} is not within 0 to 10");
        let rated_at = time.parse().context("the time is not a number of seconds")?;
        let member = member(SOURCE, "mt", user);
        community.ratings.push(ImportRating {
            member_id: member.id.clone(),
            movie_id: movie_id.clone(),
            stars: stars.max(1),
            rated_at,
        });
        if members.insert(member.id.clone()) {
            community.members.push(member);
        }
        Ok(())
    })?;
    Ok(community)
}

fn each_line(
    path: &Path,
    community: &mut Community,
    mut take: impl FnMut(&mut Community, &str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for (number, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let taken = std::str::from_utf8(line)
            .context("not UTF-8")
            .and_then(|line| take(community, line.trim_start_matches('\u{feff}')));
        if let Err(error) = taken {
            community.problems.push(format!("{name}:{}: {error:#}", number + 1));
        }
    }
    Ok(())
}

fn fields<const N: usize>(line: &str) -> anyhow::Result<[&str; N]> {
    let fields: Vec<&str> = line.split("::").collect();
    let count = fields.len();
    <[&str; N]>::try_from(fields).map_err(|_| anyhow::anyhow!("{count} fields instead of {N}"))
}

/// Parses `0114508` or `tt0114508` into `tt0114508`.
fn imdb_id(text: &str) -> anyhow::Result<String> {
    let digits = text.strip_prefix("tt").unwrap_or(text);
    anyhow::ensure!(
        (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()),
        "{text} is not an IMDb id"
    );
    Ok(format!("tt{digits:0>7}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_lines_are_reported_with_file_and_line_and_the_rest_is_read() {
        let folder = std::env::temp_dir().join(format!("matcha-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&folder).expect("a folder for the test");
        let movies = "\u{feff}0114508::Species (1995)::Action|Sci-Fi\r\nno movie\n0114508::Species (1995)::\n";
        let ratings =
            "1::0114508::7::1365029107\n1::9999999::7::1\n2::0114508::11::1\n2::0114508::3.3::1\n\n2::0114508::0::5\n";
        fs::write(folder.join("movies.dat"), movies).expect("written");
        fs::write(folder.join("ratings.dat"), ratings).expect("written");
        let community = read(&folder).expect("a readable folder");
        fs::remove_dir_all(&folder).expect("removed");
        assert_eq!(community.movies.len(), 1);
        assert_eq!(community.movies[0].genres, ["action", "science_fiction"]);
        assert_eq!(community.members.len(), 2);
        let stars: Vec<i32> = community.ratings.iter().map(|rating| rating.stars).collect();
        assert_eq!(stars, [7, 1]);
        let places: Vec<&str> = community
            .problems
            .iter()
            .map(|p| &p[..p.find(": ").unwrap_or(0)])
            .collect();
        assert_eq!(
            places,
            ["movies.dat:2", "ratings.dat:2", "ratings.dat:3", "ratings.dat:4"]
        );
    }
}
