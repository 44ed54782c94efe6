//! Stand-ins for the four services: a few movies, a few answers, a count of calls, and a switch that makes any call fail or
//! dawdle.

mod comments;
mod imports;
mod lists;
mod movie;
mod rating;
mod recommendation;
mod user;
mod watches;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::Duration,
};

use matcha_protos::{
    movie::v1::{Movie, Person},
    rating::v1::{Comment, ImportRow, List, Reply, Watch},
    user::v1::{Member, Session, Settings},
};
use tonic::{Code, Request, Response, Status, metadata::MetadataValue};
use uuid::Uuid;

#[derive(Clone, Default)]
pub(crate) struct Services(Arc<Mutex<State>>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) jwks: String,
    pub(crate) ended: Vec<String>,
    pub(crate) movies: Vec<Movie>,
    pub(crate) people: Vec<Person>,
    /// What the member rated, 1-10.
    pub(crate) rated: HashMap<String, i32>,
    /// The member's shelf: states of the proto.
    pub(crate) shelf: HashMap<String, i32>,
    /// Of the last write to a rating or the shelf.
    version: i64,
    /// Who likes which list.
    list_likes: Vec<(String, String)>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) replies: Vec<Reply>,
    /// With all their movies in `first_movie_ids`.
    pub(crate) lists: Vec<List>,
    pub(crate) watches: Vec<Watch>,
    /// Of the one import there is.
    pub(crate) import_rows: Vec<ImportRow>,
    pub(crate) calls: BTreeMap<&'static str, usize>,
    failures: HashMap<&'static str, Status>,
    delays: HashMap<&'static str, Duration>,
    /// What the last sign-in said about the browser.
    pub(crate) peer: String,
    /// Whose taste was asked for last.
    pub(crate) taste_of: String,
    /// Whose tags were asked for last.
    pub(crate) tags_of: String,
    /// The member whose ratings, shelf or comments were read last; empty: the caller's own.
    pub(crate) lists_of: String,
    /// What others may see of Mina, and whether everybody follows her.
    pub(crate) visible: Vec<i32>,
    pub(crate) followed: bool,
    pub(crate) settings: Settings,
    pub(crate) sessions: Vec<Session>,
}

impl Services {
    pub(crate) fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    /// From now on this call, or every call of this service, fails so.
    pub(crate) fn fail(&self, call: &'static str, status: Status) {
        self.state(|state| state.failures.insert(call, status));
    }

    pub(crate) fn delay(&self, call: &'static str, by: Duration) {
        self.state(|state| state.delays.insert(call, by));
    }

    pub(crate) fn calls(&self, call: &'static str) -> usize {
        self.state(|state| state.calls.get(call).copied().unwrap_or_default())
    }

    pub(crate) fn forget_calls(&self) {
        self.state(|state| state.calls.clear());
    }

    async fn enter(&self, call: &'static str) -> Result<(), Status> {
        let service = call.split('.').next().unwrap();
        let (delay, failure) = self.state(|state| {
            *state.calls.entry(call).or_default() += 1;
            let failure = state.failures.get(call).or(state.failures.get(service));
            (state.delays.get(call).copied(), failure.cloned())
        });
        if let Some(delay) = delay {
            tokio::time::sleep(delay).await;
        }
        failure.map_or(Ok(()), Err)
    }

    /// The answer for a movie that is not in the catalogue.
    fn ensure_movie(&self, id: &str) -> Result<(), Status> {
        if Uuid::try_parse(id).is_err() {
            return Err(invalid("movie_id"));
        }
        let there = self.state(|state| state.movies.iter().any(|movie| movie.id == id));
        if there { Ok(()) } else { Err(not_found("movie_id")) }
    }

    /// Versions grow with each write.
    fn next_version(&self) -> i64 {
        self.state(|state| {
            state.version += 1;
            state.version
        })
    }

    fn known(&self, ids: &[String]) -> Vec<Movie> {
        self.state(|state| {
            let movies = state.movies.iter();
            movies.filter(|movie| ids.contains(&movie.id)).cloned().collect()
        })
    }
}

/// A refusal as the services send it: the code, and the field that is wrong.
fn refusal(code: Code, field: &'static str, message: &str) -> Status {
    let mut status = Status::new(code, message);
    let field = MetadataValue::from_static(field);
    status.metadata_mut().insert(chassis::error::FIELD, field);
    status
}

fn invalid(field: &'static str) -> Status {
    refusal(Code::InvalidArgument, field, &format!("{field} is invalid"))
}

fn not_found(field: &'static str) -> Status {
    refusal(Code::NotFound, field, &format!("there is nothing of this {field}"))
}

/// Only the first page has a cursor here: the empty one.
fn first_page_only(cursor: &str) -> Result<(), Status> {
    if cursor.is_empty() {
        Ok(())
    } else {
        Err(invalid("cursor"))
    }
}

/// The member whom the gateway speaks for, or the answer for a visitor.
fn signed_in<T>(request: &Request<T>) -> Result<String, Status> {
    let member = asking(request);
    if member.is_empty() {
        return Err(Status::unauthenticated("sign in first"));
    }
    Ok(member)
}

type Answer<T> = Result<Response<T>, Status>;

fn answer<T>(message: T) -> Answer<T> {
    Ok(Response::new(message))
}

/// Whom the gateway speaks for; the stand-ins believe it.
fn asking<T>(request: &Request<T>) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let token = request.metadata().get("authorization").unwrap().to_str().unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["sub"].as_str().unwrap_or_default().to_owned()
}

fn member() -> Option<Member> {
    Some(Member {
        id: Uuid::from_u128(7).to_string(),
        handle: "mina".to_owned(),
        display_name: "Mina".to_owned(),
        language: "ko".to_owned(),
        email: "mina@example.org".to_owned(),
        ..Member::default()
    })
}
