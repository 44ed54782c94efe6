//! Dead letters: an operator lists them, and redrives them to their queue once the cause is mended.

use anyhow::Context as _;
use futures::future::BoxFuture;
use lapin::{
    Channel,
    message::BasicGetMessage,
    options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, ConfirmSelectOptions},
};

use super::{
    Broker,
    broker::DELIVERY_LIMIT,
    consumer::{ATTEMPT, REASON, republish},
    header,
};
use crate::events::BrokerConfig;

/// Dead letters listed at a time.
const MAX_SHOWN: usize = 1000;

/// The subcommand `dead-letters` of every service that consumes.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum DeadLetters {
    /// Count the dead letters of each queue of the service.
    List {
        #[command(flatten)]
        broker: BrokerConfig,
    },
    /// Show the dead letters of a queue, and why each became one.
    Show {
        /// Name of the queue, such as `orders.statistics`.
        queue: String,
        #[command(flatten)]
        broker: BrokerConfig,
    },
    /// Send all dead letters of a queue back to it.
    Redrive {
        /// Name of the queue, such as `orders.statistics`.
        queue: String,
        #[command(flatten)]
        broker: BrokerConfig,
    },
}

impl DeadLetters {
    /// Runs the subcommand of a service that consumes these queues; `read` prints the body of a type that it knows.
    pub fn run<'a>(
        self,
        service: &'a str,
        queues: &'a [&'a str],
        read: fn(&DeadLetter) -> Option<String>,
    ) -> BoxFuture<'a, anyhow::Result<()>> {
        // Boxed, so that each service does not compile it again.
        Box::pin(self.run_command(service, queues, read))
    }

    async fn run_command(
        self,
        service: &str,
        queues: &[&str],
        read: fn(&DeadLetter) -> Option<String>,
    ) -> anyhow::Result<()> {
        let ours = |queue: &str| {
            let known = queues.join(", ");
            anyhow::ensure!(queues.contains(&queue), "{service} consumes {known}, not {queue}");
            Ok(())
        };
        let name = format!("{service}-operator");
        match self {
            Self::List { broker } => {
                let broker = Broker::new(&broker, &name);
                for queue in queues {
                    let letters = list_dead_letters(&broker, queue, MAX_SHOWN).await?;
                    let more = if letters.len() == MAX_SHOWN { " or more" } else { "" };
                    println!("{queue}: {}{more}", letters.len());
                }
            }
            Self::Show { queue, broker } => {
                ours(&queue)?;
                for letter in list_dead_letters(&Broker::new(&broker, &name), &queue, MAX_SHOWN).await? {
                    println!("{} {} {}", letter.id, letter.r#type, letter.aggregate_id);
                    println!("  reason, after {} retries: {}", letter.retries, letter.reason);
                    let body = read(&letter).unwrap_or_else(|| format!("{} bytes, unreadable", letter.body.len()));
                    println!("  body: {body}");
                }
            }
            Self::Redrive { queue, broker } => {
                ours(&queue)?;
                let redriven = redrive_dead_letters(&Broker::new(&broker, &name), &queue).await?;
                println!("{redriven} messages went back to {queue}");
            }
        }
        Ok(())
    }
}

/// A dead letter as an operator sees it.
#[derive(Debug)]
pub struct DeadLetter {
    pub id: String,
    pub r#type: String,
    pub aggregate_id: String,
    /// Why its consumer gave up.
    pub reason: String,
    /// How often it was tried again, with a delay before each, until then.
    pub retries: u32,
    pub body: Vec<u8>,
}

/// Reads up to `most` dead letters of a queue without removing them.
pub async fn list_dead_letters(broker: &Broker, queue: &str, most: usize) -> anyhow::Result<Vec<DeadLetter>> {
    let channel = broker.channel().await?;
    let mut letters = Vec::new();
    while letters.len() < most
        && let Some(BasicGetMessage { delivery: message, .. }) = get(&channel, &broker.dead_queue(queue)).await?
    {
        let text = |key: &str| header(&message.properties, key).unwrap_or_default();
        letters.push(DeadLetter {
            id: text("cloudEvents_id"),
            r#type: text("cloudEvents_type"),
            aggregate_id: text("cloudEvents_subject"),
            reason: match text(REASON) {
                // Not moved here by a consumer, but by the broker.
                reason if reason.is_empty() => {
                    format!(
                        "its consumers lost their connection {} times before they answered",
                        DELIVERY_LIMIT + 1
                    )
                }
                reason => reason,
            },
            retries: text(ATTEMPT).parse().unwrap_or(0),
            body: message.data.clone(),
        });
    }
    // Closing without an acknowledgement gives all of them back.
    channel.close(200, "listed".into()).await?;
    Ok(letters)
}

/// Sends every dead letter of a queue back to it, with no retries counted, and returns how many.
pub async fn redrive_dead_letters(broker: &Broker, queue: &str) -> anyhow::Result<usize> {
    let channel = broker.channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    // One whose cause is not mended can return while this loop runs, so only those that were there at the beginning are sent.
    let (mut redriven, mut there) = (0, 1);
    while redriven < there
        && let Some(BasicGetMessage {
            delivery: message,
            message_count: behind,
        }) = get(&channel, &broker.dead_queue(queue)).await?
    {
        if redriven == 0 {
            there = 1 + behind as usize;
        }
        let mut headers = message.properties.headers().clone().unwrap_or_default();
        headers = headers
            .inner()
            .iter()
            .filter(|(key, _)| ![ATTEMPT, REASON, "x-death", "x-delivery-count"].contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect::<std::collections::BTreeMap<_, _>>()
            .into();
        let properties = message.properties.clone().with_headers(headers);
        let sent = republish(&channel, "", &broker.queue(queue), &message.data, properties).await;
        if let Err(error) = sent {
            message
                .nack(BasicNackOptions {
                    requeue: true,
                    ..Default::default()
                })
                .await?;
            return Err(error.context(format!("{redriven} were redriven before this one failed")));
        }
        message.ack(BasicAckOptions::default()).await?;
        redriven += 1;
    }
    Ok(redriven)
}

async fn get(channel: &Channel, queue: &str) -> anyhow::Result<Option<BasicGetMessage>> {
    channel
        .basic_get(queue.into(), BasicGetOptions::default())
        .await
        .with_context(|| format!("cannot read {queue}"))
}
