//! The connection to RabbitMQ, and its exchanges, queues and bindings. Publishers and consumers declare what they use each time
//! they connect, so an emptied broker is complete again. The client's automatic recovery is off: it was slower than connecting
//! again, and a publish could hang in it.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use lapin::{
    Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind, PublisherConfirm,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, LongString},
};
use tokio::sync::Mutex;

use super::Event;
use crate::events::BrokerConfig;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Delays before another try of a failed message. One that fails after the last delay becomes a dead letter.
///
/// A delay is part of the name of its exchange and queue (`matcha.retry.30s`), so a changed delay makes new ones. The old ones stay in
/// the broker and give back the messages in them; delete them once they are empty.
const RETRY_DELAYS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
];
/// How often the broker delivers a message again whose consumer lost its connection before it answered. After that the broker
/// itself moves it to the dead letters: such a message may be what kills the consumers.
///
/// It is an argument of every consumer's queue, and RabbitMQ refuses to declare an existing queue with another one. A changed limit
/// therefore needs the queues to be deleted first, while they are empty and their consumers are stopped. Events that are published
/// meanwhile wait in the outbox.
pub(super) const DELIVERY_LIMIT: u32 = 5;

/// The connection of a process, shared by its publishers and consumers. It connects when it is first used and after each loss.
#[derive(Clone)]
pub struct Broker {
    config: Arc<BrokerConfig>,
    name: String,
    retry_delays: Arc<[Duration]>,
    connection: Arc<Mutex<Option<Arc<Connection>>>>,
}

impl Broker {
    /// `name` is the name of the connection in RabbitMQ and the source of published events.
    pub fn new(config: &BrokerConfig, name: &str) -> Self {
        Self {
            config: Arc::new(config.clone()),
            name: name.to_owned(),
            retry_delays: Arc::from(RETRY_DELAYS),
            connection: Arc::default(),
        }
    }

    /// Other delays before another try of a failed message; all consumers of a prefix share the delay queues.
    #[must_use]
    pub fn with_retry_delays(self, delays: &[Duration]) -> Self {
        Self {
            retry_delays: Arc::from(delays),
            ..self
        }
    }

    pub(super) fn retry_delays(&self) -> &[Duration] {
        &self.retry_delays
    }

    pub fn exchange(&self) -> String {
        format!("{}.events", self.config.amqp_prefix)
    }

    pub fn queue(&self, name: &str) -> String {
        format!("{}.{name}", self.config.amqp_prefix)
    }

    pub(super) fn dead_queue(&self, name: &str) -> String {
        format!("{}.{name}.dead", self.config.amqp_prefix)
    }

    /// `matcha.retry.30s`
    pub(super) fn delay_exchange(&self, delay: Duration) -> String {
        format!("{}.retry.{delay:?}", self.config.amqp_prefix)
    }

    async fn connection(&self) -> anyhow::Result<Arc<Connection>> {
        let mut slot = self.connection.lock().await;
        if let Some(connection) = slot.as_ref().filter(|c| c.status().connected()) {
            return Ok(connection.clone());
        }
        let properties = ConnectionProperties::default().with_connection_name(self.name.as_str().into());
        let connecting = Connection::connect(self.config.amqp_url.expose(), properties);
        let connection = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .context("RabbitMQ takes too long to connect")?
            .context("cannot connect to RabbitMQ")?;
        let connection = Arc::new(connection);
        *slot = Some(connection.clone());
        Ok(connection)
    }

    /// A new channel, with the exchange declared.
    pub(super) async fn channel(&self) -> anyhow::Result<Channel> {
        let channel = self.connection().await?.create_channel().await?;
        channel
            .exchange_declare(
                self.exchange().into(),
                ExchangeKind::Topic,
                ExchangeDeclareOptions {
                    durable: true,
                    ..Default::default()
                },
                FieldTable::default(),
            )
            .await
            .context("cannot declare the exchange")?;
        Ok(channel)
    }

    /// A new channel with publisher confirms.
    pub async fn publisher(&self) -> anyhow::Result<Publisher> {
        let channel = self.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Publisher {
            channel,
            exchange: self.exchange(),
            source: format!("/{}", self.name),
        })
    }

    /// Declares a consumer's queue, its dead-letter queue and the delay queues, and binds the types.
    pub(super) async fn declare_queue(&self, channel: &Channel, name: &str, types: &[&str]) -> anyhow::Result<()> {
        let text = |value: String| AMQPValue::LongString(LongString::from(value));
        declare(channel, &self.dead_queue(name), &[]).await?;
        declare(
            channel,
            &self.queue(name),
            &[
                ("x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT.into())),
                ("x-dead-letter-exchange", text(String::new())),
                ("x-dead-letter-routing-key", text(self.dead_queue(name))),
            ],
        )
        .await?;
        for r#type in types {
            channel
                .queue_bind(
                    self.queue(name).into(),
                    self.exchange().into(),
                    (*r#type).into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await
                .with_context(|| format!("cannot bind {name} to {type}"))?;
        }
        // One queue per delay serves all consumers. A message is published to it with its own queue's name as routing key; when its
        // time to live ends, the broker dead-letters it to the default exchange, which routes by that name.
        for delay in self.retry_delays.iter() {
            let time_to_live = i64::try_from(delay.as_millis()).context("a retry delay is too long")?;
            let delay = self.delay_exchange(*delay);
            channel
                .exchange_declare(
                    delay.as_str().into(),
                    ExchangeKind::Fanout,
                    ExchangeDeclareOptions {
                        durable: true,
                        ..Default::default()
                    },
                    FieldTable::default(),
                )
                .await?;
            declare(
                channel,
                &delay,
                &[
                    ("x-message-ttl", AMQPValue::LongLongInt(time_to_live)),
                    ("x-dead-letter-exchange", text(String::new())),
                ],
            )
            .await?;
            channel
                .queue_bind(
                    delay.as_str().into(),
                    delay.as_str().into(),
                    "".into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await?;
        }
        Ok(())
    }
}

/// A durable quorum queue.
async fn declare(channel: &Channel, queue: &str, arguments: &[(&str, AMQPValue)]) -> anyhow::Result<()> {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    for (key, value) in arguments {
        table.insert((*key).into(), value.clone());
    }
    channel
        .queue_declare(
            queue.into(),
            QueueDeclareOptions {
                durable: true,
                ..Default::default()
            },
            table,
        )
        .await
        .with_context(|| format!("cannot declare queue {queue}"))?;
    Ok(())
}

/// Publishes with confirms and `mandatory`: the broker confirms a message that it cannot route too, but returns it first.
pub struct Publisher {
    channel: Channel,
    exchange: String,
    source: String,
}

/// The broker's answer to a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishOutcome {
    /// At least one queue has stored it.
    Confirmed,
    /// No queue is bound to its type; it is not stored.
    Returned,
    /// The broker could not store it.
    Refused,
}

impl Publisher {
    /// Sends the event. The broker's answer is read by [`Publisher::confirm`], so that many events can be under way.
    pub async fn publish(&self, event: &Event) -> lapin::Result<PublisherConfirm> {
        self.channel
            .basic_publish(
                self.exchange.as_str().into(),
                event.r#type.as_str().into(),
                BasicPublishOptions {
                    mandatory: true,
                    ..Default::default()
                },
                &event.body,
                event.properties(&self.source),
            )
            .await
    }

    pub async fn confirm(confirm: PublisherConfirm) -> lapin::Result<PublishOutcome> {
        Ok(match confirm.await? {
            Confirmation::Ack(None) => PublishOutcome::Confirmed,
            Confirmation::Ack(Some(_)) => PublishOutcome::Returned,
            Confirmation::Nack(_) | Confirmation::NotRequested => PublishOutcome::Refused,
        })
    }
}
