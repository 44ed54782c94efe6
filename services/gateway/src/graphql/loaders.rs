//! The state that the resolvers of one request share: the caller, limits, and the data loaders, which turn the reads that
//! resolvers start at the same time into one batch call.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_graphql::{
    Context,
    dataloader::{DataLoader, Loader},
};
use chassis::{deadline, identity::Caller};
use futures::future::BoxFuture;
use matcha_protos::{
    rating::v1::{Comment, List, Mine, MovieStatistics, WatchCount},
    recommendation::v1::Prediction,
    user::v1::{Member, Profile},
};
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    features::{
        movies::Movie,
        people::{Person, PersonCounts},
    },
    http::problem::{Kind, Problem},
    upstream::{
        batch_reads,
        batches::{MOST_IN_A_BATCH, Read},
        clients::Clients,
        degraded::{self, Degraded},
    },
};

/// Lists in one query that belong to one movie, person or list. Each costs a call.
const MOST_LISTS: usize = 8;
/// Lists of comments in one query. Each costs a call, and comments may be long.
const MOST_COMMENTS: usize = 2;
/// Lists of replies in one query. Each costs a call.
const MOST_REPLIES: usize = 8;
/// Lists and counts in one query that belong to one member. Each costs a call; a profile shows one list at a time.
const MOST_MEMBER_LISTS: usize = 8;

/// What the resolvers of one request share.
pub(super) struct RequestContext {
    pub(super) clients: Clients,
    pub(super) caller: Caller,
    /// `ko` or `en`, for the order of titles.
    pub(super) language: &'static str,
    movies: DataLoader<Movies>,
    people: DataLoader<People>,
    pub(super) statistics: DataLoader<Statistics>,
    pub(super) viewer_states: DataLoader<ViewerStates>,
    pub(super) predictions: DataLoader<Predictions>,
    pub(super) members: DataLoader<Members>,
    pub(super) profiles: DataLoader<Profiles>,
    pub(super) handles: DataLoader<Handles>,
    pub(super) my_comments: DataLoader<MyComments>,
    pub(super) lists: DataLoader<Lists>,
    pub(super) watch_counts: DataLoader<WatchCounts>,
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
        let source = Source {
            clients: clients.clone(),
            caller: caller.clone(),
        };
        Self {
            movies: loader(Movies(source.clone())),
            people: loader(People(source.clone())),
            statistics: loader(Statistics(source.clone())),
            viewer_states: loader(ViewerStates(source.clone())),
            predictions: loader(Predictions(source.clone())),
            members: loader(Members(source.clone())),
            profiles: loader(Profiles(source.clone())),
            handles: DataLoader::new(Handles(source.clone()), spawn).delay(Duration::ZERO),
            my_comments: loader(MyComments(source.clone())),
            lists: loader(Lists(source.clone())),
            watch_counts: loader(WatchCounts(source)),
            degraded: Degraded::default(),
            lists_left: AtomicUsize::new(MOST_LISTS),
            comments_left: AtomicUsize::new(MOST_COMMENTS),
            replies_left: AtomicUsize::new(MOST_REPLIES),
            members_left: AtomicUsize::new(MOST_MEMBER_LISTS),
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
        Ok(self.movies.load_one(id).await?.map(Arc::unwrap_or_clone))
    }

    /// Reads a movie for an answer that is useful without it.
    pub(super) async fn movie_if_there(&self, id: Uuid) -> Option<Movie> {
        let movie = self.part("movie", self.movies.load_one(id).await)?;
        movie.map(Arc::unwrap_or_clone)
    }

    /// Reads movies in this order; unknown ones are left out.
    pub(super) async fn movies(&self, ids: &[Uuid]) -> Result<Vec<Movie>, Problem> {
        let movies = self.movies.load_many(ids.iter().copied()).await?;
        let movies = degraded::in_order(ids, movies).into_iter();
        Ok(movies.map(Arc::unwrap_or_clone).collect())
    }

    /// Reads movies for an answer that is useful without them.
    pub(super) async fn movies_if_there(&self, ids: &[Uuid]) -> Option<Vec<Movie>> {
        let movies = self.part("movie", self.movies.load_many(ids.iter().copied()).await)?;
        let movies = degraded::in_order(ids, movies).into_iter();
        Some(movies.map(Arc::unwrap_or_clone).collect())
    }

    pub(super) async fn person(&self, id: Uuid) -> Result<Option<Person>, Problem> {
        Ok(self.people.load_one(id).await?.map(Arc::unwrap_or_clone))
    }

    /// The credit counts of a person; `None` if movie is unavailable or there are no credits.
    pub(super) async fn person_counts(&self, id: Uuid) -> Option<PersonCounts> {
        let person = self.part("movie", self.people.load_one(id).await)?;
        person?.counts.get().copied().flatten()
    }

    /// Counts a list against the limit of one query; `field` selects it.
    pub(super) fn take_list(&self, field: &'static str) -> Result<(), Problem> {
        let detail = format!(
            "at most {MOST_LISTS} lists of similar movies, of somebody's, of watches or of a list's in one query"
        );
        take(&self.lists_left).ok_or_else(|| Problem::too_many_in_a_query(field, detail))
    }

    /// Counts a list of comments against the limit of one query.
    pub(super) fn take_comments(&self) -> Result<(), Problem> {
        let detail = format!("at most {MOST_COMMENTS} lists of comments in one query");
        take(&self.comments_left).ok_or_else(|| Problem::too_many_in_a_query("comments", detail))
    }

    /// Counts a list of replies against the limit of one query.
    pub(super) fn take_replies(&self) -> Result<(), Problem> {
        let detail = format!("at most {MOST_REPLIES} lists of replies in one query");
        take(&self.replies_left).ok_or_else(|| Problem::too_many_in_a_query("replies", detail))
    }

    /// Counts a list or a count of one member against the limit of one query.
    pub(super) fn take_of_member(&self, field: &'static str) -> Result<(), Problem> {
        let detail = format!("at most {MOST_MEMBER_LISTS} lists or counts of members in one query");
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

fn loader<L>(loader: L) -> DataLoader<L> {
    DataLoader::new(loader, spawn)
        // One turn of the scheduler is enough to gather the reads of resolvers that run at the same time. A delay would add up
        // over the levels of a query.
        .delay(Duration::ZERO)
        .max_batch_size(MOST_IN_A_BATCH)
}

/// Loads run in tasks of their own, under what is left of the request's deadline.
fn spawn(load: BoxFuture<'static, ()>) {
    let left = deadline::left(Duration::from_secs(10));
    tokio::spawn(async move {
        tokio::task::yield_now().await;
        deadline::within(left, load).await;
    });
}

#[derive(Clone)]
struct Source {
    clients: Clients,
    caller: Caller,
}

/// Writes a loader that reads through one of the batch reads.
macro_rules! loads {
    ($name:ident, $value:ty, |$source:ident, $ids:ident| $read:expr) => {
        pub(super) struct $name(Source);

        impl Loader<Uuid> for $name {
            type Value = Arc<$value>;
            type Error = Status;

            async fn load(&self, $ids: &[Uuid]) -> Read<Arc<$value>> {
                let $source = &self.0;
                let values: Read<$value> = $read.await;
                let values: HashMap<_, _> = values?;
                Ok(values
                    .into_iter()
                    .map(|(id, value)| (id, Arc::new(value)))
                    .collect())
            }
        }
    };
}

loads!(Movies, Movie, |from, ids| async {
    let movies = from.clients.movies.read(ids).await?.into_iter();
    Ok(movies.map(|(id, movie)| (id, Movie::from(movie))).collect())
});
loads!(People, Person, |from, ids| async {
    let people = from.clients.people.read(ids).await?.into_iter();
    Ok(people.map(|(id, person)| (id, Person::from(person))).collect())
});
loads!(Statistics, MovieStatistics, |from, ids| from
    .clients
    .statistics
    .read(ids));
loads!(ViewerStates, Mine, |from, ids| batch_reads::viewer_states(
    &from.clients,
    &from.caller,
    ids
));
loads!(Predictions, Prediction, |from, ids| batch_reads::predictions(
    &from.clients,
    &from.caller,
    ids
));
loads!(Members, Member, |from, ids| batch_reads::members(
    &from.clients,
    &from.caller,
    ids
));
loads!(Profiles, Profile, |from, ids| batch_reads::profiles(
    &from.clients,
    &from.caller,
    ids
));
loads!(MyComments, Comment, |from, ids| batch_reads::my_comments(
    &from.clients,
    &from.caller,
    ids
));

loads!(Lists, List, |from, ids| batch_reads::lists(
    &from.clients,
    &from.caller,
    ids
));

loads!(WatchCounts, WatchCount, |from, ids| batch_reads::watch_counts(
    &from.clients,
    &from.caller,
    ids
));

/// Reads members by handle. A query has fewer fields than one call takes handles, so it needs no batches.
pub(super) struct Handles(Source);

impl Loader<String> for Handles {
    type Value = Arc<Member>;
    type Error = Status;

    async fn load(&self, handles: &[String]) -> Result<HashMap<String, Arc<Member>>, Status> {
        let Source { clients, caller } = &self.0;
        let members = batch_reads::members_by_handle(clients, caller, handles).await?;
        let members = members.into_iter();
        Ok(members.map(|(handle, member)| (handle, Arc::new(member))).collect())
    }
}
