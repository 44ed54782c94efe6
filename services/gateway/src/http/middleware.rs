//! Middleware of every route: a span that continues the caller's trace, the deadline, catching panics, metrics by route,
//! security headers and compression.

use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use chassis::{deadline, telemetry};
use futures::FutureExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer, Predicate,
        predicate::{DefaultPredicate, SizeAbove},
    },
};
use tracing::{Instrument as _, field};

use crate::{
    app::App,
    http::problem::{Kind, Problem},
    imports::upload,
};

/// Smaller bodies fit in one packet, compressed or not.
const WORTH_COMPRESSING: u64 = 1024;

/// Content-Security-Policy of answers that are not pages.
const NO_PAGE_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// Content-Security-Policy of the API's page, which loads its own scripts only; its library writes styles and data images.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; \
                           base-uri 'none'; frame-ancestors 'none'";

/// Adds 405 as a problem, and the middleware.
pub(crate) fn layers(routes: Router<App>, app: &App) -> Router<App> {
    let compress = CompressionLayer::new()
        .quality(CompressionLevel::Precise(4))
        .compress_when(
            DefaultPredicate::new()
                .and(SizeAbove::new(WORTH_COMPRESSING))
                .and(NoSecrets),
        );
    routes
        .method_not_allowed_fallback(|| async {
            Problem::new(Kind::MethodNotAllowed, "this resource has no such method")
        })
        .layer(compress)
        .layer(middleware::from_fn_with_state(app.clone(), trace_and_time))
}

/// Answers with tokens are not compressed, because the compressed length reveals something about the content.
#[derive(Clone, Copy)]
struct NoSecrets;

impl Predicate for NoSecrets {
    fn should_compress<B: axum::body::HttpBody>(&self, response: &http::Response<B>) -> bool {
        let cache = response.headers().get(header::CACHE_CONTROL);
        cache.is_none_or(|cache| cache != "no-store")
    }
}

async fn trace_and_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_label(request.method());
    let matched = request.extensions().get::<MatchedPath>();
    // Paths of the site are not used as labels, because clients choose them.
    let route = matched.map_or("site", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = format!("{method} {route}"),
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
    );
    let traceparent = request.headers().get("traceparent");
    telemetry::continue_trace(&span, traceparent.and_then(|value| value.to_str().ok()));

    let usual = Duration::from_millis(app.config.deadline_ms);
    // A long file needs more time to arrive and to be parsed; its sender sees the progress.
    let limit = if method == "POST" && route == upload::PATH {
        upload::TIMEOUT
    } else {
        usual
    };
    let mut response = answer(request, next, limit).instrument(span.clone()).await;

    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    span.in_scope(|| {
        name_trace(response.headers_mut());
        if status.is_server_error() {
            tracing::warn!(status = status.as_u16(), "answered with an error");
        }
    });
    secure(response.headers_mut(), &route, app.config.is_https_only());
    metrics::histogram!("http_request_seconds", "method" => method, "route" => route.clone())
        .record(began.elapsed().as_secs_f64());
    metrics::counter!("http_requests_total", "method" => method, "route" => route,
        "status" => status.as_u16().to_string())
    .increment(1);
    response
}

/// Runs the handler under the deadline; each of its calls gets at most the time that is left.
async fn answer(request: Request, next: Next, limit: Duration) -> Response {
    let handled = AssertUnwindSafe(deadline::within(limit, next.run(request))).catch_unwind();
    match tokio::time::timeout(limit, handled).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            Problem::new(Kind::Internal, "internal error").into_response()
        }
        Err(_) => Problem::new(Kind::Timeout, "this took too long; try again").into_response(),
    }
}

fn name_trace(headers: &mut HeaderMap) {
    let Some(traceparent) = telemetry::traceparent() else {
        return;
    };
    let id = traceparent.split('-').nth(1).unwrap_or_default();
    for (name, value) in [("traceparent", traceparent.as_str()), ("x-trace-id", id)] {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

fn secure(headers: &mut HeaderMap, route: &str, https: bool) {
    let mut unless_set = |name: HeaderName, value: &'static str| {
        let value = HeaderValue::from_static(value);
        headers.entry(name).or_insert(value);
    };
    unless_set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_set(header::REFERRER_POLICY, "same-origin");
    unless_set(header::X_FRAME_OPTIONS, "DENY");
    unless_set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    unless_set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if https {
        unless_set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    // A shared cache must not keep a member's data.
    if route.starts_with("/api/") || route == "/graphql" {
        unless_set(header::CACHE_CONTROL, "private, no-cache");
    }
    let policy = if route.starts_with("/api/docs") {
        DOCS_POLICY
    } else {
        NO_PAGE_POLICY
    };
    unless_set(header::CONTENT_SECURITY_POLICY, policy);
}

fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
