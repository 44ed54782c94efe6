//! What everybody sees alike is read for everybody at once. While a batch call to a service runs, the requests that arrive
//! wait for the next one and share it: a busy gateway makes few large calls, an idle one asks at once. Only reads that do
//! not depend on who asks may go this way; they carry nobody's identity.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    time::Instant,
};

use chassis::{client::CALL, coalesce::Coalescer, deadline};
use tonic::Status;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use crate::upstream::batch_reads::Read;

/// Requests that may share a call.
const MOST_TOGETHER: usize = 64;
/// Calls under way at a time: one is answered while the next is on its way.
const CALLS: usize = 2;
/// One request's wish.
struct Wish {
    ids: Vec<Uuid>,
    until: Instant,
    span: Span,
}

/// Batch reads of one kind, shared by all requests. Cheap to clone.
pub(crate) struct Together<T> {
    calls: Coalescer<Wish, HashMap<Uuid, T>, Status>,
}

impl<T> Clone for Together<T> {
    fn clone(&self) -> Self {
        Self {
            calls: self.calls.clone(),
        }
    }
}

impl<T: Clone + Send + 'static> Together<T> {
    /// `read` gets every id once; the name is the queue's in the metrics.
    pub(crate) fn new<F>(name: &'static str, read: impl Fn(Vec<Uuid>) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Read<T>> + Send + 'static,
    {
        Self {
            calls: Coalescer::new(name, MOST_TOGETHER, CALLS, move |wishes: Vec<Wish>| {
                let read = read.clone();
                async move { answer(wishes, read).await }
            }),
        }
    }

    /// What is unknown is left out.
    pub(crate) async fn read(&self, ids: &[Uuid]) -> Read<T> {
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let left = deadline::left(CALL);
        let wish = Wish {
            ids: ids.to_vec(),
            until: Instant::now() + left,
            span: Span::current(),
        };
        // No longer than a call of its own would take: in front of a service that hangs, the queue must not add to the wait.
        tokio::time::timeout(left, self.calls.call(wish))
            .await
            .unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time")))
    }
}

/// Makes the call as a part of the first request's trace, and gives each request its own share of the answer.
async fn answer<T: Clone, F>(wishes: Vec<Wish>, read: impl Fn(Vec<Uuid>) -> F) -> Vec<Read<T>>
where
    F: Future<Output = Read<T>>,
{
    let Some(first) = wishes.first() else {
        return Vec::new();
    };
    let span = first.span.clone();
    let until = wishes.iter().map(|wish| wish.until).max().unwrap_or(first.until);
    let ids: HashSet<Uuid> = wishes.iter().flat_map(|wish| wish.ids.iter().copied()).collect();
    let left = until.saturating_duration_since(Instant::now());
    let found = deadline::within(left, read(ids.into_iter().collect()))
        .instrument(span)
        .await;
    match found {
        Ok(found) => wishes.iter().map(|wish| Ok(share(&found, &wish.ids))).collect(),
        Err(status) => wishes.iter().map(|_| Err(status.clone())).collect(),
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

    fn counting(calls: &Arc<AtomicUsize>) -> Together<u128> {
        let calls = calls.clone();
        Together::new("test", move |ids: Vec<Uuid>| {
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
        let together = counting(&calls);
        let requests = (0..100u128).map(|n| {
            let together = together.clone();
            async move { together.read(&[Uuid::from_u128(n), Uuid::from_u128(2)]).await }
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
        let together = counting(&Arc::default());
        let status = together.read(&[Uuid::from_u128(666)]).await.expect_err("an error");
        assert_eq!(status.code(), tonic::Code::Unavailable);
        assert_eq!(together.read(&[Uuid::from_u128(4)]).await.expect("an answer").len(), 1);
    }

    #[tokio::test]
    async fn a_request_waits_no_longer_than_its_own_deadline() {
        let stuck: Together<u128> = Together::new("stuck", |_| futures::future::pending());
        let read = deadline::within(Duration::from_millis(20), async { stuck.read(&[Uuid::nil()]).await });
        assert_eq!(read.await.expect_err("an error").code(), tonic::Code::DeadlineExceeded);
    }
}
