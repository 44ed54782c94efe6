//! Who asks, and the loaders that read for this one request: what resolvers want at the same moment becomes one batch call to
//! the service, in the asker's name.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
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
    movie::v1::{Movie, Person, PersonCounts},
    rating::v1::{Comment, List, Mine, MovieStatistics, WatchCount},
    recommendation::v1::Prediction,
    user::v1::{Member, Profile},
};
use tonic::{Code, Status};
use uuid::Uuid;

use super::{movie, person};
use crate::{
    http::problem::{Kind, Problem},
    upstream::{
        batch_reads,
        batch_reads::Read,
        clients::{Clients, MOST_IN_A_BATCH},
        degraded,
    },
};

/// Lists that belong to one movie or person cost a call each, so one query gets only so many.
const MOST_LISTS: usize = 8;
/// So do lists of comments, which may be long besides, and lists of replies.
const MOST_COMMENTS: usize = 2;
const MOST_REPLIES: usize = 8;
/// And what belongs to one member: a profile shows one list at a time.
const MOST_MEMBER_LISTS: usize = 8;

/// What every resolver of one request shares.
pub(super) struct Asker {
    pub(super) clients: Clients,
    pub(super) caller: Caller,
    /// `ko` or `en`, for the order of titles.
    pub(super) language: &'static str,
    movies: DataLoader<Movies>,
    people: DataLoader<People>,
    pub(super) statistics: DataLoader<Statistics>,
    pub(super) mine: DataLoader<Mines>,
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

pub(super) fn asker<'a>(ctx: &Context<'a>) -> &'a Asker {
    ctx.data_unchecked::<Asker>()
}

impl Asker {
    pub(super) fn new(clients: Clients, caller: Caller, language: &'static str) -> Self {
        let source = Source {
            clients: clients.clone(),
            caller: caller.clone(),
        };
        Self {
            movies: loader(Movies(source.clone())),
            people: loader(People(source.clone())),
            statistics: loader(Statistics(source.clone())),
            mine: loader(Mines(source.clone())),
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

    /// The member, or the answer for everyone else.
    pub(super) fn member(&self) -> Result<Uuid, Problem> {
        let member = self.caller.member_if_any();
        member.ok_or_else(|| Problem::new(Kind::Unauthenticated, "sign in first"))
    }

    pub(super) async fn movie(&self, id: Uuid) -> Result<Option<movie::Movie>, Problem> {
        let movie = self.movies.load_one(id).await?;
        Ok(movie.map(movie::Movie::new))
    }

    /// A movie that is a part of the answer: without it the rest stands.
    pub(super) async fn movie_if_there(&self, id: Uuid) -> Option<movie::Movie> {
        let movie = self.part("movie", self.movies.load_one(id).await)?;
        movie.map(movie::Movie::new)
    }

    /// In this order; unknown ones are left out.
    pub(super) async fn movies(&self, ids: &[Uuid]) -> Result<Vec<movie::Movie>, Problem> {
        let movies = self.movies.load_many(ids.iter().copied()).await?;
        let movies = degraded::in_order(ids, movies).into_iter();
        Ok(movies.map(movie::Movie::new).collect())
    }

    /// Movies that are a part of the answer: without them the rest stands.
    pub(super) async fn movies_if_there(&self, ids: &[Uuid]) -> Option<Vec<movie::Movie>> {
        let movies = self.part("movie", self.movies.load_many(ids.iter().copied()).await)?;
        let movies = degraded::in_order(ids, movies).into_iter();
        Some(movies.map(movie::Movie::new).collect())
    }

    /// By the id as the services write it.
    pub(super) async fn movies_by_id(&self, ids: &[Uuid]) -> Result<HashMap<String, movie::Movie>, Problem> {
        let movies = self.movies.load_many(ids.iter().copied()).await?;
        let movies = movies.into_values();
        Ok(movies
            .map(|facts| (facts.id.clone(), movie::Movie::new(facts)))
            .collect())
    }

    pub(super) async fn person(&self, id: Uuid) -> Result<Option<person::Person>, Problem> {
        let person = self.people.load_one(id).await?;
        Ok(person.map(|person| person::Person::new((*person).clone())))
    }

    /// The number of somebody's movies; none where that cannot be had, and of whom has none.
    pub(super) async fn person_counts(&self, id: Uuid) -> Option<PersonCounts> {
        let person = self.part("movie", self.people.load_one(id).await)?;
        person.and_then(|person| person.counts)
    }

    /// Counts a list that costs a call; `field` is what asks for it.
    pub(super) fn take_list(&self, field: &'static str) -> Result<(), Problem> {
        let detail = format!(
            "at most {MOST_LISTS} lists of similar movies, of somebody's, of watches or of a list's in one query"
        );
        take(&self.lists_left).ok_or_else(|| Problem::too_many_in_a_query(field, detail))
    }

    /// Counts a list of comments.
    pub(super) fn take_comments(&self) -> Result<(), Problem> {
        let detail = format!("at most {MOST_COMMENTS} lists of comments in one query");
        take(&self.comments_left).ok_or_else(|| Problem::too_many_in_a_query("comments", detail))
    }

    /// Counts a list of replies.
    pub(super) fn take_replies(&self) -> Result<(), Problem> {
        let detail = format!("at most {MOST_REPLIES} lists of replies in one query");
        take(&self.replies_left).ok_or_else(|| Problem::too_many_in_a_query("replies", detail))
    }

    /// Counts a list, or a count, that belongs to one member.
    pub(super) fn take_of_member(&self, field: &'static str) -> Result<(), Problem> {
        let detail = format!("at most {MOST_MEMBER_LISTS} lists or counts of members in one query");
        take(&self.members_left).ok_or_else(|| Problem::too_many_in_a_query(field, detail))
    }

    pub(super) fn degraded(&self) -> Degraded {
        self.degraded.clone()
    }

    /// A part of the answer, or nothing and a note that the service could not say.
    pub(super) fn part<T>(&self, service: &'static str, result: Result<T, Status>) -> Option<T> {
        result.inspect_err(|status| self.degraded.note(service, status)).ok()
    }

    /// Likewise, where the service may find fault with the question: a wrong cursor is the asker's mistake, not a missing part.
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

/// One of what is left, if any is.
fn take(left: &AtomicUsize) -> Option<()> {
    let taken = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
    taken.is_ok().then_some(())
}

/// Services that could not answer their part of one response.
#[derive(Clone, Default)]
pub(super) struct Degraded(Arc<Mutex<degraded::Degraded>>);

impl Degraded {
    fn note(&self, service: &'static str, status: &Status) {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        names.note(service, status);
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *names).into_names()
    }
}

fn loader<L>(loader: L) -> DataLoader<L> {
    DataLoader::new(loader, spawn)
        // A turn of the scheduler gathers what resolvers want at once; waiting longer would only add up.
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

loads!(Movies, Movie, |from, ids| from.clients.movies.read(ids));
loads!(People, Person, |from, ids| from.clients.people.read(ids));
loads!(Statistics, MovieStatistics, |from, ids| from
    .clients
    .statistics
    .read(ids));
loads!(Mines, Mine, |from, ids| batch_reads::mine(
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

/// Members by handle; a query has fewer fields than the service takes handles.
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
