//! Splitting a read of many ids into calls that a service accepts.

use std::collections::HashMap;

use futures::future::try_join_all;
use tonic::Status;
use uuid::Uuid;

/// The most ids that a service accepts in one batch read.
pub(crate) const MAX_BATCH: usize = 500;

/// Values by id. Unknown ids are left out.
pub(crate) type Read<T> = Result<HashMap<Uuid, T>, Status>;

/// Reads many ids with as few calls as the services' limit allows. Without ids there is no call.
pub(super) async fn in_batches<T, F>(ids: &[Uuid], read: impl Fn(Vec<String>) -> F) -> Read<T>
where
    F: Future<Output = Read<T>>,
{
    in_batches_of(MAX_BATCH, ids, read).await
}

pub(super) async fn in_batches_of<T, F>(most: usize, ids: &[Uuid], read: impl Fn(Vec<String>) -> F) -> Read<T>
where
    F: Future<Output = Read<T>>,
{
    let batches = ids.chunks(most);
    // Collected first: only owned values cross the calls.
    let batches: Vec<Vec<String>> = batches
        .map(|batch| batch.iter().map(Uuid::to_string).collect())
        .collect();
    let answers = try_join_all(batches.into_iter().map(read)).await?;
    Ok(answers.into_iter().flatten().collect())
}

pub(super) fn by_id<T>(items: Vec<T>, id: impl Fn(&T) -> &String) -> HashMap<Uuid, T> {
    let with_id = items
        .into_iter()
        .filter_map(|item| Some((id(&item).parse().ok()?, item)));
    with_id.collect()
}
