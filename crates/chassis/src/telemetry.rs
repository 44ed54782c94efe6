//! Logs, traces and metrics of a process, and the W3C trace context that ties HTTP, gRPC, outbox and broker together.

use std::{collections::HashMap, sync::OnceLock};

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use opentelemetry::{
    KeyValue, global,
    propagation::{Extractor, Injector},
    trace::TracerProvider as _,
};
use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, dynamic_filter_fn},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

use crate::config::{LogFormat, TelemetryConfig};

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// Exports the spans that are still buffered when it is dropped, at the end of the process.
pub struct Guard(Option<SdkTracerProvider>);

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take() {
            let _ = provider.shutdown();
        }
    }
}

/// Sets up logs, traces and metrics; call it once per process, before anything logs. `service` is the name in traces and the
/// name of the crate whose spans are traced.
pub fn init(service: &'static str, config: &TelemetryConfig) -> anyhow::Result<Guard> {
    install_metrics();
    global::set_text_map_propagator(TraceContextPropagator::new());

    // The provider exists without an exporter too, because logs and problem answers name the trace id.
    let mut provider = SdkTracerProvider::builder().with_resource(
        Resource::builder()
            .with_service_name(service)
            .with_attribute(KeyValue::new("service.namespace", "matcha"))
            .build(),
    );
    if let Some(endpoint) = &config.otlp_endpoint {
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint)
            .build()
            .context("cannot set up the trace exporter")?;
        provider = provider.with_batch_exporter(exporter);
    }
    let provider = provider.build();
    global::set_tracer_provider(provider.clone());

    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,lapin=warn,lapin::returned_messages=off,opentelemetry=error,opentelemetry_sdk=error,opentelemetry-otlp=error,sqlx=warn,h2=warn,hyper=warn"));
    // The dynamic filter, which is always true, works around tokio-rs/tracing#2519. A library may check a level without logging an
    // event. The answer "disabled" then stays stored for the thread, and the next event of the thread is lost. With a dynamic
    // filter, tracing evaluates the filters for each event, so none is lost.
    let logs = match config.log_format {
        LogFormat::Pretty => tracing_subscriber::fmt::layer().boxed(),
        LogFormat::Json => tracing_subscriber::fmt::layer().json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(logs.with_filter(filter.and(dynamic_filter_fn(|_, _| true))))
        .with(
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("matcha"))
                // Idle times, thread ids and source lines cost time at each poll of a future, and no dashboard uses them.
                .with_tracked_inactivity(false)
                .with_threads(false)
                .with_location(false)
                .with_filter(
                    tracing_subscriber::filter::Targets::new()
                        .with_default(tracing::Level::WARN)
                        .with_target(service, tracing::Level::INFO)
                        .with_targets(TRACED_LIBRARIES.map(|library| (library, tracing::Level::INFO))),
                ),
        )
        .try_init()
        .context("telemetry was set up twice")?;
    Ok(Guard(Some(provider)))
}

/// The libraries whose spans are traced beside those of the service's own crate; spans of other libraries are too many.
const TRACED_LIBRARIES: [&str; 2] = ["chassis", "messaging"];

/// Buckets from 0.5 ms to 10 s.
const SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

fn install_metrics() {
    METRICS.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets(&SECONDS)
            .expect("the buckets are not empty")
            .build_recorder();
        let handle = recorder.handle();
        // Fails only where another recorder is set, as when several services run in one test process.
        let _ = metrics::set_global_recorder(recorder);
        handle
    });
}

/// The metrics of this process as Prometheus text.
pub fn render_metrics() -> String {
    METRICS
        .get()
        .map(|handle| {
            handle.run_upkeep();
            handle.render()
        })
        .unwrap_or_default()
}

/// `traceparent` of the current span, to travel with a message; `None` outside any trace.
pub fn traceparent() -> Option<String> {
    let mut carrier = HashMap::new();
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&context, &mut MapInjector(&mut carrier));
    });
    carrier.remove("traceparent")
}

/// Makes the span a child of the one that sent this `traceparent`.
pub fn continue_trace(span: &Span, traceparent: Option<&str>) {
    let Some(traceparent) = traceparent else {
        return;
    };
    let carrier = One("traceparent", traceparent);
    let context = global::get_text_map_propagator(|propagator| propagator.extract(&carrier));
    let _ = span.set_parent(context);
}

/// Id of the current trace, which problem answers and logs name.
pub fn trace_id() -> Option<String> {
    let traceparent = traceparent()?;
    traceparent.split('-').nth(1).map(ToOwned::to_owned)
}

struct MapInjector<'a>(&'a mut HashMap<String, String>);

impl Injector for MapInjector<'_> {
    fn set(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }
}

struct One<'a>(&'static str, &'a str);

impl Extractor for One<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        (key == self.0).then_some(self.1)
    }

    fn keys(&self) -> Vec<&str> {
        vec![self.0]
    }
}
