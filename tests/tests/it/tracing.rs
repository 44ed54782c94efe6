//! One trace from the click to the changed view. The test is the collector: the cluster's services export to it (OTLP), one
//! rating is made, and its trace must have spans of the gateway, of rating, of the relay's publish and of every consumer.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use matcha_tests::{
    cluster::gateway,
    member::{Member, popular_movies},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::{
        ExportTraceServiceRequest, ExportTraceServiceResponse,
        trace_service_server::{TraceService, TraceServiceServer},
    },
    common::v1::any_value::Value,
};
use testing::{Stores, eventually};
use tonic::{Request, Response, Status};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// (service, span) of our trace.
type Seen = Arc<Mutex<BTreeSet<(String, String)>>>;

struct Collector(Seen);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for resource in request.into_inner().resource_spans {
            let attributes = resource.resource.unwrap_or_default().attributes;
            let name = attributes.into_iter().find(|attribute| attribute.key == "service.name");
            let service = match name.and_then(|name| name.value).and_then(|value| value.value) {
                Some(Value::StringValue(service)) => service,
                _ => continue,
            };
            for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                let trace: String = span.trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
                if trace == TRACE {
                    self.0.lock().unwrap().insert((service.clone(), span.name));
                }
            }
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tokio::test]
async fn one_trace_goes_from_the_request_to_every_consumer_of_its_event() {
    let address = Stores::shared()
        .setting("OTLP_ENDPOINT")
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let seen = Seen::default();
    let collector = TraceServiceServer::new(Collector(seen.clone()));
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(collector)
            .serve(address),
    );

    let member = Member::sign_up().await;
    let movie = popular_movies(1).await.remove(0);
    let answer = reqwest::Client::new()
        .put(format!("{}/api/v1/movies/{movie}/rating", gateway()))
        .bearer_auth(member.token())
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .json(&serde_json::json!({ "stars": 4.5 }))
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success());

    let has = |service: &str, span: &str| {
        seen.lock()
            .unwrap()
            .iter()
            .any(|(from, name)| from == service && name.contains(span))
    };
    for (service, span) in [
        ("gateway", "PUT"),
        ("rating", "Rate"),
        ("rating", "publish"),
        ("rating", "consume"),
        ("movie", "consume"),
        ("recommendation", "consume"),
    ] {
        eventually(
            &format!("{service} has a span {span} in {:?}", seen.lock().unwrap()),
            async || has(service, span),
        )
        .await;
    }
}
