//! gRPC client: one channel per callee that follows the registry, balances by power of two choices and peak EWMA, ejects failing
//! instances for a while, and gives every call a deadline and an internal token.
//!
//! Layers, outer to inner: deadline, balance, ejection, connection. A retry, bulkhead or circuit breaker would stand between the
//! deadline and the balance.

mod balance;
mod eject;

use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::HeaderValue;
use tonic::{Code, Request, Status, body::Body};
use tower::{Service, ServiceExt as _};
use tracing::Instrument as _;

use crate::{
    config::ServiceConfig,
    deadline,
    discovery::Registry,
    identity::{Caller, Signer},
    telemetry,
};

/// Limit of a call, even when more is left of the deadline around it.
pub const CALL: Duration = Duration::from_millis(800);

/// Creates the channels to other services.
#[derive(Clone)]
pub struct Channels {
    registry: Registry,
    signer: Signer,
    made: Arc<Mutex<HashMap<&'static str, Channel>>>,
}

impl Channels {
    /// `own_name` is the issuer of this process's tokens.
    pub fn new(own_name: &str, config: &ServiceConfig) -> anyhow::Result<Self> {
        Ok(Self {
            registry: Registry::new(&config.registry),
            signer: Signer::load(own_name, &config.identity.internal_key)?,
            made: Arc::default(),
        })
    }

    /// The channel to a service; all callers in the process share it.
    pub fn channel(&self, callee: &'static str) -> Channel {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(callee)
            .or_insert_with(|| Channel {
                callee,
                limit: CALL,
                balanced: balance::balance(callee, self.registry.endpoints(callee)),
                signer: self.signer.clone(),
            })
            .clone()
    }
}

/// A request on behalf of a caller. One without a caller is made in the name of this process.
pub fn request<T>(message: T, caller: &Caller) -> Request<T> {
    let mut request = Request::new(message);
    request.extensions_mut().insert(caller.clone());
    request
}

/// The connections to all instances of a service, for a generated client. Cheap to clone.
#[derive(Clone)]
pub struct Channel {
    callee: &'static str,
    limit: Duration,
    balanced: balance::Balanced,
    signer: Signer,
}

impl Channel {
    /// The same channel with another limit, for calls that take long, such as streams and imports.
    #[must_use]
    pub fn with_limit(&self, limit: Duration) -> Self {
        Self { limit, ..self.clone() }
    }
}

impl Service<http::Request<Body>> for Channel {
    type Response = http::Response<Body>;
    type Error = Status;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Status>> + Send>>;

    /// Always ready: the call itself waits for an instance, so that its deadline covers the wait.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let callee = self.callee;
        let span = tracing::info_span!("call", otel.kind = "client", otel.name = path, rpc.service = callee);
        let left = deadline::left(self.limit);
        let prepared = span.in_scope(|| self.prepare(&mut request, left));
        let answer: balance::Answer = Box::pin(self.balanced.clone().oneshot(request));
        let call = async move {
            prepared?;
            if left.is_zero() {
                return Err(Status::deadline_exceeded("no time was left for this call"));
            }
            match tokio::time::timeout(left, answer).await {
                Ok(Ok(response)) => Ok(response.map(Body::new)),
                Ok(Err(error)) if !eject::is_timeout(&*error) => Err(unreachable(callee, &*error)),
                _ => Err(Status::deadline_exceeded(format!("{callee} did not answer in time"))),
            }
        };
        let measured = async move {
            let began = Instant::now();
            let result = call.await;
            let code = match &result {
                Ok(response) => Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code()),
                Err(status) => status.code(),
            };
            metrics::histogram!("rpc_client_seconds", "rpc" => path, "code" => format!("{code:?}"))
                .record(began.elapsed().as_secs_f64());
            result
        };
        Box::pin(measured.instrument(span))
    }
}

impl Channel {
    /// Sets the headers `authorization`, `grpc-timeout` and `traceparent`.
    fn prepare(&self, request: &mut http::Request<Body>, left: Duration) -> Result<(), Status> {
        let own = self.signer.own();
        let caller = request.extensions().get::<Caller>().unwrap_or(&own);
        let token = self.signer.token(caller, self.callee)?;
        let mut set = |key: &'static str, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                request.headers_mut().insert(key, value);
            }
        };
        set("authorization", format!("Bearer {token}"));
        set("grpc-timeout", format!("{}u", left.as_micros().min(99_999_999)));
        if let Some(traceparent) = telemetry::traceparent() {
            set("traceparent", traceparent);
        }
        Ok(())
    }
}

fn unreachable(callee: &str, error: &(dyn std::error::Error + Send + Sync + 'static)) -> Status {
    tracing::warn!(callee, error = %crate::error::chain(error), "cannot be reached");
    Status::unavailable(format!("{callee} cannot be reached"))
}
