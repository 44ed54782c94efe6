//! gRPC server with health and, in development, reflection. A layer around all services continues the trace, authenticates the
//! caller by its internal token, sets the deadline and measures.

use std::{
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::{FutureExt as _, future::BoxFuture};
use tokio::net::TcpListener;
use tonic::{
    Code, Status,
    body::Body,
    metadata::MetadataValue,
    server::NamedService,
    service::{Routes, RoutesBuilder},
    transport::server::TcpIncoming,
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::{
    admin::Readiness,
    config::{Environment, ServiceConfig},
    deadline, discovery,
    error::INTERNAL_AUTH_FAILED,
    identity::Verifier,
    shutdown::Stop,
    telemetry,
};

/// Limit of a call, even when its caller allows more. Messages of a stream may come later.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);
/// Between leaving the registry and refusing calls, so that clients have seen the change.
const DEREGISTER_GRACE: Duration = Duration::from_millis(300);
const DRAIN_TIMEOUT: Duration = Duration::from_secs(8);

/// Collects a process's gRPC services.
pub struct Server {
    name: &'static str,
    config: ServiceConfig,
    verifier: Verifier,
    routes: RoutesBuilder,
    health: Health,
    drain_timeout: Duration,
}

impl Server {
    /// gRPC health reports SERVING while `readiness` holds.
    pub async fn new(name: &'static str, config: &ServiceConfig, readiness: Readiness) -> anyhow::Result<Self> {
        let (reporter, health_service) = tonic_health::server::health_reporter();
        let mut routes = RoutesBuilder::default();
        routes.add_service(health_service);
        let mut health = Health {
            reporter,
            readiness,
            services: Vec::new(),
        };
        health.add("").await;
        Ok(Self {
            name,
            config: config.clone(),
            verifier: Verifier::load(name, &config.identity)?,
            routes,
            health,
            drain_timeout: DRAIN_TIMEOUT,
        })
    }

    #[must_use]
    pub fn with_drain_timeout(self, drain_timeout: Duration) -> Self {
        Self { drain_timeout, ..self }
    }

    /// Adds a service, and its name to gRPC health.
    pub async fn add<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Error = Infallible> + NamedService + Clone + Send + Sync + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.health.add(S::NAME).await;
        self.routes.add_service(service);
        self
    }

    /// Adds reflection, in development only.
    pub fn describe(mut self, descriptors: &'static [u8]) -> anyhow::Result<Self> {
        if self.config.environment == Environment::Development {
            let reflection = tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(descriptors)
                .build_v1()
                .context("the descriptors cannot be read")?;
            self.routes.add_service(reflection);
        }
        Ok(self)
    }

    /// Serves and keeps the instance registered until the stop; then leaves the registry first and drains after. A drain that
    /// runs out is an error.
    pub fn serve(self, listener: TcpListener, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
        // Boxed, so that each service does not compile it again.
        Box::pin(self.serve_until(listener, stop))
    }

    async fn serve_until(self, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
        let address: SocketAddr = listener.local_addr()?;
        let closing = Stop::new();
        let registered = tokio::spawn(discovery::register(
            self.config.clone(),
            self.name,
            address,
            stop.clone(),
        ));
        tracing::info!(%address, "serving gRPC");

        let close = closing.clone();
        // The builder's `tcp_nodelay` has no effect on a given listener. Without it Nagle's algorithm and delayed acknowledgements
        // add 40 ms to an answer.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = tonic::transport::Server::builder()
            .max_concurrent_streams(1024)
            .http2_keepalive_interval(Some(Duration::from_secs(10)))
            .layer(AuthLayer {
                verifier: Arc::new(self.verifier),
            })
            .add_routes(self.routes.routes())
            .serve_with_incoming_shutdown(incoming, async move { close.stopped().await });
        let mut health = self.health;
        health.report(serving_if(health.readiness.is_ready())).await;
        let mut server = tokio::spawn(server);
        tokio::select! {
            ended = &mut server => {
                ended.context("the server panicked")?.context("the server broke")?;
                anyhow::bail!("the server ended by itself");
            }
            never = health.follow_readiness() => match never {},
            () = stop.stopped() => {}
        }
        health.report(ServingStatus::NotServing).await;
        let _ = tokio::time::timeout(Duration::from_secs(2), registered).await;
        tokio::time::sleep(DEREGISTER_GRACE).await;
        health.close().await;
        closing.stop();
        match tokio::time::timeout(self.drain_timeout, &mut server).await {
            Ok(ended) => ended.context("the server panicked")?.context("the server broke"),
            Err(_) => {
                server.abort();
                anyhow::bail!("calls were still running {:?} after the stop", self.drain_timeout)
            }
        }
    }
}

/// The statuses that `grpc.health.v1.Health` answers: "" for the process, and one for each service.
struct Health {
    reporter: HealthReporter,
    readiness: Readiness,
    services: Vec<&'static str>,
}

impl Health {
    async fn add(&mut self, service: &'static str) {
        self.services.push(service);
        let status = serving_if(self.readiness.is_ready());
        self.reporter.set_service_status(service, status).await;
    }

    async fn report(&self, status: ServingStatus) {
        for service in &self.services {
            self.reporter.set_service_status(service, status).await;
        }
    }

    /// Keeps the statuses equal to the readiness. Never ends.
    async fn follow_readiness(&self) -> Infallible {
        loop {
            let is_ready = self.readiness.is_ready();
            self.report(serving_if(is_ready)).await;
            self.readiness.changed_from(is_ready).await;
        }
    }

    /// Ends the streams of `Watch`, which would otherwise stay open and keep the drain from finishing.
    async fn close(&mut self) {
        for service in &self.services {
            self.reporter.clear_service_status(service).await;
        }
    }
}

fn serving_if(is_ready: bool) -> ServingStatus {
    if is_ready {
        ServingStatus::Serving
    } else {
        ServingStatus::NotServing
    }
}

/// The layer around all services: trace, authentication, deadline, metrics.
#[derive(Clone)]
struct AuthLayer {
    verifier: Arc<Verifier>,
}

impl Layer<Routes> for AuthLayer {
    type Service = AuthService;

    fn layer(&self, inner: Routes) -> AuthService {
        AuthService {
            inner,
            verifier: self.verifier.clone(),
        }
    }
}

#[derive(Clone)]
struct AuthService {
    inner: Routes,
    verifier: Arc<Verifier>,
}

impl Service<http::Request<Body>> for AuthService {
    type Response = http::Response<Body>;
    type Error = tonic::codegen::StdError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<http::Request<Body>>::poll_ready(&mut self.inner, context).map_err(Into::into)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        let path = request.uri().path().to_owned();
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let span = tracing::info_span!("serve", otel.kind = "server", otel.name = path);
        telemetry::continue_trace(&span, header("traceparent"));
        let limit = header("grpc-timeout")
            .and_then(deadline::parse)
            .unwrap_or(MAX_TIMEOUT)
            .min(MAX_TIMEOUT);

        // Clients of health and reflection have no token.
        let open = path.starts_with("/grpc.health.v1.") || path.starts_with("/grpc.reflection.");
        let token = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let verified = match token {
            Some(token) => self.verifier.verify(token).map(Some),
            None if open => Ok(None),
            None => Err(Status::unauthenticated("no internal token")),
        };
        let answer = match verified {
            Err(mut status) => {
                status
                    .metadata_mut()
                    .insert(INTERNAL_AUTH_FAILED, MetadataValue::from_static("true"));
                Err(status)
            }
            Ok(caller) => {
                if let Some(caller) = caller {
                    request.extensions_mut().insert(caller);
                }
                Ok(self.inner.call(request))
            }
        };
        let work = async move {
            let began = Instant::now();
            let response = match answer {
                Err(status) => status.into_http(),
                Ok(answer) => {
                    // Without an answer the stream would be reset, and callers would eject the whole instance for one request.
                    let answer = AssertUnwindSafe(deadline::within(limit, answer)).catch_unwind();
                    match tokio::time::timeout(limit, answer).await {
                        Ok(Ok(response)) => response?.map(Body::new),
                        Ok(Err(_)) => {
                            metrics::counter!("handler_panics_total").increment(1);
                            tracing::error!("a handler panicked");
                            Status::internal("internal error").into_http()
                        }
                        Err(_) => Status::deadline_exceeded("the deadline is over").into_http(),
                    }
                }
            };
            let code = Status::from_header_map(response.headers()).map_or(Code::Ok, |status| status.code());
            metrics::histogram!("rpc_server_seconds", "rpc" => route(path, code), "code" => format!("{code:?}"))
                .record(began.elapsed().as_secs_f64());
            Ok(response)
        };
        Box::pin(work.instrument(span))
    }
}

/// The metric label of a path. Unknown paths share one, since callers could make up any number of them.
fn route(path: String, code: Code) -> String {
    if matches!(code, Code::Unimplemented | Code::Unauthenticated) {
        "unknown".to_owned()
    } else {
        path
    }
}
