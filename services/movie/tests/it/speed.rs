//! Speed with a catalogue of the size of MovieTweetings, 10,506 movies. Prints figures; run it with
//! `cargo nextest run --release -p movie --run-ignored all --no-capture speed`.

use std::time::{Duration, Instant};

use chassis::identity::Caller;
use matcha_protos::movie::v1::{PersonName, PutMovie, SearchMoviesRequest, SuggestRequest};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use testing::request;

use crate::harness::{Catalogue, put_movie};

const MOVIES: usize = 10_506;

/// Synthetic titles: one to five words of one to four syllables, in Korean and in English.
fn catalogue(random: &mut StdRng) -> Vec<PutMovie> {
    let mut word = |syllables: &[&str]| -> String {
        (0..random.random_range(1..4))
            .map(|_| *syllables.choose(random).unwrap())
            .collect()
    };
    const KOREAN: [&str; 24] = [
        "기", "생", "살", "인", "추", "억", "괴", "물", "의", "밤", "시", "간", "사", "랑", "왕", "남", "자", "도",
        "둑", "태", "풍", "강", "호", "라",
    ];
    const ENGLISH: [&str; 24] = [
        "the", "man", "ter", "par", "in", "stel", "lar", "dark", "night", "love", "er", "day", "mur", "der", "mon",
        "ster", "ca", "sa", "blan", "ca", "sto", "ry", "re", "turn",
    ];
    let vocabulary: Vec<(String, String)> = (0..4_000).map(|_| (word(&KOREAN), word(&ENGLISH))).collect();
    let mut title = |of: fn(&(String, String)) -> &String| -> String {
        let words: Vec<&str> = (0..random.random_range(1..5))
            .map(|_| of(vocabulary.choose(random).unwrap()).as_str())
            .collect();
        words.join(" ")
    };
    let people: Vec<PersonName> = (0..20_000)
        .map(|n| PersonName {
            name_ko: title(|word| &word.0),
            name_en: format!("{} {n}", title(|word| &word.1)),
        })
        .collect();
    (0..MOVIES)
        .map(|n| {
            let mut movie = put_movie(
                &title(|word| &word.0),
                &format!("{} {n}", title(|word| &word.1)),
                1920 + (n % 105) as i32,
            );
            movie.directors = vec![people[n % people.len()].clone()];
            movie.cast = (0..5)
                .map(|place| people[(n * 7 + place * 13) % people.len()].clone())
                .collect();
            movie
        })
        .collect()
}

/// The median and the 99th percentile.
fn percentiles(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}

fn resident_megabytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kilobytes| kilobytes.parse::<usize>().ok())
        .unwrap_or(0)
        / 1024
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures; the machine should be idle"]
async fn ten_thousand_movies_are_put_in_seconds_and_suggested_in_milliseconds() {
    let movies = catalogue(&mut StdRng::seed_from_u64(7));
    let catalogue = Catalogue::start().await;
    println!(
        "resident before: {} MB (the test itself included)",
        resident_megabytes()
    );
    for again in [false, true] {
        let began = Instant::now();
        for batch in movies.chunks(500) {
            catalogue.put(batch).await;
        }
        println!("put {MOVIES} movies (again: {again}): {:?}", began.elapsed());
    }
    catalogue.eventually_holds(MOVIES).await;
    println!("resident with the index: {} MB", resident_megabytes());

    let queries = [
        "ㄱ",
        "ㄱㅅ",
        "ㄱㅅㅊ",
        "기",
        "기새",
        "기생ㅊ",
        "살인의 추억",
        "기생츙",
        "괴물이다아",
        "p",
        "pa",
        "parasi",
        "paraiste",
        "interstelar",
        "the dark night",
        "zzzzzzzz",
        "강호",
        "ㅅㅇㅊㅇ",
    ];
    let mut all = Vec::new();
    for query in queries {
        let mut times = Vec::new();
        for _ in 0..100 {
            let message = SuggestRequest {
                query: query.into(),
                limit: 8,
            };
            let request = request(message, &Caller::Anonymous, "movie");
            let began = Instant::now();
            catalogue.client.clone().suggest(request).await.unwrap();
            times.push(began.elapsed());
        }
        all.extend(times.iter().copied());
        let (median, slowest) = percentiles(times);
        println!("suggest {query}: p50 {median:?} p99 {slowest:?}");
    }
    let (median, slowest) = percentiles(all);
    println!("suggest, all: p50 {median:?} p99 {slowest:?}");

    let mut times = Vec::new();
    for sort in 0..5 {
        for query in ["", "기", "the"] {
            for _ in 0..20 {
                let message = SearchMoviesRequest {
                    query: query.into(),
                    sort,
                    ..Default::default()
                };
                let request = request(message, &Caller::Anonymous, "movie");
                let began = Instant::now();
                catalogue.client.clone().search_movies(request).await.unwrap();
                times.push(began.elapsed());
            }
        }
    }
    println!("search: p50 and p99 {:?}", percentiles(times));
    assert!(median < Duration::from_millis(20), "{median:?}");
}
