//! The state that the resolvers of one request share: the caller, the loaders, the limits of a query, and the services that did
//! not answer.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_graphql::Context;
use chassis::identity::Caller;
use tonic::{Code, Status};
use uuid::Uuid;

use super::loaders::Loaders;
use crate::{
    features::{
        movies::Movie,
        people::{Person, PersonCounts},
    },
    http::problem::{Kind, Problem},
    upstream::{
        clients::Clients,
        degraded::{self, Degraded},
    },
};

/// Lists in one query that belong to one movie, person or list. Each costs a call.
const MAX_LISTS: usize = 8;
/// Lists of comments in one query. Each costs a call, and comments may be long.
const MAX_COMMENTS: usize = 2;
/// Lists of replies in one query. Each costs a call.
const MAX_REPLIES: usize = 8;
/// Lists and counts in one query that belong to one member. Each costs a call; a profile shows one list at a time.
const MAX_MEMBER_LISTS: usize = 8;

/// What the resolvers of one request share.
pub(super) struct RequestContext {
    pub(super) clients: Clients,
    pub(super) caller: Caller,
    /// `ko` or `en`, for the order of titles.
    pub(super) language: &'static str,
    pub(super) loaders: Loaders,
    degraded: Degraded,
    lists_left: AtomicUsize,
    comments_left: AtomicUsize,
    replies_left: AtomicUsize,
    members_left: AtomicUsize,
}

pub(super) fn request_context<'a>(ctx: &Context<'a>) -> &'a RequestContext {
    ctx.data_unchecked::<RequestContext>()
}

impl RequestContext {
    pub(super) fn new(clients: Clients, caller: Caller, language: &'static str) -> Self {
        Self {
            loaders: Loaders::new(&clients, &caller),
            degraded: Degraded::default(),
            lists_left: AtomicUsize::new(MAX_LISTS),
            comments_left: AtomicUsize::new(MAX_COMMENTS),
            replies_left: AtomicUsize::new(MAX_REPLIES),
            members_left: AtomicUsize::new(MAX_MEMBER_LISTS),
            clients,
            caller,
            language,
        }
    }

    /// The signed-in member; UNAUTHENTICATED for other callers.
    pub(super) fn member(&self) -> Result<Uuid, Problem> {
        let member = self.caller.member_if_any();
        member.ok_or_else(|| Problem::new(Kind::Unauthenticated, "sign in first"))
    }

    pub(super) async fn movie(&self, id: Uuid) -> Result<Option<Movie>, Problem> {
        Ok(self.loaders.movies.load_one(id).await?.map(Arc::unwrap_or_clone))
    }

    /// Reads a movie for an answer that is useful without it.
    pub(super) async fn movie_if_there(&self, id: Uuid) -> Option<Movie> {
        let movie = self.part("movie", self.loaders.movies.load_one(id).await)?;
        movie.map(Arc::unwrap_or_clone)
    }

    /// Reads movies in this order; unknown ones are left out.
    pub(super) async fn movies(&self, ids: &[Uuid]) -> Result<Vec<Movie>, Problem> {
        let movies = self.loaders.movies.load_many(ids.iter().copied()).await?;
        let movies = degraded::in_order(ids, movies).into_iter();
        Ok(movies.map(Arc::unwrap_or_clone).collect())
    }

    /// Reads movies for an answer that is useful without them.
    pub(super) async fn movies_if_there(&self, ids: &[Uuid]) -> Option<Vec<Movie>> {
        let movies = self.part("movie", self.loaders.movies.load_many(ids.iter().copied()).await)?;
        let movies = degraded::in_order(ids, movies).into_iter();
        Some(movies.map(Arc::unwrap_or_clone).collect())
    }

    pub(super) async fn person(&self, id: Uuid) -> Result<Option<Person>, Problem> {
        Ok(self.loaders.people.load_one(id).await?.map(Arc::unwrap_or_clone))
    }

    /// The credit counts of a person; `None` if movie is unavailable or there are no credits.
    pub(super) async fn person_counts(&self, id: Uuid) -> Option<PersonCounts> {
        let person = self.part("movie", self.loaders.people.load_one(id).await)?;
        person?.counts.get().copied().flatten()
    }

    /// Counts a list against the limit of one query; `field` selects it.
    pub(super) fn take_list(&self, field: &'static str) -> Result<(), Problem> {
        let detail = format!(
            "a query may select at most {MAX_LISTS} lists (similar movies, movies of a person or list, lists of a movie, watches)"
        );
        take(&self.lists_left).ok_or_else(|| Problem::too_many_in_a_query(field, detail))
    }

    /// Counts a list of comments against the limit of one query.
    pub(super) fn take_comments(&self) -> Result<(), Problem> {
        let detail = format!("at most {MAX_COMMENTS} lists of comments in one query");
        take(&self.comments_left).ok_or_else(|| Problem::too_many_in_a_query("comments", detail))
    }

    /// Counts a list of replies against the limit of one query.
    pub(super) fn take_replies(&self) -> Result<(), Problem> {
        let detail = format!("at most {MAX_REPLIES} lists of replies in one query");
        take(&self.replies_left).ok_or_else(|| Problem::too_many_in_a_query("replies", detail))
    }

    /// Counts a list or a count of one member against the limit of one query.
    pub(super) fn take_of_member(&self, field: &'static str) -> Result<(), Problem> {
        let detail = format!("at most {MAX_MEMBER_LISTS} lists or counts of members in one query");
        take(&self.members_left).ok_or_else(|| Problem::too_many_in_a_query(field, detail))
    }

    pub(super) fn degraded(&self) -> Degraded {
        self.degraded.clone()
    }

    /// Reads a part that the answer is useful without: `None` and a note if the service did not answer.
    pub(super) fn part<T>(&self, service: &'static str, result: Result<T, Status>) -> Option<T> {
        self.degraded.part(service, result)
    }

    /// As `part`, but INVALID_ARGUMENT is an error of the field: a wrong cursor is the caller's mistake.
    pub(super) fn part_if_valid<T>(
        &self,
        service: &'static str,
        result: Result<T, Status>,
    ) -> Result<Option<T>, Problem> {
        match result {
            Err(status) if status.code() == Code::InvalidArgument => Err(status.into()),
            result => Ok(self.part(service, result)),
        }
    }
}

/// Takes one of what is left; `None` if nothing is.
fn take(left: &AtomicUsize) -> Option<()> {
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    taken.is_ok().then_some(())
}
