//! `make bench`: how quick a running, seeded cluster is, printed as a table. Never asserted: these are figures of one machine
//! on one day. Load comes from this process and goes to loopback only; each measurement is bounded in time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench; a broken set-up should stop it"
)]

mod baseline;
mod load;
mod rating;

use std::time::Duration;

use matcha_tests::{
    cluster::gateway,
    member::{Member, popular_movies},
};

use crate::load::{Figures, open_loop, saturate};

const SECONDS: u64 = 15;

#[tokio::main]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("baseline") {
        baseline::serve().await;
        return;
    }
    let movies = popular_movies(400).await;
    let catalogue = count_movies().await;
    println!(
        "{:<64} {:>9} {:>9} {:>9} {:>9}",
        "", "p50 ms", "p95 ms", "p99 ms", "count"
    );

    for rate in [20, 200] {
        let figures = rating::put_to_prediction(&movies, rate, Duration::from_secs(SECONDS)).await;
        line(
            &format!("PUT rating -> acknowledged, {rate} ratings/s"),
            &figures.acknowledged,
        );
        line("PUT rating -> in the member's predictions", &figures.predicted);
    }

    let pages: Vec<String> = movies
        .iter()
        .map(|id| format!("{}/api/v1/movies/{id}", gateway()))
        .collect();
    let figures = open_loop(&pages, None, 500, Duration::from_secs(SECONDS)).await;
    line("movie page, signed out, 500 requests/s", &figures);
    let member = Member::sign_up().await;
    for (index, movie) in movies.iter().take(12).enumerate() {
        member.rate(movie, 0.5 + (index % 10) as f64 / 2.0).await;
    }
    let figures = open_loop(&pages, Some(member.token()), 500, Duration::from_secs(SECONDS)).await;
    line("movie page, signed in, with predictions, 500 requests/s", &figures);

    let words = [
        "ㄱ",
        "ㄱㅅ",
        "ㄱㅅㅊ",
        "기새",
        "par",
        "paraiste",
        "봉준",
        "the g",
        "올드",
        "inter",
    ];
    let suggest: Vec<String> = words
        .iter()
        .map(|word| format!("{}/api/v1/suggest?q={word}", gateway()))
        .collect();
    let figures = open_loop(&suggest, None, 100, Duration::from_secs(SECONDS / 2)).await;
    line(
        &format!("search suggestion over {catalogue} movies, 100 requests/s"),
        &figures,
    );

    let bare = baseline::Processes::start().await;
    let length = Duration::from_secs(SECONDS / 2);
    let mut ratios = Vec::new();
    for _ in 0..3 {
        // In turn, so that a machine that slows down slows both.
        let ours = saturate(&pages, 64, length).await;
        let theirs = saturate(std::slice::from_ref(&bare.url), 64, length).await;
        println!(
            "movie page {ours:>7.0}/s   bare axum + one tonic hop {theirs:>7.0}/s   ratio {:.2}",
            ours / theirs
        );
        ratios.push(ours / theirs);
    }
    ratios.sort_by(f64::total_cmp);
    println!(
        "movie page beside bare axum + one tonic hop, 64 connections: median ratio {:.2}",
        ratios[1]
    );
}

fn line(what: &str, figures: &Figures) {
    println!(
        "{what:<64} {:>9.2} {:>9.2} {:>9.2} {:>9}{}",
        figures.percentile(0.50),
        figures.percentile(0.95),
        figures.percentile(0.99),
        figures.count(),
        match figures.failed {
            0 => String::new(),
            failed => format!("   {failed} failed"),
        }
    );
}

async fn count_movies() -> u64 {
    let query = "{ facets { decades { count } } }";
    let answer = Member::stranger().graphql(query, serde_json::json!({})).await;
    let decades = answer["data"]["facets"]["decades"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    decades.iter().filter_map(|decade| decade["count"].as_u64()).sum()
}
