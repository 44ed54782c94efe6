//! Ejects an instance for a while after a failed call. A dead instance refuses connections at once, so without ejection its latency
//! would be the lowest and the balancer would prefer it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep};
use tonic::body::Body;
use tower::{BoxError, Service};

/// Doubled with each failure in a row, up to the maximum.
const MIN_EJECTION: Duration = Duration::from_millis(200);
const MAX_EJECTION: Duration = Duration::from_secs(5);

/// One instance. It is not ready while it is ejected, so the balancer picks others.
pub(super) struct Eject<S> {
    inner: S,
    callee: &'static str,
    instance: String,
    health: Arc<Mutex<Health>>,
    waiting: Option<Pin<Box<Sleep>>>,
}

#[derive(Default)]
struct Health {
    failures: u32,
    ejected_until: Option<Instant>,
}

impl<S> Eject<S> {
    pub(super) fn new(inner: S, callee: &'static str, instance: String) -> Self {
        Self {
            inner,
            callee,
            instance,
            health: Arc::default(),
            waiting: None,
        }
    }

    fn ejected_until(&self) -> Option<Instant> {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.ejected_until.filter(|until| *until > Instant::now())
    }
}

/// Whether the call ran into its deadline. tonic's connection enforces `grpc-timeout` too, with an error of its own.
pub(super) fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(|error| error.is::<tonic::TimeoutExpired>())
}

impl<S> Service<http::Request<Body>> for Eject<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>>,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        while let Some(until) = self.ejected_until() {
            let sleep = self
                .waiting
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
            ready!(sleep.as_mut().poll(context));
            self.waiting = None;
        }
        self.waiting = None;
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let health = self.health.clone();
        let (callee, instance) = (self.callee, self.instance.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await.map_err(Into::into);
            let mut health = health.lock().unwrap_or_else(PoisonError::into_inner);
            match &answer {
                Ok(_) => *health = Health::default(),
                // Not a failure of the instance: the deadline may have been short. Its latency counts against it in the balancer.
                Err(error) if is_timeout(&**error) => {}
                Err(error) => {
                    let pause = (MIN_EJECTION * 2_u32.saturating_pow(health.failures.min(8))).min(MAX_EJECTION);
                    health.failures += 1;
                    health.ejected_until = Some(Instant::now() + pause);
                    tracing::warn!(callee, instance, ?pause, error = %crate::error::chain(error.as_ref()), "ejected");
                    metrics::counter!("ejections_total", "service" => callee, "instance" => instance).increment(1);
                }
            }
            answer
        })
    }
}
