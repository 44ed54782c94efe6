//! Requests without a pause while something changes below them, each repeated once if it fails, and those that failed twice.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    cluster::wait_until,
    member::{Member, popular_movies},
};

const TASKS: usize = 4;
const PACE: Duration = Duration::from_millis(20);

/// Members who read a movie's page, read their own account and rate the movie, in turn.
pub struct Traffic {
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    failed: Arc<Mutex<Vec<String>>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Traffic {
    pub async fn start() -> Self {
        Self::of(true).await
    }

    /// The same without ratings.
    pub async fn reading() -> Self {
        Self::of(false).await
    }

    async fn of(writes: bool) -> Self {
        let (stop, answered, failed) = (Arc::default(), Arc::default(), Arc::default());
        let movies = popular_movies(20).await;
        let mut tasks = Vec::new();
        for _ in 0..TASKS {
            let member = Member::sign_up_until_acknowledged().await;
            tasks.push(tokio::spawn(ask(
                member,
                movies.clone(),
                Arc::clone(&stop),
                Arc::clone(&answered),
                Arc::clone(&failed),
                writes,
            )));
        }
        Self {
            stop,
            answered,
            failed,
            tasks,
        }
    }

    /// Waits until so many more requests are answered well.
    pub async fn go_on_for(&self, count: usize) {
        let until = self.answered.load(Ordering::Relaxed) + count;
        wait_until("requests are answered", async || {
            self.answered.load(Ordering::Relaxed) >= until
        })
        .await;
    }

    /// How many requests were answered, and what became of the others.
    pub async fn end(self) -> (usize, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        let failed = std::mem::take(&mut *self.failed.lock().unwrap());
        (self.answered.load(Ordering::Relaxed), failed)
    }
}

async fn ask(
    member: Member,
    movies: Vec<String>,
    stop: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
    failed: Arc<Mutex<Vec<String>>>,
    writes: bool,
) {
    for (turn, movie) in movies.iter().cycle().enumerate() {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let path = format!("/api/v1/movies/{movie}");
        if turn % 3 == 2 && !writes {
            continue;
        }
        // Once more is what a client's retry does: a replica that goes, or a busy machine, may cost one attempt.
        let problem = match attempt(&member, &path, turn).await {
            Some(_) => attempt(&member, &path, turn).await,
            None => None,
        };
        match problem {
            None => _ = answered.fetch_add(1, Ordering::Relaxed),
            Some(problem) => failed.lock().unwrap().push(problem),
        }
        tokio::time::sleep(PACE).await;
    }
}

async fn attempt(member: &Member, path: &str, turn: usize) -> Option<String> {
    match turn % 3 {
        0 => read(member, path).await,
        1 => send(member, Method::GET, "/api/v1/me", None).await,
        _ => {
            let stars = json!({ "stars": (1 + turn % 10) as f64 / 2.0 });
            send(member, Method::PUT, &format!("{path}/rating"), Some(stars)).await
        }
    }
}

/// A page without a part is a failed call below, so it counts.
async fn read(member: &Member, path: &str) -> Option<String> {
    match member.try_send(Method::GET, path, None).await {
        Ok(answer) if answer.status().is_success() => {
            let page: Value = answer.json().await.unwrap_or_default();
            (page["degraded"] != json!([])).then(|| format!("GET {path} without {}", page["degraded"]))
        }
        Ok(answer) => Some(format!("GET {path} answered {}", answer.status())),
        Err(error) => Some(format!("GET {path}: {error}")),
    }
}

async fn send(member: &Member, method: Method, path: &str, body: Option<Value>) -> Option<String> {
    match member.try_send(method.clone(), path, body).await {
        Ok(answer) if answer.status().is_success() => None,
        Ok(answer) => Some(format!("{method} {path} answered {}", answer.status())),
        Err(error) => Some(format!("{method} {path}: {error}")),
    }
}
