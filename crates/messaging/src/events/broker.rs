//! The connection to RabbitMQ and the topology on it. Everything is declared by whoever uses it, so an emptied broker
//! comes back whole. Our own reconnect: the client's automatic recovery was slower and could hang a publish.

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

/// Delays before another try of a failed message, in seconds. After the last one it is dead.
pub(super) const DELAYS: [u32; 4] = [1, 5, 30, 120];
/// How often the broker itself hands out a message that its consumers die of.
const DELIVERY_LIMIT: i64 = 5;

/// Shared by everything in a process that publishes or consumes; connects when first used and again after a loss.
#[derive(Clone)]
pub struct Broker {
    config: Arc<BrokerConfig>,
    name: String,
    connection: Arc<Mutex<Option<Arc<Connection>>>>,
}

impl Broker {
    /// `name` tells the connections apart in the broker's own listings, and is the source of what is published.
    pub fn new(config: &BrokerConfig, name: &str) -> Self {
        Self {
            config: Arc::new(config.clone()),
            name: name.to_owned(),
            connection: Arc::default(),
        }
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

    pub(super) fn delay_exchange(&self, seconds: u32) -> String {
        format!("{}.retry.{seconds}s", self.config.amqp_prefix)
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

    /// A channel of one's own, with the exchange declared.
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

    /// A channel on which every publish is confirmed.
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
                ("x-delivery-limit", AMQPValue::LongLongInt(DELIVERY_LIMIT)),
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
        // One delay queue per delay serves all consumers: a message is published to it under its own queue's name, and when its
        // time is up the broker hands it to the default exchange, which delivers by that name.
        for seconds in DELAYS {
            let delay = self.delay_exchange(seconds);
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
                    ("x-message-ttl", AMQPValue::LongLongInt(i64::from(seconds) * 1000)),
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

/// Publishes with confirms and `mandatory`: the broker confirms even what it cannot route, and hands that back.
pub struct Publisher {
    channel: Channel,
    exchange: String,
    source: String,
}

/// What the broker made of a publish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    /// At least one queue has it.
    Confirmed,
    /// No queue is bound to its type (yet); it went nowhere.
    Returned,
    /// The broker could not store it.
    Refused,
}

impl Publisher {
    /// Hands the event to the broker; the answer comes through [`Publisher::confirm`], so that many can be in flight.
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

    pub async fn confirm(confirm: PublisherConfirm) -> lapin::Result<Published> {
        Ok(match confirm.await? {
            Confirmation::Ack(None) => Published::Confirmed,
            Confirmation::Ack(Some(_)) => Published::Returned,
            Confirmation::Nack(_) | Confirmation::NotRequested => Published::Refused,
        })
    }
}
