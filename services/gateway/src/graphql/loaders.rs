//! Data loaders: the reads that resolvers of one request start at the same time become one batch call.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_graphql::dataloader::{DataLoader, Loader};
use chassis::{deadline, identity::Caller};
use futures::future::BoxFuture;
use matcha_protos::{
    rating::v1::{Comment, List, Mine, MovieStatistics, WatchCount},
    recommendation::v1::Prediction,
    user::v1::{Member, Profile},
};
use tonic::Status;
use uuid::Uuid;

use crate::{
    features::{movies::Movie, people::Person},
    upstream::{
        batch_reads,
        batches::{MAX_BATCH, Read},
        clients::Clients,
    },
};

/// The loaders of one request. They read in the caller's name, so they are never shared between requests.
pub(super) struct Loaders {
    pub(super) movies: DataLoader<Movies>,
    pub(super) people: DataLoader<People>,
    pub(super) statistics: DataLoader<Statistics>,
    pub(super) viewer_states: DataLoader<ViewerStates>,
    pub(super) predictions: DataLoader<Predictions>,
    pub(super) members: DataLoader<Members>,
    pub(super) profiles: DataLoader<Profiles>,
    pub(super) handles: DataLoader<Handles>,
    pub(super) my_comments: DataLoader<MyComments>,
    pub(super) lists: DataLoader<Lists>,
    pub(super) watch_counts: DataLoader<WatchCounts>,
}

impl Loaders {
    pub(super) fn new(clients: &Clients, caller: &Caller) -> Self {
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
        }
    }
}

fn loader<L>(loader: L) -> DataLoader<L> {
    DataLoader::new(loader, spawn)
        // One turn of the scheduler is enough to gather the reads of resolvers that run at the same time. A delay would add up
        // over the levels of a query.
        .delay(Duration::ZERO)
        .max_batch_size(MAX_BATCH)
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
