//! Events over RabbitMQ, in CloudEvents binary mode: a protobuf body, the attributes as headers.
//!
//! One topic exchange; a quorum queue per consumer; delay queues for retries, shared by all consumers; and a dead-letter queue per
//! consumer, `<queue>.dead`, whose messages an operator can redrive.

mod broker;
mod consumer;
mod dead_letters;

pub use broker::{Broker, PublishOutcome, Publisher};
pub use consumer::{Consumer, Delivery, Failure, Outcome};
pub use dead_letters::{DeadLetter, DeadLetters, list_dead_letters, redrive_dead_letters};

use bytes::Bytes;
use chassis::config::Secret;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, LongString},
};
use uuid::Uuid;

/// Settings of the message broker.
#[derive(Clone, Debug, clap::Args)]
pub struct BrokerConfig {
    #[arg(long, env = "AMQP_URL", hide_env_values = true)]
    pub amqp_url: Secret,
    /// First part of the name of every exchange and queue.
    #[arg(long, env = "AMQP_PREFIX", default_value = "matcha")]
    pub amqp_prefix: String,
}

/// An event to be published.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: Uuid,
    /// Also the routing key: `order.placed`.
    pub r#type: String,
    pub aggregate_id: String,
    /// Version of the aggregate, by which a consumer knows which of two events is newer.
    pub version: i64,
    pub body: Bytes,
    /// W3C trace context of the request that caused it.
    pub traceparent: Option<String>,
}

impl Event {
    pub fn new(r#type: &str, aggregate_id: impl Into<String>, version: i64, body: &impl prost::Message) -> Self {
        Self {
            id: Uuid::now_v7(),
            r#type: r#type.to_owned(),
            aggregate_id: aggregate_id.into(),
            version,
            body: body.encode_to_vec().into(),
            traceparent: chassis::telemetry::traceparent(),
        }
    }

    fn properties(&self, source: &str) -> BasicProperties {
        let mut headers = FieldTable::default();
        let mut set = |key: &str, value: String| {
            headers.insert(key.into(), AMQPValue::LongString(LongString::from(value)));
        };
        set("cloudEvents_specversion", "1.0".to_owned());
        set("cloudEvents_id", self.id.to_string());
        set("cloudEvents_type", self.r#type.clone());
        set("cloudEvents_source", source.to_owned());
        set("cloudEvents_subject", self.aggregate_id.clone());
        set("cloudEvents_aggregateversion", self.version.to_string());
        if let Some(traceparent) = &self.traceparent {
            set("traceparent", traceparent.clone());
        }
        BasicProperties::default()
            .with_content_type("application/protobuf".into())
            .with_message_id(self.id.to_string().into())
            .with_delivery_mode(2)
            .with_headers(headers)
    }
}

/// A header as text; other clients of the broker may have set it as a number.
fn header(properties: &BasicProperties, key: &str) -> Option<String> {
    match properties.headers().as_ref()?.inner().get(key)? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        AMQPValue::LongLongInt(number) => Some(number.to_string()),
        AMQPValue::LongInt(number) => Some(number.to_string()),
        _ => None,
    }
}
