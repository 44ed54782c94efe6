//! Two kinds of load. Open: requests leave on a schedule whether or not earlier ones are answered, so waiting is measured
//! from the planned moment and slowness cannot hide (coordinated omission). Closed: as much as some connections carry.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Latencies in milliseconds.
#[derive(Default)]
pub(crate) struct Figures {
    sorted: Vec<f64>,
    pub(crate) failed: u64,
}

impl Figures {
    pub(crate) fn new(mut latencies: Vec<f64>, failed: u64) -> Self {
        latencies.sort_by(f64::total_cmp);
        Self {
            sorted: latencies,
            failed,
        }
    }

    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let last = self.sorted.len().saturating_sub(1);
        let index = (share * last as f64).round() as usize;
        self.sorted.get(index).copied().unwrap_or(f64::NAN)
    }

    pub(crate) fn count(&self) -> usize {
        self.sorted.len()
    }
}

fn client(token: Option<&str>) -> reqwest::Client {
    let mut headers = reqwest::header::HeaderMap::new();
    if let Some(token) = token {
        headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    }
    let builder = reqwest::Client::builder()
        .default_headers(headers)
        .timeout(Duration::from_secs(5));
    builder.pool_max_idle_per_host(128).build().unwrap()
}

/// GETs the addresses in turn, `rate` per second.
pub(crate) async fn open_loop(urls: &[String], token: Option<&str>, rate: u32, length: Duration) -> Figures {
    let client = client(token);
    let latencies = Arc::new(Mutex::new(Vec::new()));
    let failed = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let total = u64::from(rate) * length.as_secs();
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..total {
        let planned = begin + Duration::from_secs_f64(number as f64 / f64::from(rate));
        tokio::time::sleep_until(planned.into()).await;
        let url = &urls[(number as usize * 7) % urls.len()];
        let request = client.get(url);
        let (latencies, failed) = (latencies.clone(), failed.clone());
        calls.spawn(async move {
            let done = async { request.send().await?.error_for_status()?.bytes().await };
            match done.await {
                Ok(_) => latencies.lock().unwrap().push(planned.elapsed().as_secs_f64() * 1e3),
                Err(_) => {
                    failed.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    while calls.join_next().await.is_some() {}
    let latencies = std::mem::take(&mut *latencies.lock().unwrap());
    Figures::new(latencies, failed.load(Ordering::Relaxed))
}

/// GETs with so many connections as fast as they are answered; answers per second.
pub(crate) async fn saturate(urls: &[String], connections: usize, length: Duration) -> f64 {
    let client = client(None);
    let answered = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..connections {
        let (client, answered, urls) = (client.clone(), answered.clone(), urls.to_vec());
        workers.spawn(async move {
            let mut number = worker * 31;
            while begin.elapsed() < length {
                number += 1;
                let url = &urls[number % urls.len()];
                let done = async { client.get(url).send().await?.error_for_status()?.bytes().await };
                if done.await.is_ok() {
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    while workers.join_next().await.is_some() {}
    answered.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64()
}
