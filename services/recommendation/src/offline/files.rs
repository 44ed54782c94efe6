//! Reads and writes the files of the offline commands. They are read line by line, so that twenty million ratings need
//! no more memory than the resulting data set. The first invalid line is an error with file and line.

use std::{
    collections::HashMap,
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use uuid::Uuid;

use crate::model::{
    dataset::{Builder, Rating},
    features::Facts,
};

/// An invalid line of an input file.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {problem}", file.display())]
pub struct BadInput {
    file: PathBuf,
    /// From 1; 0 stands for the whole file.
    line: usize,
    problem: String,
}

/// A pair to predict, with the true stars if the file has them.
pub struct Query {
    pub member: Uuid,
    pub movie: Uuid,
    pub stars: Option<f64>,
}

/// Reads `member <tab> item <tab> stars [<tab> unix seconds]`. Without times, the last line of a pair counts.
pub fn read_ratings(path: &Path, builder: &mut Builder) -> Result<(), BadInput> {
    let mut count = 0usize;
    read_lines(path, 3..=4, |fields| {
        builder.push(Rating {
            member: id(fields[0])?,
            movie: id(fields[1])?,
            stars: stars(fields[2])? as f32,
            rated_at: fields.get(3).map_or(Ok(0), |text| seconds(text))?,
        });
        count += 1;
        Ok(())
    })?;
    if count == 0 {
        return Err(bad(path, 0, "the file has no ratings"));
    }
    Ok(())
}

/// Reads `member <tab> item [<tab> true stars]`.
pub fn read_queries(path: &Path) -> Result<Vec<Query>, BadInput> {
    let mut queries = Vec::new();
    read_lines(path, 2..=3, |fields| {
        queries.push(Query {
            member: id(fields[0])?,
            movie: id(fields[1])?,
            stars: fields.get(2).map(|text| stars(text)).transpose()?,
        });
        Ok(())
    })?;
    Ok(queries)
}

/// Reads one member per line.
pub fn read_members(path: &Path) -> Result<Vec<Uuid>, BadInput> {
    let mut members = Vec::new();
    read_lines(path, 1..=1, |fields| {
        members.push(id(fields[0])?);
        Ok(())
    })?;
    Ok(members)
}

/// Reads `item <tab> title <tab> genre|genre <tab> year`; genres and year may be empty.
pub fn read_items(path: &Path) -> Result<HashMap<Uuid, Facts>, BadInput> {
    let mut items = HashMap::new();
    read_lines(path, 4..=4, |fields| {
        let year = match fields[3] {
            "" => 0,
            text => text.parse().map_err(|_| format!("`{text}` is not a year"))?,
        };
        let genres = fields[2].split('|').filter(|genre| !genre.is_empty());
        let facts = Facts {
            year,
            genres: genres.map(str::to_owned).collect(),
            ..Facts::default()
        };
        items.insert(id(fields[0])?, facts);
        Ok(())
    })?;
    Ok(items)
}

/// Writes the file atomically.
pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    // A pipe or a terminal cannot be replaced by a rename.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return fs::write(path, text).with_context(cannot);
    }
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.unfinished", std::process::id()));
    let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(cannot)
}

fn bad(path: &Path, line: usize, problem: impl Into<String>) -> BadInput {
    BadInput {
        file: path.to_owned(),
        line,
        problem: problem.into(),
    }
}

fn read_lines(
    path: &Path,
    columns: std::ops::RangeInclusive<usize>,
    mut take: impl FnMut(&[&str]) -> Result<(), String>,
) -> Result<(), BadInput> {
    let file = fs::File::open(path).map_err(|error| bad(path, 0, error.to_string()))?;
    let mut reader = BufReader::with_capacity(1 << 20, file);
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes);
        if read.map_err(|error| bad(path, number, error.to_string()))? == 0 {
            return Ok(());
        }
        let line = std::str::from_utf8(&bytes).map_err(|_| bad(path, number, "this is not UTF-8"))?;
        // A byte order mark and CRLF line ends are accepted.
        let line = line.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
        if line.is_empty() {
            continue;
        }
        let fields: Vec<&str> = line.split('\t').collect();
        if !columns.contains(&fields.len()) {
            let (least, most) = (columns.start(), columns.end());
            let wanted = if least == most {
                format!("{least}")
            } else {
                format!("{least} to {most}")
            };
            let problem = format!("{} columns between tabs, not {wanted}", fields.len());
            return Err(bad(path, number, problem));
        }
        take(&fields).map_err(|problem| bad(path, number, problem))?;
    }
    Ok(())
}

/// Members and items are numbers in these files, and become UUIDs.
fn id(text: &str) -> Result<Uuid, String> {
    let number: u64 = text.parse().map_err(|_| format!("`{text}` is not a number"))?;
    Ok(Uuid::from_u128(u128::from(number)))
}

fn stars(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(stars) if (0.5..=5.0).contains(&stars) => Ok(stars),
        _ => Err(format!("`{text}` is not a number of stars from 0.5 to 5")),
    }
}

fn seconds(text: &str) -> Result<i64, String> {
    match text.parse::<i64>() {
        Ok(seconds) if seconds >= 0 => Ok(seconds),
        _ => Err(format!("`{text}` is not a time in seconds")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &[u8]) -> String {
        let path = std::env::temp_dir().join(format!("matcha-lines-{}", Uuid::now_v7()));
        fs::write(&path, text).unwrap();
        let result = read_ratings(&path, &mut Builder::default());
        fs::remove_file(&path).unwrap();
        let message = result.map_or_else(|error| error.to_string(), |()| "fine".to_owned());
        message.replace(&path.display().to_string(), "file")
    }

    #[test]
    fn invalid_lines_are_reported_with_file_and_line() {
        for (text, expected) in [
            ("1\t2\t3.5\n\n1\t3\t4\t99\r\n", "fine"),
            ("\u{feff}1\t2\t3.5\n", "fine"),
            ("1\t2\t3.5\n1\tx\t4\n", "file:2: `x` is not a number"),
            ("1\t-2\t4\n", "file:1: `-2` is not a number"),
            ("1\t2\n", "file:1: 2 columns between tabs, not 3 to 4"),
            ("1 2 4\n", "file:1: 1 columns between tabs, not 3 to 4"),
            ("1\t2\tNaN\n", "file:1: `NaN` is not a number of stars from 0.5 to 5"),
            ("1\t2\tinf\n", "file:1: `inf` is not a number of stars from 0.5 to 5"),
            ("1\t2\t0\n", "file:1: `0` is not a number of stars from 0.5 to 5"),
            ("1\t2\t5.5\n", "file:1: `5.5` is not a number of stars from 0.5 to 5"),
            ("1\t2\t4\tsoon\n", "file:1: `soon` is not a time in seconds"),
            ("", "file:0: the file has no ratings"),
        ] {
            assert_eq!(problem(text.as_bytes()), expected, "{text:?}");
        }
        assert_eq!(problem(b"1\t2\t4\n\xff\xfe\t1\t1\n"), "file:2: this is not UTF-8");
        let missing = read_ratings(Path::new("/nowhere/t.tsv"), &mut Builder::default());
        assert!(missing.unwrap_err().to_string().starts_with("/nowhere/t.tsv:0: "));
    }
}
