//! Members who write without a pause while something is killed: ratings, shelf, comments, lists, watches, sign-ups, follows and
//! imports. Each write is repeated until it is acknowledged, and then stands in the ledger.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use matcha_tests::{
    cluster::{Database, MAX_WAIT, read, wait_until},
    ledger::{Ledger, List, Pair, Watch},
    member::Member,
    tap::Tap,
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::compare;

const RATERS: usize = 6;
const MOVIES: usize = 12;
/// Between two writes of one task.
const PACE: Duration = Duration::from_millis(40);
/// Between two writes of a kind that costs more than a rating.
const SLOW_PACE: Duration = Duration::from_millis(120);
/// What is acknowledged after the fault, so that it happened in the middle.
const AFTERWARDS: usize = 150;

/// The writing members and what they share.
pub(super) struct Writing {
    shared: Shared,
    tasks: Vec<JoinHandle<()>>,
    tap: Tap,
    /// Movie's popularity copy before the first write.
    popularity: BTreeMap<Uuid, (i64, i64)>,
}

#[derive(Clone)]
struct Shared {
    ledger: Arc<Mutex<Ledger>>,
    movies: Arc<Vec<Uuid>>,
    database: PgPool,
    finish: Arc<AtomicBool>,
}

impl Writing {
    /// `place` gives each test movies of its own, so that no test disturbs the counts of another.
    pub(super) async fn begin(place: usize) -> Self {
        let movies = movies(place).await;
        let shared = Shared {
            ledger: Arc::default(),
            movies: Arc::new(movies.clone()),
            database: Database::Rating.pool(),
            finish: Arc::default(),
        };
        let tap = Tap::open(&["rating.changed", "shelf.changed", "comment.submitted"]).await;
        let popularity = compare::popularity(&movies).await;
        let mut members = Vec::new();
        for _ in 0..RATERS {
            members.push(Member::sign_up_until_acknowledged().await);
        }
        let mut tasks = Vec::new();
        for (number, member) in members.iter().enumerate() {
            tasks.push(tokio::spawn(rate(shared.clone(), member.clone(), number)));
        }
        let member = |number: usize| members[number].clone();
        let shelver = Member::sign_up_until_acknowledged().await;
        tasks.push(tokio::spawn(shelve(shared.clone(), shelver)));
        tasks.push(tokio::spawn(comment(shared.clone(), member(0))));
        tasks.push(tokio::spawn(make_lists(shared.clone(), member(1))));
        tasks.push(tokio::spawn(log_watches(shared.clone(), member(2))));
        tasks.push(tokio::spawn(sign_up_and_import(shared.clone(), member(3))));
        Self {
            shared,
            tasks,
            tap,
            popularity,
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.shared.ledger()
    }

    /// Waits until every rated pair has a second version and an import is through: the middle of the writing.
    pub(super) async fn reach_the_middle(&self) {
        wait_until("every pair was written twice", async || {
            self.fail_early();
            let ledger = self.ledger();
            let pairs = ledger.ratings.values().filter(|versions| versions.len() >= 2).count();
            pairs >= RATERS * MOVIES && !ledger.imports.is_empty()
        })
        .await;
    }

    /// Waits for so many further acknowledgements.
    pub(super) async fn write_more(&self, count: usize) {
        let until = self.ledger().acknowledged + count;
        wait_until("the writing goes on", async || {
            self.fail_early();
            self.ledger().acknowledged >= until
        })
        .await;
    }

    /// A writer that failed says why at once, and not after the longest wait.
    fn fail_early(&self) {
        let failed = self.tasks.iter().any(JoinHandle::is_finished);
        assert!(!failed, "a writer ended early; its panic stands above");
    }

    /// Writes on for a while after the fault, ends, and compares everything with the ledger.
    pub(super) async fn end_and_compare(self) {
        self.write_more(AFTERWARDS).await;
        self.shared.finish.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        let ledger = std::mem::take(&mut *self.shared.ledger.lock().unwrap());
        compare::everything(&ledger, &self.shared.movies, &self.popularity, self.tap).await;
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn is_finished(&self) -> bool {
        self.finish.load(Ordering::Relaxed)
    }

    /// Repeats a write until it is acknowledged; returns the body of the answer.
    async fn write(&self, member: &Member, method: Method, path: &str, body: Option<Value>) -> Value {
        let (answer, failures) = member.count_until_acknowledged(method, path, body).await;
        self.ledger().failed_attempts += failures;
        // The status is the acknowledgement. A body that breaks off with the gateway takes nothing back.
        answer.json().await.unwrap_or_default()
    }
}

/// Movies that no test with another place uses.
pub(super) async fn movies(place: usize) -> Vec<Uuid> {
    let database = Database::Movie.pool();
    let movies: Vec<Uuid> = read(|| {
        sqlx::query_scalar("select id from movie order by id offset $1 limit $2")
            .bind((place * MOVIES) as i64)
            .bind(MOVIES as i64)
            .fetch_all(&database)
    })
    .await;
    assert_eq!(movies.len(), MOVIES, "the seed has enough movies");
    movies
}

/// Round after round over all movies; each fourth round clears the ratings.
async fn rate(shared: Shared, member: Member, number: usize) {
    let mut pace = tokio::time::interval(PACE);
    for round in 0_i16.. {
        for (place, movie) in shared.movies.iter().enumerate() {
            pace.tick().await;
            if shared.is_finished() {
                return;
            }
            let path = format!("/api/v1/movies/{movie}/rating");
            let stars = (round % 4 != 3).then(|| 1 + (number as i16 + place as i16 + round * 3) % 10);
            match stars {
                Some(stars) => {
                    let body = json!({ "stars": f64::from(stars) / 2.0 });
                    shared.write(&member, Method::PUT, &path, Some(body)).await;
                }
                None => {
                    shared.write(&member, Method::DELETE, &path, None).await;
                }
            }
            let version = shared.ledger().rated((member.id, *movie), stars);
            let found = row(&shared.database, RATING, (member.id, *movie)).await;
            assert_eq!(
                found,
                Some((stars, version)),
                "the row just after its write was acknowledged"
            );
        }
    }
}

async fn shelve(shared: Shared, member: Member) {
    let mut pace = tokio::time::interval(PACE);
    for round in 0.. {
        for movie in &shared.movies[..MOVIES / 2] {
            pace.tick().await;
            if shared.is_finished() {
                return;
            }
            let path = format!("/api/v1/movies/{movie}/shelf");
            let state = [Some("wish"), Some("watching"), Some("not_interested"), None][round % 4];
            let (method, body) = match state {
                Some(state) => (Method::PUT, Some(json!({ "state": state }))),
                None => (Method::DELETE, None),
            };
            shared.write(&member, method, &path, body).await;
            let state = state.map(|_| (round % 4) as i16 + 1);
            let version = shared.ledger().shelved((member.id, *movie), state);
            let found = row(&shared.database, SHELF, (member.id, *movie)).await;
            assert_eq!(
                found,
                Some((state, version)),
                "the row just after its write was acknowledged"
            );
        }
    }
}

const RATING: &str = "select stars, version from ratings where member_id = $1 and movie_id = $2";
const SHELF: &str = "select state, version from shelf where member_id = $1 and movie_id = $2";

async fn row(database: &PgPool, query: &'static str, (member, movie): Pair) -> Option<(Option<i16>, i64)> {
    read(|| sqlx::query_as(query).bind(member).bind(movie).fetch_optional(database)).await
}

async fn comment(shared: Shared, member: Member) {
    let mut pace = tokio::time::interval(SLOW_PACE);
    for round in 0.. {
        for movie in shared.movies.iter() {
            pace.tick().await;
            if shared.is_finished() {
                return;
            }
            let text = format!("조용하고 아름답다 {round} {movie}");
            let path = format!("/api/v1/movies/{movie}/comment");
            shared
                .write(&member, Method::PUT, &path, Some(json!({ "text": text })))
                .await;
            let mut ledger = shared.ledger();
            ledger.acknowledged += 1;
            ledger.comments.insert((member.id, *movie), text);
        }
    }
}

/// Lists of four movies each.
async fn make_lists(shared: Shared, member: Member) {
    let mut pace = tokio::time::interval(SLOW_PACE);
    for number in 0.. {
        let id = Uuid::new_v4();
        let title = format!("비 오는 날 {number}");
        let path = format!("/api/v1/lists/{id}");
        shared
            .write(
                &member,
                Method::PUT,
                &path,
                Some(json!({ "title": title, "public": true })),
            )
            .await;
        let list = List {
            member: member.id,
            title,
            movies: Vec::new(),
        };
        shared.ledger().lists.insert(id, list);
        for movie in shared.movies.iter().skip(number % MOVIES).take(4) {
            pace.tick().await;
            if shared.is_finished() {
                return;
            }
            shared
                .write(&member, Method::PUT, &format!("{path}/movies/{movie}"), None)
                .await;
            let mut ledger = shared.ledger();
            ledger.acknowledged += 1;
            ledger.lists.get_mut(&id).unwrap().movies.push(*movie);
        }
    }
}

async fn log_watches(shared: Shared, member: Member) {
    let mut pace = tokio::time::interval(SLOW_PACE);
    for number in 0.. {
        pace.tick().await;
        if shared.is_finished() {
            return;
        }
        let (id, movie) = (Uuid::new_v4(), shared.movies[number % MOVIES]);
        // A movie is in the diary once a day.
        let watched_on = format!("{}-01-15", 1990 + number / MOVIES);
        let body = json!({ "movie_id": movie, "watched_on": watched_on, "tags": ["극장"] });
        shared
            .write(&member, Method::PUT, &format!("/api/v1/me/watches/{id}"), Some(body))
            .await;
        let watch = Watch {
            member: member.id,
            movie,
            watched_on,
        };
        let mut ledger = shared.ledger();
        ledger.acknowledged += 1;
        ledger.watches.insert(id, watch);
    }
}

/// New members, whom `fan` follows; each imports a file of ratings.
async fn sign_up_and_import(shared: Shared, fan: Member) {
    let mut pace = tokio::time::interval(SLOW_PACE);
    for number in 0_i16.. {
        pace.tick().await;
        if shared.is_finished() {
            return;
        }
        let newcomer = Member::sign_up_until_acknowledged().await;
        {
            let mut ledger = shared.ledger();
            ledger.acknowledged += 1;
            ledger.sign_ups.insert(newcomer.id, newcomer.handle.clone());
        }
        shared
            .write(
                &fan,
                Method::PUT,
                &format!("/api/v1/members/{}/follow", newcomer.handle),
                None,
            )
            .await;
        {
            let mut ledger = shared.ledger();
            ledger.acknowledged += 1;
            ledger.follows.insert((fan.id, newcomer.id));
        }
        import(&shared, &newcomer, number).await;
    }
}

async fn import(shared: &Shared, member: &Member, number: i16) {
    let rows: Vec<(Uuid, i16)> = (0..)
        .zip(shared.movies.iter())
        .map(|(place, movie)| (*movie, 1 + (number + place) % 10))
        .collect();
    let mut file = "matcha_id,title,year,stars,rated_at\n".to_owned();
    for (movie, stars) in &rows {
        file += &format!("{movie},,,{},2024-05-01T10:00:00Z\n", f64::from(*stars) / 2.0);
    }
    let uploaded = member.upload_until_acknowledged("ratings.csv", &file).await;
    let id: Uuid = uploaded["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/api/v1/me/imports/{id}");
    shared
        .write(
            member,
            Method::PUT,
            &format!("{path}/apply"),
            Some(json!({ "policy": "take_file" })),
        )
        .await;
    {
        let mut ledger = shared.ledger();
        ledger.imports.insert(id, rows.len() as i64);
        for (movie, stars) in rows {
            ledger.rated((member.id, movie), Some(stars));
        }
    }
    // The next file waits for this one, so that it is applied in the middle of the writing and not after it.
    let applied = tokio::time::timeout(MAX_WAIT, async {
        while member.get_patiently(&path).await["state"] != "applied" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    applied.await.expect("an import is applied");
}
