//! A tap queue: a durable quorum queue of the test's own on the exchange of events. It collects every event while the test writes
//! and kills, and is read afterwards: an event that was lost on its way from the outbox is missing here, even where a view has
//! healed by a later event.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::StreamExt as _;
use lapin::{
    Channel, Connection, ConnectionProperties,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
        QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable, LongString},
};
use testing::Stores;
use tokio::time::Instant;
use uuid::Uuid;

use crate::cluster::MAX_WAIT;

/// A tap whose test died is deleted by the broker.
const EXPIRES: i64 = 30 * 60 * 1000;

/// Type, aggregate and version of an event.
pub type Fact = (String, String, i64);

pub struct Tap {
    queue: String,
    /// How often each message came, by its id.
    seen: BTreeMap<Fact, BTreeMap<String, usize>>,
}

impl Tap {
    pub async fn open(types: &[&str]) -> Self {
        let prefix = Stores::shared().setting("AMQP_PREFIX");
        let queue = format!("{prefix}.test.tap.{}", Uuid::now_v7().simple());
        let (_connection, channel) = connect().await.expect("the broker answers");
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
        arguments.insert("x-expires".into(), AMQPValue::LongLongInt(EXPIRES));
        let options = QueueDeclareOptions {
            durable: true,
            ..Default::default()
        };
        channel
            .queue_declare(queue.as_str().into(), options, arguments)
            .await
            .unwrap();
        for r#type in types {
            channel
                .queue_bind(
                    queue.as_str().into(),
                    format!("{prefix}.events").into(),
                    (*r#type).into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await
                .unwrap();
        }
        Self {
            queue,
            seen: BTreeMap::new(),
        }
    }

    /// Reads until every fact was seen, and returns those that never came.
    pub async fn missing(&mut self, expected: &BTreeSet<Fact>) -> BTreeSet<Fact> {
        let end = Instant::now() + MAX_WAIT;
        while Instant::now() < end && !self.has(expected) {
            // A broker that was killed may still be starting.
            if self.drain(expected, end).await.is_err() {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
        expected
            .iter()
            .filter(|fact| !self.seen.contains_key(*fact))
            .cloned()
            .collect()
    }

    /// Reads what is there now.
    pub async fn read(&mut self) {
        self.drain(&BTreeSet::new(), Instant::now())
            .await
            .expect("the broker answers");
    }

    fn has(&self, expected: &BTreeSet<Fact>) -> bool {
        expected.iter().all(|fact| self.seen.contains_key(fact))
    }

    async fn drain(&mut self, expected: &BTreeSet<Fact>, end: Instant) -> lapin::Result<()> {
        let (_connection, channel) = connect().await?;
        channel.basic_qos(500, BasicQosOptions::default()).await?;
        let mut messages = channel
            .basic_consume(
                self.queue.as_str().into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await?;
        loop {
            // What is there beyond the expected is read too: duplicates count.
            let pause = if self.has(expected) {
                Instant::now() + Duration::from_millis(300)
            } else {
                end
            };
            match tokio::time::timeout_at(pause, messages.next()).await {
                Err(_) | Ok(None) => return Ok(()),
                Ok(Some(message)) => {
                    let message = message?;
                    self.note(&message);
                    message.ack(BasicAckOptions::default()).await?;
                }
            }
        }
    }

    fn note(&mut self, message: &Delivery) {
        let header = |key: &str| match message
            .properties
            .headers()
            .as_ref()
            .and_then(|all| all.inner().get(key))
        {
            Some(AMQPValue::LongString(text)) => text.to_string(),
            other => panic!("{key} of an event is {other:?}"),
        };
        let fact = (
            header("cloudEvents_type"),
            header("cloudEvents_subject"),
            header("cloudEvents_aggregateversion").parse().unwrap(),
        );
        *self
            .seen
            .entry(fact)
            .or_default()
            .entry(header("cloudEvents_id"))
            .or_default() += 1;
    }

    /// Every fact that came, with how often each of its messages did.
    pub fn seen(&self) -> &BTreeMap<Fact, BTreeMap<String, usize>> {
        &self.seen
    }

    /// How often the fact came; 0: never.
    pub fn count(&self, fact: &Fact) -> usize {
        self.seen.get(fact).map_or(0, |messages| messages.values().sum())
    }

    /// Messages that came more often than once.
    pub fn duplicates(&self) -> usize {
        self.seen
            .values()
            .flat_map(BTreeMap::values)
            .map(|times| times - 1)
            .sum()
    }

    pub async fn close(self) {
        if let Ok((_connection, channel)) = connect().await {
            let _ = channel
                .queue_delete(self.queue.as_str().into(), QueueDeleteOptions::default())
                .await;
        }
    }
}

async fn connect() -> lapin::Result<(Connection, Channel)> {
    let url = Stores::shared().setting("AMQP_URL");
    let connection = Connection::connect(url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    Ok((connection, channel))
}
