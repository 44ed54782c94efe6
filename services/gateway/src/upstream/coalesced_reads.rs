//! Coalesced reads: what every caller sees alike is read for several requests at once. While two batch calls of one kind run, the
//! requests that arrive wait for the next call and share it, so a busy gateway makes few large calls and an idle one calls at
//! once. Such reads carry no caller's identity, so nothing that depends on the caller may be read this way.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    time::Instant,
};

use chassis::{client::CALL, coalesce::Coalescer, deadline};
use tonic::Status;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::upstream::batches::Read;

/// The most requests that share a call.
const MAX_IDS_IN_A_CALL: usize = 64;
/// Concurrent calls: one can be answered while the next is on its way.
const CALLS: usize = 2;

/// The ids of one request, with its deadline and its trace.
struct PendingRead {
    ids: Vec<Uuid>,
    until: Instant,
    span: Span,
}

/// Batch reads of one kind, shared by all requests. Cheap to clone.
pub(crate) struct CoalescedReader<T> {
    calls: Coalescer<PendingRead, HashMap<Uuid, T>, Status>,
}

impl<T> Clone for CoalescedReader<T> {
    fn clone(&self) -> Self {
        Self {
            calls: self.calls.clone(),
        }
    }
}

impl<T: Clone + Send + 'static> CoalescedReader<T> {
    /// `read` gets every id once; `name` labels the queue in the metrics.
    pub(crate) fn new<F>(name: &'static str, read: impl Fn(Vec<Uuid>) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Read<T>> + Send + 'static,
    {
        Self {
            calls: Coalescer::new(name, MAX_IDS_IN_A_CALL, CALLS, move |reads: Vec<PendingRead>| {
                let read = read.clone();
                async move { answer(reads, read).await }
            }),
        }
    }

    /// Reads values by id. Unknown ids are left out.
    pub(crate) async fn read(&self, ids: &[Uuid]) -> Read<T> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let left = deadline::left(CALL);
        let pending = PendingRead {
            ids: ids.to_vec(),
            until: Instant::now() + left,
            span: Span::current(),
        };
        // Wait no longer than a call of its own would take: the queue must not add to the wait for a service that hangs.
        tokio::time::timeout(left, self.calls.call(pending))
            .await
            .unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time")))
    }
}

/// Makes the call within the first request's trace, and gives each request the values of its own ids.
async fn answer<T: Clone, F>(reads: Vec<PendingRead>, read: impl Fn(Vec<Uuid>) -> F) -> Vec<Read<T>>
where
    F: Future<Output = Read<T>>,
{
    let Some(first) = reads.first() else {
        return Vec::new();
    };
    let span = first.span.clone();
    let until = reads.iter().map(|pending| pending.until).max().unwrap_or(first.until);
    let ids: HashSet<Uuid> = reads.iter().flat_map(|pending| pending.ids.iter().copied()).collect();
    let left = until.saturating_duration_since(Instant::now());
    let found = deadline::within(left, read(ids.into_iter().collect()))
        .instrument(span)
        .await;
    match found {
        Ok(found) => reads.iter().map(|pending| Ok(share(&found, &pending.ids))).collect(),
        Err(status) => reads.iter().map(|_| Err(status.clone())).collect(),
    }
}

fn share<T: Clone>(found: &HashMap<Uuid, T>, ids: &[Uuid]) -> HashMap<Uuid, T> {
    ids.iter()
        .filter_map(|id| Some((*id, found.get(id)?.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use super::*;

    fn counting(calls: &Arc<AtomicUsize>) -> CoalescedReader<u128> {
        let calls = calls.clone();
        CoalescedReader::new("test", move |ids: Vec<Uuid>| {
            calls.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                if ids.contains(&Uuid::from_u128(666)) {
                    return Err(Status::unavailable("cannot be reached"));
                }
                // Odd ones are unknown.
                let known = ids.into_iter().filter(|id| id.as_u128().is_multiple_of(2));
                Ok(known.map(|id| (id, id.as_u128() * 10)).collect())
            }
        })
    }

    #[tokio::test]
    async fn requests_that_arrive_together_share_a_call_and_each_gets_its_own_ids() {
        let calls = Arc::new(AtomicUsize::new(0));
        let reader = counting(&calls);
        let requests = (0..100u128).map(|n| {
            let reader = reader.clone();
            async move { reader.read(&[Uuid::from_u128(n), Uuid::from_u128(2)]).await }
        });
        for (n, found) in (0..100).zip(futures::future::join_all(requests).await) {
            let found = found.expect("an answer");
            assert_eq!(found.get(&Uuid::from_u128(2)), Some(&20));
            assert_eq!(found.get(&Uuid::from_u128(n)).copied(), (n % 2 == 0).then_some(n * 10));
        }
        assert!(calls.load(Ordering::SeqCst) <= 6, "{calls:?} calls");
    }

    #[tokio::test]
    async fn a_failed_call_fails_its_requests_and_the_next_one_works() {
        let reader = counting(&Arc::default());
        let status = reader.read(&[Uuid::from_u128(666)]).await.expect_err("an error");
        assert_eq!(status.code(), tonic::Code::Unavailable);
        assert_eq!(reader.read(&[Uuid::from_u128(4)]).await.expect("an answer").len(), 1);
    }

    #[tokio::test]
    async fn a_request_waits_no_longer_than_its_own_deadline() {
        let stuck: CoalescedReader<u128> = CoalescedReader::new("stuck", |_| futures::future::pending());
        let read = deadline::within(Duration::from_millis(20), async { stuck.read(&[Uuid::nil()]).await });
        assert_eq!(read.await.expect_err("an error").code(), tonic::Code::DeadlineExceeded);
    }
}
