//! The commands that measure the models on files: `evaluate` predicts stars, `recommend` writes lists, and `bench`
//! measures both at several sizes. They run the same code as the service: train, write and read a snapshot, fold in,
//! predict or rank.

pub mod bench;
pub mod files;

use std::{collections::HashMap, fmt::Write as _, time::Instant};

use anyhow::Context as _;
use bytes::Bytes;
use rayon::prelude::*;
use uuid::Uuid;

pub use self::files::BadInput;
use self::files::{read_items, read_members, read_queries, read_ratings};
use crate::{
    config::{EvaluateConfig, LearningConfig, RecommendConfig},
    model::{
        Info, Model,
        dataset::{Builder, Dataset},
        evaluate::{Outcome, fold_member, rmse},
        features::Facts,
        fold_in::Folded,
        train::train,
    },
    ranking::{
        RankingModels,
        evaluate::{Ranker, popularity},
        interactions::Interactions,
    },
    snapshot::{self, Snapshot},
    training::{self, options_for, with_threads},
};

/// The ratings and items that every command reads.
struct Input {
    data: Dataset,
    /// The facts of the movies, in the order of their numbers.
    facts: Vec<Facts>,
}

fn read(train: &std::path::Path, items: &std::path::Path) -> Result<Input, BadInput> {
    let known = read_items(items)?;
    let mut builder = Builder::default();
    known.keys().for_each(|movie| builder.add_movie(*movie));
    read_ratings(train, &mut builder)?;
    let data = builder.finish();
    let facts = data.movies.iter();
    let facts = facts
        .map(|movie| known.get(movie).cloned().unwrap_or_default())
        .collect();
    Ok(Input { data, facts })
}

/// Encodes and decodes a snapshot, so that the commands use what a replica would read. Returns its size too.
fn round_trip(model: Model, lists: RankingModels) -> anyhow::Result<(Snapshot, usize)> {
    let file = snapshot::encode(&Snapshot { model, lists });
    let bytes = file.len();
    let read = snapshot::decode(&Bytes::from(file)).context("the snapshot that was just written cannot be read")?;
    Ok((read, bytes))
}

/// Empty lists, for a command that only predicts stars.
fn no_lists(model: &Model) -> RankingModels {
    let mut lists = RankingModels::default();
    lists.ease.starts = vec![0; model.len() + 1].into();
    lists
}

/// The command `evaluate`. Writes nothing unless all files can be read.
pub fn evaluate(config: &EvaluateConfig) -> anyhow::Result<()> {
    let Input { data, facts } = read(&config.train, &config.items)?;
    let queries = read_queries(&config.query)?;
    let (low, high) = data.stars.iter().fold((f32::MAX, f32::MIN), |(low, high), stars| {
        (low.min(*stars), high.max(*stars))
    });
    let options = options_for(data.len(), &config.learning);
    let began = Instant::now();
    let trained = with_threads(config.learning.threads, || {
        train(&data, &facts, options, None, &mut |_, _| ())
    })?;
    let training = began.elapsed();
    let iterations = trained.iterations;
    let model = Model::new(&trained, data.movies.clone(), Info::default());
    drop(trained);
    let lists = no_lists(&model);
    let (Snapshot { model, .. }, bytes) = round_trip(model, lists)?;

    let mut folded: HashMap<Uuid, Folded> = HashMap::new();
    let (mut out, mut outcomes, mut folding) = (String::from("member,item,stars\n"), Vec::new(), 0f64);
    // Items that are not in the training have the prior mean.
    let fresh = model.prior_vector(&Facts::default());
    for query in &queries {
        let began = Instant::now();
        let member = folded.entry(query.member).or_insert_with(|| {
            let number = data.members.binary_search(&query.member);
            number.map_or_else(|_| model.fold_in(&[]), |number| fold_member(&model, &data, number))
        });
        folding += began.elapsed().as_secs_f64();
        let item = match model.number(query.movie) {
            Some(number) => model.item(number),
            None => model.unseen(&fresh),
        };
        let stars = model.score(member, item.z).clamp(f64::from(low), f64::from(high));
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{},{},{stars:.6}", query.member.as_u128(), query.movie.as_u128());
        if let Some(truth) = query.stars {
            outcomes.push(Outcome {
                stars: truth,
                predicted: stars,
                deviation: 0.0,
            });
        }
    }
    files::write(&config.out, &out)?;
    eprintln!(
        "{} ratings, {} members, {} items: trained K={} in {iterations} rounds, {:.2} s; {:.1} us a fold-in; snapshot {:.1} MB",
        data.len(),
        data.members.len(),
        data.movies.len(),
        options.factors,
        training.as_secs_f64(),
        folding * 1e6 / folded.len().max(1) as f64,
        bytes as f64 / 1e6,
    );
    if outcomes.len() == queries.len() && !queries.is_empty() {
        eprintln!("RMSE {:.4} over {} predictions", rmse(&outcomes), outcomes.len());
    }
    Ok(())
}

/// Trains all models, for `recommend` and `bench`.
fn snapshot_of(data: &Dataset, facts: &[Facts], learning: &LearningConfig) -> anyhow::Result<(Snapshot, usize)> {
    let interactions = Interactions::new(data, Vec::new());
    with_threads(learning.threads, || {
        let options = options_for(data.len(), learning);
        let trained = train(data, facts, options, None, &mut |_, _| ());
        let model = Model::new(&trained, data.movies.clone(), Info::default());
        drop(trained);
        let lists = training::train_ranking(&interactions, facts, &model, learning, None, &mut |_, _| ());
        round_trip(model, lists)
    })?
}

/// The command `recommend`: the best unrated movies for each member. Members who are not in the training get popular
/// movies.
pub fn recommend(config: &RecommendConfig) -> anyhow::Result<()> {
    let Input { data, facts } = read(&config.train, &config.items)?;
    let members = read_members(&config.members)?;
    let began = Instant::now();
    let (Snapshot { model, lists }, bytes) = snapshot_of(&data, &facts, &config.learning)?;
    let training = began.elapsed();
    let interactions = Interactions::new(&data, Vec::new());
    let popular = popularity(&model, &interactions);
    let ranker = Ranker {
        model: &model,
        lists: &lists,
        data: &data,
        interactions: &interactions,
        popular: &popular,
    };
    let began = Instant::now();
    let rows: Vec<Vec<u32>> = with_threads(config.learning.threads, || {
        members
            .par_iter()
            .map(|member| {
                let number = data.members.binary_search(member).ok();
                let list = match number {
                    Some(number) if config.diverse => return ranker.row(number, &facts, config.top),
                    number => ranker.list(number, config.top),
                };
                list.into_iter().map(|(movie, _)| movie).collect()
            })
            .collect()
    })?;
    let ranking = began.elapsed();
    let mut out = String::from("member,rank,item\n");
    for (member, row) in members.iter().zip(&rows) {
        for (rank, movie) in row.iter().enumerate() {
            let item = data.movies[*movie as usize].as_u128();
            let _ = writeln!(out, "{},{},{item}", member.as_u128(), rank + 1);
        }
    }
    files::write(&config.out, &out)?;
    eprintln!(
        "{} ratings, {} members, {} items: trained in {:.2} s; snapshot {:.1} MB; {:.2} ms a list",
        data.len(),
        data.members.len(),
        data.movies.len(),
        training.as_secs_f64(),
        bytes as f64 / 1e6,
        ranking.as_secs_f64() * 1e3 / members.len().max(1) as f64,
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let folder = std::env::temp_dir().join(format!("matcha-offline-{}", Uuid::now_v7()));
            std::fs::create_dir_all(&folder).unwrap();
            let folder = Self(folder);
            let mut ratings = String::new();
            for member in 1..40 {
                for item in (1..20).filter(|item| (member + item) % 3 > 0) {
                    ratings.push_str(&format!("{member}\t{item}\t{}\t1\n", 1 + (member * item) % 5));
                }
            }
            folder.write("t.tsv", &ratings);
            folder.write(
                "i.tsv",
                "1\tOne\tDrama|Comedy\t1999\n20\tTwenty\tDrama\t2005\n21\tNew\t\t\n",
            );
            folder
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }

        fn write(&self, name: &str, text: &str) {
            std::fs::write(self.path(name), text).unwrap();
        }

        fn evaluate(&self) -> EvaluateConfig {
            EvaluateConfig {
                train: self.path("t.tsv"),
                query: self.path("q.tsv"),
                items: self.path("i.tsv"),
                out: self.path("p.csv"),
                learning: learning(),
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn learning() -> LearningConfig {
        LearningConfig {
            factors: None,
            list_factors: 8,
            iterations: Some(5),
            seed: 1,
            threads: 1,
        }
    }

    #[test]
    fn predictions_are_within_the_scale_also_for_unknown_members_and_items() {
        let folder = Folder::new();
        folder.write("q.tsv", "1\t20\n99\t77\n1\t21\n");
        let config = folder.evaluate();
        evaluate(&config).unwrap();
        let lines = std::fs::read_to_string(&config.out).unwrap();
        assert_eq!(lines.lines().count(), 4);
        for line in lines.lines().skip(1) {
            let stars: f64 = line.rsplit(',').next().unwrap().parse().unwrap();
            assert!((1.0..=5.0).contains(&stars), "{line}");
        }
    }

    #[test]
    fn invalid_input_is_reported_with_file_and_line_and_nothing_is_written() {
        let folder = Folder::new();
        folder.write("q.tsv", "1\t20\n");
        folder.write("bad.tsv", "1\t2\t3.5\n1\tx\t4\n");
        let config = EvaluateConfig {
            train: folder.path("bad.tsv"),
            ..folder.evaluate()
        };
        let error = evaluate(&config).unwrap_err();
        assert!(error.to_string().ends_with("bad.tsv:2: `x` is not a number"), "{error}");
        assert!(error.downcast_ref::<BadInput>().is_some());
        assert!(!config.out.exists());
    }

    #[test]
    fn lists_contain_no_rated_movie_and_unknown_members_get_popular_ones() {
        let folder = Folder::new();
        folder.write("m.tsv", "3\n777\n");
        let config = RecommendConfig {
            train: folder.path("t.tsv"),
            items: folder.path("i.tsv"),
            members: folder.path("m.tsv"),
            out: folder.path("r.csv"),
            top: 100,
            diverse: false,
            learning: learning(),
        };
        for diverse in [false, true] {
            recommend(&RecommendConfig {
                diverse,
                ..config.clone()
            })
            .unwrap();
            let text = std::fs::read_to_string(&config.out).unwrap();
            let rows: Vec<Vec<u64>> = text
                .lines()
                .skip(1)
                .map(|line| line.split(',').map(|field| field.parse().unwrap()).collect())
                .collect();
            let of =
                |member: u64| -> Vec<u64> { rows.iter().filter(|row| row[0] == member).map(|row| row[2]).collect() };
            let mine = of(3);
            assert!(mine.iter().all(|item| *item >= 20 || (3 + item) % 3 == 0), "{mine:?}");
            assert_eq!(
                mine.len(),
                if diverse { mine.len() } else { 8 },
                "six unrated movies and two new ones"
            );
            assert_eq!(of(777).len(), 21, "all movies");
            assert!(!of(777)[..5].contains(&20), "this movie has no ratings");
        }
    }
}
