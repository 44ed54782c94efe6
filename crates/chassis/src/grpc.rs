//! How a service answers: one server with health, reflection in development, and a door that every call passes: it
//! continues the caller's trace, verifies who is asking, sets the deadline and measures.

use std::{
    future::Future,
    net::SocketAddr,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::FutureExt as _;
use tokio::net::TcpListener;
use tonic::{
    Code, Status,
    body::Body,
    metadata::MetadataValue,
    server::NamedService,
    service::{Routes, RoutesBuilder},
    transport::server::TcpIncoming,
};
use tower::{Layer, Service};
use tracing::Instrument as _;

use crate::{
    config::{Environment, ServiceConfig},
    deadline, discovery,
    error::DOOR,
    identity::Verifier,
    shutdown::Stop,
    telemetry,
};

/// No call runs longer, whatever its caller allows; streams have their own limits.
const LONGEST: Duration = Duration::from_secs(60);
/// Between leaving the registry and closing the door, so that clients have heard of it.
const FAREWELL: Duration = Duration::from_millis(300);
const DRAIN: Duration = Duration::from_secs(8);

/// Collects a process's gRPC services.
pub struct Server {
    name: &'static str,
    config: ServiceConfig,
    verifier: Verifier,
    routes: RoutesBuilder,
    health: tonic_health::server::HealthReporter,
}

impl Server {
    pub async fn new(name: &'static str, config: &ServiceConfig) -> anyhow::Result<Self> {
        let (health, health_service) = tonic_health::server::health_reporter();
        health
            .set_service_status("", tonic_health::ServingStatus::Serving)
            .await;
        let mut routes = RoutesBuilder::default();
        routes.add_service(health_service);
        Ok(Self {
            name,
            config: config.clone(),
            verifier: Verifier::load(name, &config.identity)?,
            routes,
            health,
        })
    }

    /// Adds a service; health answers for it by name.
    pub async fn add<S>(mut self, service: S) -> Self
    where
        S: Service<http::Request<Body>, Error = std::convert::Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: axum::response::IntoResponse,
        S::Future: Send + 'static,
    {
        self.health
            .set_service_status(S::NAME, tonic_health::ServingStatus::Serving)
            .await;
        self.routes.add_service(service);
        self
    }

    /// Reflection, in development only.
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

    /// Serves and keeps the instance registered until the stop; then leaves the registry first and drains after.
    pub async fn serve(self, listener: TcpListener, stop: Stop) -> anyhow::Result<()> {
        let address: SocketAddr = listener.local_addr()?;
        let closing = Stop::new();
        let registered = tokio::spawn(discovery::register(
            self.config.clone(),
            self.name,
            address,
            stop.clone(),
        ));
        tracing::info!(%address, "serving");

        let close = closing.clone();
        // Set on the sockets: the builder's own `tcp_nodelay` is ignored for listeners that are handed in, and without it
        // Nagle's algorithm and delayed acknowledgements cost 40 ms an answer.
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let server = tonic::transport::Server::builder()
            .max_concurrent_streams(1024)
            .http2_keepalive_interval(Some(Duration::from_secs(10)))
            .layer(Door {
                verifier: Arc::new(self.verifier),
            })
            .add_routes(self.routes.routes())
            .serve_with_incoming_shutdown(incoming, async move { close.stopped().await });
        let mut server = tokio::spawn(server);
        tokio::select! {
            ended = &mut server => {
                ended.context("the server panicked")?.context("the server broke")?;
                anyhow::bail!("the server ended by itself");
            }
            () = stop.stopped() => {}
        }
        let _ = tokio::time::timeout(Duration::from_secs(2), registered).await;
        tokio::time::sleep(FAREWELL).await;
        closing.stop();
        if tokio::time::timeout(DRAIN, &mut server).await.is_err() {
            tracing::warn!("some calls did not finish in time");
            server.abort();
        }
        Ok(())
    }
}

/// The layer that every call passes.
#[derive(Clone)]
struct Door {
    verifier: Arc<Verifier>,
}

impl Layer<Routes> for Door {
    type Service = Guarded;

    fn layer(&self, inner: Routes) -> Guarded {
        Guarded {
            inner,
            verifier: self.verifier.clone(),
        }
    }
}

#[derive(Clone)]
struct Guarded {
    inner: Routes,
    verifier: Arc<Verifier>,
}

impl Service<http::Request<Body>> for Guarded {
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
            .unwrap_or(LONGEST)
            .min(LONGEST);

        // Health and reflection are asked by those who have no token.
        let open = path.starts_with("/grpc.health.v1.") || path.starts_with("/grpc.reflection.");
        let token = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let verified = match token {
            Some(token) => self.verifier.verify(token).map(Some),
            None if open => Ok(None),
            None => Err(Status::unauthenticated("no internal token")),
        };
        let answer = match verified {
            Err(mut status) => {
                status.metadata_mut().insert(DOOR, MetadataValue::from_static("closed"));
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
                    // A panic is the fault of one request. Unanswered, it would reset the stream, and callers would take
                    // the whole instance for dead.
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

/// A path that nobody serves is no label: whoever calls could make up endless ones.
fn route(path: String, code: Code) -> String {
    if matches!(code, Code::Unimplemented | Code::Unauthenticated) {
        "unknown".to_owned()
    } else {
        path
    }
}
