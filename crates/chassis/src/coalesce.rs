//! Coalesces concurrent calls into batches without a timer. A queue runs one or more batches at a time; the calls that arrive while
//! that many run wait and form the next batch. So an idle service answers at once, and a busy one shares a transaction or a query
//! among many calls.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

/// Capacity of the queue; further calls get [`Overloaded`].
const MAX_WAITING: usize = 10_000;

/// The queue is full, or the batch worker is gone.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("too much at once; try again")]
pub struct Overloaded;

impl From<Overloaded> for tonic::Status {
    fn from(overloaded: Overloaded) -> Self {
        Self::unavailable(overloaded.to_string())
    }
}

type Job<Req, Res, E> = (Req, oneshot::Sender<Result<Res, E>>);

/// A queue and its worker. Clones share both; the worker ends with the last clone.
pub struct Coalescer<Req, Res, E> {
    queue: mpsc::Sender<Job<Req, Res, E>>,
}

impl<Req, Res, E> Clone for Coalescer<Req, Res, E> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

impl<Req, Res, E> Coalescer<Req, Res, E>
where
    Req: Send + 'static,
    Res: Send + 'static,
    E: From<Overloaded> + Send + 'static,
{
    /// `work` gets between one and `most` requests and must return one result for each, in order. At most `parallel` batches run at
    /// a time.
    pub fn new<W, F>(name: &'static str, most: usize, parallel: usize, work: W) -> Self
    where
        W: Fn(Vec<Req>) -> F + Send + Sync + 'static,
        F: Future<Output = Vec<Result<Res, E>>> + Send + 'static,
    {
        let (queue, mut jobs) = mpsc::channel::<Job<Req, Res, E>>(MAX_WAITING);
        let work = Arc::new(work);
        let places = Arc::new(tokio::sync::Semaphore::new(parallel));
        tokio::spawn(async move {
            loop {
                let Ok(place) = places.clone().acquire_owned().await else {
                    return;
                };
                let mut batch = Vec::new();
                if jobs.recv_many(&mut batch, most).await == 0 {
                    return;
                }
                metrics::histogram!("coalesced_batch_size", "queue" => name).record(batch.len() as f64);
                let work = work.clone();
                // A task of its own, so that a caller who drops its future does not cancel the batch, and a panic ends one batch only.
                tokio::spawn(async move {
                    let (requests, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
                    let results = work(requests).await;
                    debug_assert_eq!(results.len(), answers.len(), "{name}: one answer per request");
                    for (answer, result) in answers.into_iter().zip(results) {
                        // An error means that the caller dropped its future.
                        let _ = answer.send(result);
                    }
                    drop(place);
                });
            }
        });
        Self { queue }
    }

    /// Waits for the batch with this request. Dropping the future does not cancel the work.
    pub async fn call(&self, request: Req) -> Result<Res, E> {
        let (answer, result) = oneshot::channel();
        self.queue
            .try_send((request, answer))
            .map_err(|_| E::from(Overloaded))?;
        result.await.unwrap_or_else(|_| Err(E::from(Overloaded)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn concurrent_calls_share_batches_and_each_gets_its_own_result() {
        let batches = Arc::new(AtomicUsize::new(0));
        let count = batches.clone();
        let doubler: Coalescer<u32, u32, Overloaded> = Coalescer::new("double", 64, 1, move |numbers: Vec<u32>| {
            count.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::task::yield_now().await;
                numbers.into_iter().map(|n| Ok(n * 2)).collect()
            }
        });
        let calls = (0..100).map(|n| doubler.call(n));
        let answers = futures::future::join_all(calls).await;
        for (n, answer) in (0..100).zip(answers) {
            assert_eq!(answer.ok(), Some(n * 2));
        }
        assert!(batches.load(Ordering::SeqCst) < 10);
    }

    #[tokio::test]
    async fn a_batch_that_panics_is_an_error_and_the_next_one_works() {
        let fragile: Coalescer<bool, (), Overloaded> = Coalescer::new("fragile", 8, 1, |batch: Vec<bool>| async move {
            assert!(!batch[0], "this batch panics");
            batch.iter().map(|_| Ok(())).collect()
        });
        assert!(fragile.call(true).await.is_err());
        assert!(fragile.call(false).await.is_ok());
    }
}
