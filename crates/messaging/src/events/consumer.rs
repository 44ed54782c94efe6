//! The consumer loop. A consumer is a function of a batch that answers for each message: done, outage, retry, or reject.
//!
//! Connect, declare and consume are one function, run again after any loss of the connection. While all of a batch fails because
//! of an outage, the loop holds the batch and tries again; a message that fails on its own is published to one delay queue after the other and,
//! after the last, becomes a dead letter. A message whose consumers lose their connection before they answer becomes a dead letter
//! by the broker's delivery limit; messages that were fetched together with it count as delivered too and may go the same way.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture};
use lapin::{
    BasicProperties, Channel,
    message::Delivery as Message,
    options::{BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable, LongString},
};
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Broker, header};
use chassis::{shutdown::Stop, telemetry};

pub(super) const ATTEMPT: &str = "matcha-attempt";
pub(super) const REASON: &str = "matcha-reason";

/// A queue and the event types bound to it. Instances that consume the same queue share its messages.
#[derive(Clone, Copy, Debug)]
pub struct Consumer {
    /// `<service>.<purpose>`.
    pub queue: &'static str,
    pub types: &'static [&'static str],
    /// Most messages of a batch.
    pub batch: usize,
    /// How long the first message of a batch waits for others. A few milliseconds turn many small transactions into few; zero if
    /// a person waits for the effect.
    pub linger: Duration,
}

/// A received event.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: Uuid,
    pub r#type: String,
    pub aggregate_id: String,
    pub version: i64,
    pub body: Bytes,
}

impl Delivery {
    /// Decodes the body; a failure rejects the message.
    pub fn decode<M: prost::Message + Default>(&self) -> Result<M, Failure> {
        M::decode(self.body.clone())
            .map_err(|error| Failure::Reject(anyhow!(error).context(format!("a broken {}", self.r#type))))
    }
}

/// Why a message was not handled.
#[derive(Debug)]
pub enum Failure {
    /// A store that cannot be reached; the message is not the cause. An `sqlx::Error` or `tonic::Status` that says so may also be
    /// given as `Retry`.
    Outage(anyhow::Error),
    /// Another try may succeed.
    Retry(anyhow::Error),
    /// No try can succeed.
    Reject(anyhow::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Retry(error.into())
    }
}

/// What the consumer answers for a message.
#[derive(Debug)]
pub enum Outcome {
    Done,
    /// See [`Failure::Outage`]. While all of a batch answer this, it waits and is handled again without counting as failed.
    Outage(anyhow::Error),
    Retry(anyhow::Error),
    Reject(anyhow::Error),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Outage(error) => Self::Outage(error),
            Failure::Retry(error) => Self::Retry(error),
            Failure::Reject(error) => Self::Reject(error),
        }
    }
}

impl<T> From<Result<T, Failure>> for Outcome {
    fn from(result: Result<T, Failure>) -> Self {
        result.map_or_else(Into::into, |_| Self::Done)
    }
}

type Handle<'a> = dyn Fn(Vec<Delivery>) -> BoxFuture<'a, Vec<Outcome>> + Send + Sync + 'a;

impl Consumer {
    /// Consumes until the stop. `handle` must return one outcome for each delivery, in order, and may get any delivery again.
    pub async fn run<'a, H, F>(self, broker: Broker, stop: Stop, handle: H) -> anyhow::Result<()>
    where
        H: Fn(Vec<Delivery>) -> F + Send + Sync + 'a,
        F: Future<Output = Vec<Outcome>> + Send + 'a,
    {
        let handle: Box<Handle<'a>> = Box::new(move |deliveries| Box::pin(handle(deliveries)));
        self.run_boxed(broker, stop, handle).await
    }

    /// Not generic, and boxed: the loop is compiled once, and not for each handler and each program.
    fn run_boxed<'a>(self, broker: Broker, stop: Stop, handle: Box<Handle<'a>>) -> BoxFuture<'a, anyhow::Result<()>> {
        Box::pin(async move { self.consume_until(&broker, &stop, &*handle).await })
    }

    async fn consume_until(self, broker: &Broker, stop: &Stop, handle: &Handle<'_>) -> anyhow::Result<()> {
        let mut pause = Duration::from_millis(100);
        while !stop.is_stopped() {
            let began = tokio::time::Instant::now();
            match self.consume(broker, stop, handle).await {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(queue = self.queue, error = %format!("{error:#}"), "lost the broker");
                    metrics::counter!("consumer_reconnects_total", "queue" => self.queue).increment(1);
                }
            }
            if began.elapsed() > Duration::from_secs(10) {
                pause = Duration::from_millis(100);
            }
            stop.until(tokio::time::sleep(pause)).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
        Ok(())
    }

    async fn consume(&self, broker: &Broker, stop: &Stop, handle: &Handle<'_>) -> anyhow::Result<()> {
        let channel = broker.channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        broker.declare_queue(&channel, self.queue, self.types).await?;
        let prefetch = u16::try_from(self.batch * 2).unwrap_or(u16::MAX);
        channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
        let mut messages = channel
            .basic_consume(
                broker.queue(self.queue).into(),
                "".into(),
                BasicConsumeOptions::default(),
                FieldTable::default(),
            )
            .await
            .context("cannot consume")?;
        tracing::info!(queue = self.queue, "consuming");

        while let Some(first) = stop.until(messages.next()).await {
            let mut batch = vec![first.context("the stream of messages ended")??];
            let until = tokio::time::Instant::now() + self.linger;
            while batch.len() < self.batch
                && let Some(Some(next)) = next_before(until, &mut messages).await
            {
                batch.push(next?);
            }
            self.take(broker, &channel, stop, handle, batch).await?;
        }
        // The broker requeues what was fetched and not acknowledged.
        let _ = channel.close(200, "bye".into()).await;
        Ok(())
    }

    /// Handles a batch and settles each of its messages.
    async fn take(
        &self,
        broker: &Broker,
        channel: &Channel,
        stop: &Stop,
        handle: &Handle<'_>,
        messages: Vec<Message>,
    ) -> anyhow::Result<()> {
        let mut readable = Vec::with_capacity(messages.len());
        for message in messages {
            match read(&message) {
                Ok(delivery) => readable.push((message, delivery)),
                Err(error) => self.dead_letter(broker, channel, &message, &error).await?,
            }
        }
        if readable.is_empty() {
            return Ok(());
        }
        let outcomes = self.handle_through_outages(stop, handle, &readable).await;
        let Some(outcomes) = outcomes else {
            return Ok(());
        };
        anyhow::ensure!(outcomes.len() == readable.len(), "{} answered too few", self.queue);
        metrics::counter!("consumed_total", "queue" => self.queue).increment(outcomes.len() as u64);

        if outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done)) {
            // Earlier messages of the channel are acknowledged already, so one acknowledgement covers the batch.
            if let Some((last, _)) = readable.last() {
                last.ack(BasicAckOptions { multiple: true }).await?;
            }
            return Ok(());
        }
        for ((message, _), outcome) in readable.iter().zip(outcomes) {
            match outcome {
                Outcome::Done => {
                    message.ack(BasicAckOptions::default()).await?;
                }
                Outcome::Outage(error) | Outcome::Retry(error) => self.delay(broker, channel, message, &error).await?,
                Outcome::Reject(error) => self.dead_letter(broker, channel, message, &error).await?,
            }
        }
        Ok(())
    }

    /// Runs the handler, and runs it again while all of the batch fails because of an outage. `None`: stopped.
    async fn handle_through_outages(
        &self,
        stop: &Stop,
        handle: &Handle<'_>,
        readable: &[(Message, Delivery)],
    ) -> Option<Vec<Outcome>> {
        let mut pause = Duration::from_millis(100);
        loop {
            // One span per message, each a child of the trace that caused it.
            let spans: Vec<_> = readable
                .iter()
                .map(|(message, delivery)| {
                    let span = tracing::info_span!("consume", otel.kind = "consumer", queue = self.queue,
                    event.r#type = delivery.r#type, event.id = %delivery.id);
                    telemetry::continue_trace(&span, header(&message.properties, "traceparent").as_deref());
                    span
                })
                .collect();
            let deliveries = readable.iter().map(|(_, delivery)| delivery.clone()).collect();
            let outcomes = handle(deliveries).instrument(spans[0].clone()).await;
            drop(spans);
            let outages: Option<Vec<&anyhow::Error>> = outcomes.iter().map(outage).collect();
            let Some(&[error, ..]) = outages.as_deref() else {
                return Some(outcomes);
            };
            tracing::warn!(queue = self.queue, error = %format!("{error:#}"), "holding messages until the store is back");
            stop.until(tokio::time::sleep(pause)).await?;
            pause = (pause * 2).min(Duration::from_secs(3));
        }
    }

    /// Publishes the message to the queue of the next delay, or to the dead letters when it has been through all of them.
    async fn delay(
        &self,
        broker: &Broker,
        channel: &Channel,
        message: &Message,
        error: &anyhow::Error,
    ) -> anyhow::Result<()> {
        let attempt: usize = header(&message.properties, ATTEMPT)
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        let Some(delay) = broker.retry_delays().get(attempt) else {
            return self.dead_letter(broker, channel, message, error).await;
        };
        tracing::warn!(queue = self.queue, attempt, ?delay, error = %format!("{error:#}"), "will try again");
        metrics::counter!("consumer_retries_total", "queue" => self.queue).increment(1);
        let properties = noted(&message.properties, ATTEMPT, &(attempt + 1).to_string());
        let exchange = broker.delay_exchange(*delay);
        republish(channel, &exchange, &broker.queue(self.queue), &message.data, properties).await?;
        message.ack(BasicAckOptions::default()).await?;
        Ok(())
    }

    async fn dead_letter(
        &self,
        broker: &Broker,
        channel: &Channel,
        message: &Message,
        error: &anyhow::Error,
    ) -> anyhow::Result<()> {
        let reason = format!("{error:#}");
        tracing::error!(queue = self.queue, error = %reason, "dead letter");
        metrics::counter!("dead_letters_total", "queue" => self.queue).increment(1);
        let properties = noted(&message.properties, REASON, &reason);
        republish(channel, "", &broker.dead_queue(self.queue), &message.data, properties).await?;
        message.ack(BasicAckOptions::default()).await?;
        Ok(())
    }
}

/// The next message if it arrives in time.
async fn next_before<S: futures::Stream + Unpin>(
    until: tokio::time::Instant,
    messages: &mut S,
) -> Option<Option<S::Item>> {
    match messages.next().now_or_never() {
        Some(next) => Some(next),
        None => tokio::time::timeout_at(until, messages.next()).await.ok(),
    }
}

fn read(message: &Message) -> anyhow::Result<Delivery> {
    let text = |key: &str| header(&message.properties, key).with_context(|| format!("no {key}"));
    Ok(Delivery {
        id: text("cloudEvents_id")?.parse().context("the id is no UUID")?,
        r#type: text("cloudEvents_type")?,
        aggregate_id: text("cloudEvents_subject")?,
        version: text("cloudEvents_aggregateversion")?
            .parse()
            .context("the version is no number")?,
        body: Bytes::copy_from_slice(&message.data),
    })
}

/// The properties with one more header.
pub(super) fn noted(properties: &BasicProperties, key: &str, value: &str) -> BasicProperties {
    let mut headers = properties.headers().clone().unwrap_or_default();
    headers.insert(key.into(), AMQPValue::LongString(LongString::from(value)));
    properties.clone().with_headers(headers).with_delivery_mode(2)
}

/// Publishes and waits for the confirm, so that the original can be acknowledged without losing the message.
pub(super) async fn republish(
    channel: &Channel,
    exchange: &str,
    routing_key: &str,
    body: &[u8],
    properties: BasicProperties,
) -> anyhow::Result<()> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let confirm = channel
        .basic_publish(exchange.into(), routing_key.into(), options, body, properties)
        .await?
        .await?;
    match confirm {
        lapin::Confirmation::Ack(None) => Ok(()),
        other => Err(anyhow!("the broker did not take it: {other:?}")),
    }
}

/// The error of an outcome whose cause is a store that cannot be reached, not this message.
fn outage(outcome: &Outcome) -> Option<&anyhow::Error> {
    match outcome {
        Outcome::Outage(error) => Some(error),
        Outcome::Retry(error) if says_outage(error) => Some(error),
        _ => None,
    }
}

fn says_outage(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<sqlx::Error>()
            .is_some_and(|error| crate::postgres::database_kind(error) == chassis::error::Kind::Unavailable)
            || cause
                .downcast_ref::<tonic::Status>()
                .is_some_and(|status| matches!(status.code(), tonic::Code::Unavailable | tonic::Code::DeadlineExceeded))
    })
}
