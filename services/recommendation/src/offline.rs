//! `matcha-recommendation evaluate`: trains on a file and predicts for another, by the path the service takes: train,
//! snapshot, fold in, predict. It is how the model's quality is judged, so there is nothing special in it.

use std::{
    collections::HashMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::Context as _;
use uuid::Uuid;

use crate::{
    config::EvaluateConfig,
    model::{
        Info, Model,
        dataset::{Dataset, Rating},
        evaluate::{Outcome, fold_member, rmse},
        features::Facts,
        fold_in::Folded,
        snapshot,
        train::train,
    },
    training::{options_for, with_threads},
};

/// Input that cannot be used: where, and why.
#[derive(Debug, thiserror::Error)]
#[error("{}:{line}: {problem}", file.display())]
pub struct BadInput {
    file: PathBuf,
    line: usize,
    problem: String,
}

/// Runs the subcommand; nothing is written unless everything could be read.
pub fn run(config: &EvaluateConfig) -> anyhow::Result<()> {
    let facts = read_items(&config.items)?;
    let ratings = read_ratings(&config.train)?;
    let queries = read_queries(&config.query)?;

    let data = Dataset::new(ratings, facts.keys().copied());
    let (low, high) = data.stars.iter().fold((f32::MAX, f32::MIN), |(low, high), stars| {
        (low.min(*stars), high.max(*stars))
    });
    let by_movie: Vec<Facts> = data
        .movies
        .iter()
        .map(|movie| facts.get(movie).cloned().unwrap_or_default())
        .collect();
    let options = options_for(data.len(), &config.learning);
    let began = Instant::now();
    let trained = with_threads(config.learning.threads, || train(&data, &by_movie, options))?;
    let training = began.elapsed();
    let file = snapshot::encode(&Model::new(&trained, data.movies.clone(), Info::default()));
    let model = snapshot::decode(&file).context("the snapshot that was just written cannot be read")?;

    let mut folded: HashMap<Uuid, Folded> = HashMap::new();
    let (mut out, mut outcomes, mut folding) = (String::from("member,item,stars\n"), Vec::new(), 0f64);
    for query in &queries {
        let began = Instant::now();
        let member = folded.entry(query.member).or_insert_with(|| {
            let number = data.members.binary_search(&query.member);
            number.map_or_else(|_| model.fold_in(&[]), |number| fold_member(&model, &data, number))
        });
        folding += began.elapsed().as_secs_f64();
        let fresh;
        let item = match model.number(query.movie) {
            Some(number) => model.item(number),
            None => {
                fresh = model.prior_vector(&Facts::default());
                model.unseen(&fresh)
            }
        };
        let stars = model.score(member, item.z).clamp(f64::from(low), f64::from(high));
        // To a string: cannot fail.
        let _ = writeln!(out, "{},{},{stars:.6}", query.member.as_u128(), query.movie.as_u128());
        if let Some(truth) = query.stars {
            outcomes.push(Outcome {
                stars: truth,
                predicted: stars,
                deviation: 0.0,
            });
        }
    }
    std::fs::write(&config.out, out).with_context(|| format!("cannot write {}", config.out.display()))?;
    eprintln!(
        "{} ratings, {} members, {} items: trained K={} in {} rounds, {:.2} s; {:.1} us a fold-in; snapshot {:.1} MB",
        data.len(),
        data.members.len(),
        data.movies.len(),
        trained.factors,
        trained.iterations,
        training.as_secs_f64(),
        folding * 1e6 / folded.len().max(1) as f64,
        file.len() as f64 / 1e6,
    );
    if outcomes.len() == queries.len() && !queries.is_empty() {
        eprintln!("RMSE {:.4} over {} predictions", rmse(&outcomes), outcomes.len());
    }
    Ok(())
}

struct Query {
    member: Uuid,
    movie: Uuid,
    stars: Option<f64>,
}

fn read_ratings(path: &Path) -> anyhow::Result<Vec<Rating>> {
    read_lines(path, |fields| {
        Ok(Rating {
            member: number(fields, 0)?,
            movie: number(fields, 1)?,
            stars: stars(fields, 2)? as f32,
            rated_at: fields
                .get(3)
                .map_or(Ok(0), |text| text.parse().map_err(|_| format!("`{text}` is no time")))?,
        })
    })
}

fn read_queries(path: &Path) -> anyhow::Result<Vec<Query>> {
    read_lines(path, |fields| {
        Ok(Query {
            member: number(fields, 0)?,
            movie: number(fields, 1)?,
            stars: fields.get(2).map(|_| stars(fields, 2)).transpose()?,
        })
    })
}

fn read_items(path: &Path) -> anyhow::Result<HashMap<Uuid, Facts>> {
    let items = read_lines(path, |fields| {
        let text = |i: usize| fields.get(i).copied().unwrap_or_default();
        let year = if text(3).is_empty() {
            0
        } else {
            text(3).parse().map_err(|_| format!("`{}` is no year", text(3)))?
        };
        let genres = text(2)
            .split('|')
            .filter(|genre| !genre.is_empty())
            .map(str::to_owned)
            .collect();
        Ok((
            number(fields, 0)?,
            Facts {
                year,
                genres,
                ..Facts::default()
            },
        ))
    })?;
    Ok(items.into_iter().collect())
}

fn read_lines<T>(path: &Path, parse: impl Fn(&[&str]) -> Result<T, String>) -> anyhow::Result<Vec<T>> {
    let bad = |line: usize, problem: String| BadInput {
        file: path.to_owned(),
        line,
        problem,
    };
    let bytes = std::fs::read(path).map_err(|error| bad(0, error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| bad(0, "this is not UTF-8".to_owned()))?;
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        out.push(parse(&fields).map_err(|problem| bad(i + 1, problem))?);
    }
    Ok(out)
}

/// Members and items are numbers in these files; inside they are ids.
fn number(fields: &[&str], i: usize) -> Result<Uuid, String> {
    let text = fields.get(i).ok_or_else(|| format!("field {} is missing", i + 1))?;
    text.parse()
        .map(Uuid::from_u128)
        .map_err(|_| format!("`{text}` is no number"))
}

fn stars(fields: &[&str], i: usize) -> Result<f64, String> {
    let text = fields.get(i).ok_or_else(|| format!("field {} is missing", i + 1))?;
    match text.parse::<f64>() {
        Ok(stars) if stars.is_finite() => Ok(stars),
        _ => Err(format!("`{text}` are no stars")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LearningConfig;

    #[test]
    fn predictions_are_written_and_bad_input_names_file_and_line_and_writes_nothing() {
        let folder = std::env::temp_dir().join(format!("matcha-offline-{}", Uuid::now_v7()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
        let mut ratings = String::new();
        for member in 1..40 {
            for item in 1..20 {
                ratings.push_str(&format!("{member}\t{item}\t{}\t1\n", 1 + (member * item) % 5));
            }
        }
        write("t.tsv", &ratings);
        write("q.tsv", "1\t20\n99\t77\n");
        write("i.tsv", "1\tOne\tDrama|Comedy\t1999\n20\tTwenty\tDrama\t2005\n");
        let mut config = EvaluateConfig {
            train: folder.join("t.tsv"),
            query: folder.join("q.tsv"),
            items: folder.join("i.tsv"),
            out: folder.join("p.csv"),
            learning: LearningConfig {
                factors: None,
                iterations: Some(5),
                seed: 1,
                threads: 1,
            },
        };
        run(&config).unwrap();
        let lines = std::fs::read_to_string(&config.out).unwrap();
        assert_eq!(lines.lines().count(), 3);
        for line in lines.lines().skip(1) {
            let stars: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
            assert!((1.0..=5.0).contains(&stars), "{line}");
        }

        write("bad.tsv", "1\t2\t3.5\n1\tx\t4\n");
        config.train = folder.join("bad.tsv");
        config.out = folder.join("never.csv");
        let error = run(&config).unwrap_err();
        assert!(error.to_string().ends_with("bad.tsv:2: `x` is no number"), "{error}");
        assert!(error.downcast_ref::<BadInput>().is_some());
        assert!(!config.out.exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
