//! `matcha-recommendation bench`: measures quality, time and memory, and prints them beside reference figures, which
//! are those of a numpy and C prototype of the same models. Each case runs in a child process, so that its peak memory
//! can be measured.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, ensure};
use uuid::Uuid;

use super::{Input, read, snapshot_of};
use crate::{
    config::{BenchConfig, LearningConfig},
    model::{
        Info, Model,
        dataset::{Builder, Dataset, Rating},
        evaluate::{Outcome, average_rmse, fold_member, outcomes, rmse},
        features::Facts,
        kernels, mix, normal,
        train::train,
        uniform,
    },
    ranking::{
        evaluate::{Ranker, popularity},
        interactions::Interactions,
        quality,
    },
    training::{options_for, with_threads},
};

/// The environment variable that names the case of a child process.
const CASE: &str = "MATCHA_BENCH_CASE";

pub fn run(config: &BenchConfig) -> anyhow::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench passes it to its own child processes; nobody else sets it"
    )]
    let case = std::env::var(CASE);
    if let Ok(case) = case {
        return run_case(config, &case);
    }
    println!("kernels: {}; {} threads", kernels::name(), config.threads);
    println!("{:<58} {:>12} {:>12} {:>12}", "", "ours", "reference", "gate");
    if config.data.is_some() {
        for split in ["usertime", "random"] {
            in_child_process(&format!("stars {split}"))?;
        }
        in_child_process("lists usertime")?;
    } else {
        println!("MovieTweetings: skipped, --data names no folder");
    }
    let mut size = 200_000;
    while size <= config.most {
        in_child_process(&format!("synthetic {size}"))?;
        size *= 10;
    }
    if let Some(last) = (size / 10 < config.most).then_some(config.most) {
        in_child_process(&format!("synthetic {last}"))?;
    }
    in_child_process("implicit 1000000")?;
    in_child_process("latency")
}

fn in_child_process(case: &str) -> anyhow::Result<()> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let status = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(CASE, case)
        .status()
        .context("cannot start a case")?;
    ensure!(status.success(), "`{case}` ended with {status}");
    Ok(())
}

fn run_case(config: &BenchConfig, case: &str) -> anyhow::Result<()> {
    let (kind, what) = case.split_once(' ').unwrap_or((case, ""));
    let learning = LearningConfig {
        factors: None,
        list_factors: 64,
        iterations: None,
        seed: 1,
        threads: config.threads,
    };
    let folder = config.data.as_deref();
    match kind {
        "stars" => stars(folder.context("no data")?, what, &learning),
        "lists" => lists(folder.context("no data")?, what, &learning),
        "synthetic" => synthetic(what.parse()?, &learning),
        "implicit" => implicit(what.parse()?, &learning),
        _ => latency(&learning),
    }
}

fn line(what: &str, ours: &str, reference: &str, gate: &str) {
    println!("{what:<58} {ours:>12} {reference:>12} {gate:>12}");
}

/// The peak memory of this process in megabytes; 0 on systems without /proc.
fn peak_megabytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

fn percentile(times: &mut [f64], share: f64) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0)
}

/// Reads a split of real ratings: `NAME.base` to train on, `NAME.test` to predict.
fn split(folder: &Path, name: &str) -> anyhow::Result<(Input, Dataset)> {
    let file = |extension: &str| -> PathBuf { folder.join(format!("{name}.{extension}")) };
    let world = read(&file("base"), &folder.join("items.tsv"))?;
    // Read as ratings, because the fourth column is a time, which a query file does not have.
    let mut builder = Builder::default();
    super::files::read_ratings(&file("test"), &mut builder)?;
    world.data.movies.iter().for_each(|movie| builder.add_movie(*movie));
    Ok((world, builder.finish()))
}

fn stars(folder: &Path, name: &str, learning: &LearningConfig) -> anyhow::Result<()> {
    let (Input { data, facts }, test) = split(folder, name)?;
    let options = options_for(data.len(), learning);
    let began = Instant::now();
    let trained = with_threads(learning.threads, || train(&data, &facts, options, None, &mut |_, _| ()))?;
    let seconds = began.elapsed().as_secs_f64();
    let d = trained.factors + 1;
    let model = Model::new(&trained, data.movies.clone(), Info::default());

    let (mut by_fold, mut by_training, mut average) = (Vec::new(), Vec::new(), Vec::new());
    let held = numbered_like(&data, &test);
    for member in 0..held.members.len() {
        if held.starts[member] == held.starts[member + 1] {
            continue;
        }
        let folded = fold_member(&model, &data, member);
        let z = &trained.members.z[member * d..][..d];
        for (movie, truth) in held.of_member(member) {
            let item = model.item(movie as usize);
            let direct: f32 = z[..d - 1].iter().zip(item.z).map(|(a, b)| a * b).sum::<f32>() + z[d - 1] + item.z[d - 1];
            let outcome = |predicted: f64| Outcome {
                stars: f64::from(truth),
                predicted: predicted.clamp(0.5, 5.0),
                deviation: 0.0,
            };
            by_fold.push(outcome(model.score(&folded, item.z)));
            by_training.push(outcome(model.mean + f64::from(direct)));
        }
    }
    average.push(average_rmse(&data, &held));
    let (reference, gate) = match name {
        "usertime" => (".6892", "<= .692"),
        _ => (".6822", "<= .685"),
    };
    line(
        &format!("MovieTweetings {name}: RMSE"),
        &format!("{:.4}", rmse(&by_fold)),
        reference,
        gate,
    );
    line("  the movie's shrunk average", &format!("{:.4}", average[0]), "", "");
    let gap = (rmse(&by_fold) - rmse(&by_training)).abs();
    line(
        "  fold-in against training, RMSE gap",
        &format!("{gap:.5}"),
        ".0007",
        "<= .002",
    );
    line("  training, seconds", &format!("{seconds:.2}"), "", "");
    Ok(())
}

/// The ratings of `other` with the member and movie numbers of `data`. Unknown members and movies are left out.
fn numbered_like(data: &Dataset, other: &Dataset) -> Dataset {
    let mut out = Dataset {
        members: data.members.clone(),
        movies: data.movies.clone(),
        starts: vec![0],
        ..Dataset::default()
    };
    for member in &data.members {
        if let Ok(at) = other.members.binary_search(member) {
            for (movie, stars) in other.of_member(at) {
                if let Ok(number) = data.movies.binary_search(&other.movies[movie as usize]) {
                    out.movie_numbers.push(number as u32);
                    out.stars.push(stars);
                    out.rated_at.push(0);
                }
            }
        }
        out.starts.push(out.stars.len());
    }
    out
}

fn lists(folder: &Path, name: &str, learning: &LearningConfig) -> anyhow::Result<()> {
    let (Input { data, facts }, test) = split(folder, name)?;
    let held = numbered_like(&data, &test);
    let began = Instant::now();
    let (snapshot, _) = snapshot_of(&data, &facts, learning)?;
    let seconds = began.elapsed().as_secs_f64();
    let interactions = Interactions::new(&data, Vec::new());
    let popular = popularity(&snapshot.model, &interactions);
    let ranker = Ranker {
        model: &snapshot.model,
        lists: &snapshot.lists,
        data: &data,
        interactions: &interactions,
        popular: &popular,
    };
    let ours = crate::ranking::evaluate::quality(ranker, &held, &facts);
    // The same measures for lists by popularity and by predicted stars.
    let support = interactions.support();
    let (mut by_support, mut by_stars) = ([0f64; 2], [0f64; 2]);
    let mut count = 0f64;
    for member in (0..held.members.len()).filter(|member| held.starts[*member] < held.starts[*member + 1]) {
        let wanted: Vec<u32> = held.of_member(member).map(|(movie, _)| movie).collect();
        let rated: Vec<u32> = data.of_member(member).map(|(movie, _)| movie).collect();
        let folded = fold_member(&snapshot.model, &data, member);
        let order = |score: &dyn Fn(u32) -> f32| -> Vec<u32> {
            let open: Vec<u32> = (0..data.movies.len() as u32)
                .filter(|movie| rated.binary_search(movie).is_err())
                .collect();
            let scores: Vec<f32> = open.iter().map(|movie| score(*movie)).collect();
            crate::ranking::best(&scores, 100)
                .into_iter()
                .map(|at| open[at])
                .collect()
        };
        for (sums, list) in [
            (&mut by_support, order(&|movie| support[movie as usize] as f32)),
            (
                &mut by_stars,
                order(&|movie| snapshot.model.score(&folded, snapshot.model.item(movie as usize).z) as f32),
            ),
        ] {
            sums[0] += quality::recall(&list, &wanted, 20);
            sums[1] += quality::ndcg(&list, &wanted, 100);
        }
        count += 1.0;
    }
    let pair = |recall: f64, ndcg: f64| format!("{recall:.4}/{ndcg:.4}");
    line(
        &format!("MovieTweetings {name}: lists, recall@20/NDCG@100"),
        &pair(ours.recall_at_20, ours.ndcg_at_100),
        "",
        "",
    );
    line(
        "  popularity",
        &pair(by_support[0] / count, by_support[1] / count),
        "",
        "",
    );
    line(
        "  by predicted stars",
        &pair(by_stars[0] / count, by_stars[1] / count),
        "",
        "",
    );
    line(
        "  coverage of the catalogue by first twenties",
        &format!("{:.3}", ours.coverage),
        "",
        "",
    );
    line(
        "  diversity within the first twenty",
        &format!("{:.3}", ours.diversity),
        "",
        "",
    );
    line(
        "  what diversity costs of NDCG@20",
        &format!("{:.1} %", ours.diversity_cost * 100.0),
        "",
        "<= 2 %",
    );
    line("  training stars and lists, seconds", &format!("{seconds:.2}"), "", "");
    Ok(())
}

/// The parameters of the synthetic ratings.
const TRUE_FACTORS: usize = 8;
const NOISE: f64 = 0.6;

/// Ratings drawn from known factors. Popular movies have more ratings, and members rate more of the movies that they
/// like.
fn synthetic_ratings(ratings: usize, seed: u64) -> Dataset {
    let members = (ratings / 145).max(50);
    let movies = ((ratings as f64).sqrt() * 6.0) as usize;
    let factor = |kind: u64, row: usize, i: usize| normal(seed * 10 + kind, (row * 16 + i) as u64);
    let mut builder = Builder::default();
    let mut drawn = 0u64;
    for member in 0..members {
        let p: Vec<f64> = (0..TRUE_FACTORS).map(|i| 0.25 * factor(1, member, i)).collect();
        let bias = 0.35 * factor(1, member, 9);
        let own = (ratings / members) as f64 * (0.6 * factor(1, member, 10)).exp() / 1.2;
        let mut left = own.max(5.0) as usize;
        while left > 0 {
            drawn += 1;
            // Cubing makes a few movies popular and most of them rare.
            let movie = (uniform(seed * 10 + 3, drawn).powi(3) * movies as f64) as usize;
            let fits: f64 = p.iter().enumerate().map(|(i, p)| p * factor(2, movie, i)).sum();
            // Members watch movies that they like more often.
            if uniform(seed * 10 + 4, drawn) > 1.0 / (1.0 + (-1.5 * fits).exp()) {
                continue;
            }
            left -= 1;
            let stars = 3.4 + fits + bias + 0.4 * factor(2, movie, 9) + NOISE * normal(seed * 10 + 5, drawn);
            builder.push(Rating {
                member: Uuid::from_u128(member as u128 + 1),
                movie: Uuid::from_u128(movie as u128 + 1),
                stars: stars as f32,
                rated_at: drawn as i64,
            });
        }
    }
    builder.finish()
}

fn synthetic(ratings: usize, learning: &LearningConfig) -> anyhow::Result<()> {
    let data = synthetic_ratings(ratings, 7);
    // A thousandth of the ratings is enough to measure the error, and hardly needs memory.
    let (data, held) = hold_out(data, 1000);
    let facts = vec![Facts::default(); data.movies.len()];
    let options = crate::model::train::Options {
        factors: 16,
        iterations: Some(15),
        seed: 1,
    };
    let began = Instant::now();
    let trained = with_threads(learning.threads, || train(&data, &facts, options, None, &mut |_, _| ()))?;
    let seconds = began.elapsed().as_secs_f64();
    let peak = peak_megabytes();
    let model = Model::new(&trained, data.movies.clone(), Info::default());
    drop(trained);
    let error = rmse(&outcomes(&model, &data, &held));
    let (millions, gates) = (data.len() as f64 / 1e6, ratings >= 20_000_000);
    let name = format!(
        "synthetic {millions:.1} M ratings, {} members, {} movies, K=16",
        data.members.len(),
        data.movies.len()
    );
    let gate = |text: &'static str| if gates { text } else { "" };
    line(&name, &format!("{seconds:.1} s"), gate("45 s"), gate("<= 90 s"));
    line(
        "  a million ratings, seconds",
        &format!("{:.2}", seconds / millions),
        "",
        "",
    );
    line(
        "  peak memory with the data, MB",
        &format!("{peak:.0}"),
        gate("540"),
        gate("<= 700"),
    );
    line(
        "  held-out RMSE above the noise",
        &format!("{:.1} %", (error / NOISE - 1.0) * 100.0),
        "",
        "",
    );
    Ok(())
}

/// Holds out one of `one_in` ratings.
fn hold_out(data: Dataset, one_in: u64) -> (Dataset, Dataset) {
    let empty = || Dataset {
        members: data.members.clone(),
        movies: data.movies.clone(),
        starts: vec![0],
        ..Dataset::default()
    };
    let (mut kept, mut held) = (empty(), empty());
    for member in 0..data.members.len() {
        for (movie, stars) in data.of_member(member) {
            let out = mix(member as u64, u64::from(movie)).is_multiple_of(one_in);
            let part = if out { &mut held } else { &mut kept };
            part.movie_numbers.push(movie);
            part.stars.push(stars);
        }
        kept.starts.push(kept.stars.len());
        held.starts.push(held.stars.len());
    }
    (kept, held)
}

fn implicit(ratings: usize, learning: &LearningConfig) -> anyhow::Result<()> {
    let data = synthetic_ratings(ratings, 9);
    let (kept, held) = data.split_by_time(0.2);
    drop(data);
    let facts = vec![Facts::default(); kept.movies.len()];
    let began = Instant::now();
    let (snapshot, _) = snapshot_of(&kept, &facts, learning)?;
    let seconds = began.elapsed().as_secs_f64();
    let interactions = Interactions::new(&kept, Vec::new());
    let popular = popularity(&snapshot.model, &interactions);
    let ranker = Ranker {
        model: &snapshot.model,
        lists: &snapshot.lists,
        data: &kept,
        interactions: &interactions,
        popular: &popular,
    };
    let ours = crate::ranking::evaluate::quality(ranker, &held, &facts);
    line(
        &format!(
            "synthetic {:.1} M interactions: lists, recall@20/NDCG@100",
            interactions.len() as f64 / 1e6
        ),
        &format!("{:.4}/{:.4}", ours.recall_at_20, ours.ndcg_at_100),
        "",
        "",
    );
    line("  training stars and lists, seconds", &format!("{seconds:.1}"), "", "");
    line("  peak memory, MB", &format!("{:.0}", peak_megabytes()), "", "");
    Ok(())
}

/// Measures folding in and ranking for members with 500 ratings among 60,000 movies.
fn latency(learning: &LearningConfig) -> anyhow::Result<()> {
    const MOVIES: usize = 60_000;
    const RATED: usize = 500;
    let mut builder = Builder::default();
    for movie in 0..MOVIES {
        builder.add_movie(Uuid::from_u128(movie as u128 + 1));
    }
    let mut drawn = 0u64;
    for member in 0..3_000u128 {
        for _ in 0..RATED {
            drawn += 1;
            let movie = (uniform(21, drawn).powi(3) * MOVIES as f64) as u128;
            builder.push(Rating {
                member: Uuid::from_u128(member + 1),
                movie: Uuid::from_u128(movie + 1),
                stars: 0.5 + (uniform(22, drawn) * 9.0).round() as f32 / 2.0,
                rated_at: drawn as i64,
            });
        }
    }
    let data = builder.finish();
    let facts = vec![Facts::default(); data.movies.len()];
    let learning = LearningConfig {
        factors: Some(16),
        iterations: Some(3),
        ..learning.clone()
    };
    let (snapshot, bytes) = snapshot_of(&data, &facts, &learning)?;
    let interactions = Interactions::new(&data, Vec::new());
    let popular = popularity(&snapshot.model, &interactions);
    let ranker = Ranker {
        model: &snapshot.model,
        lists: &snapshot.lists,
        data: &data,
        interactions: &interactions,
        popular: &popular,
    };
    let (mut folding, mut ranking) = (Vec::new(), Vec::new());
    for member in 0..1_000 {
        let began = Instant::now();
        std::hint::black_box(fold_member(&snapshot.model, &data, member));
        folding.push(began.elapsed().as_secs_f64());
        let began = Instant::now();
        std::hint::black_box(ranker.list(Some(member), 100));
        ranking.push(began.elapsed().as_secs_f64());
    }
    let micros = |seconds: f64| format!("{:.0} us", seconds * 1e6);
    let millis = |seconds: f64| format!("{:.2} ms", seconds * 1e3);
    line(
        "fold-in of 500 ratings, K=16, median",
        &micros(percentile(&mut folding, 0.5)),
        "",
        "",
    );
    line("  p99", &micros(percentile(&mut folding, 0.99)), "", "<= 200 us");
    line(
        "top 100 for 500 ratings among 60,000 movies, median",
        &millis(percentile(&mut ranking, 0.5)),
        "1-2 ms",
        "",
    );
    line("  p99", &millis(percentile(&mut ranking, 0.99)), "", "<= 5 ms");
    line("  snapshot, MB", &format!("{:.0}", bytes as f64 / 1e6), "", "");
    Ok(())
}
