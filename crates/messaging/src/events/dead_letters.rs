//! Dead letters: list what is there, and send it back to its queue once the cause is mended.

use anyhow::Context as _;
use lapin::{
    Channel,
    message::BasicGetMessage,
    options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, ConfirmSelectOptions},
};

use super::{
    Broker,
    consumer::{REASON, republish},
    header,
};
use crate::events::BrokerConfig;

/// More are there, but nobody reads so many.
const MOST_SHOWN: usize = 1000;

/// The subcommand `dead-letters` of every service that consumes.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum DeadLetters {
    /// How many there are in each of the service's queues.
    List {
        #[command(flatten)]
        broker: BrokerConfig,
    },
    /// Show what they are and why they died.
    Show {
        /// Such as `rating.statistics`.
        queue: String,
        #[command(flatten)]
        broker: BrokerConfig,
    },
    /// Send all of them back to their queue.
    Redrive {
        /// Such as `rating.statistics`.
        queue: String,
        #[command(flatten)]
        broker: BrokerConfig,
    },
}

impl DeadLetters {
    /// Does it for a service that consumes these queues; `read` prints the body of a type it knows.
    pub async fn run(
        self,
        service: &str,
        queues: &[&str],
        read: impl Fn(&DeadLetter) -> Option<String>,
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
                    let letters = list_dead_letters(&broker, queue, MOST_SHOWN).await?;
                    let more = if letters.len() == MOST_SHOWN { " or more" } else { "" };
                    println!("{queue}: {}{more}", letters.len());
                }
            }
            Self::Show { queue, broker } => {
                ours(&queue)?;
                for letter in list_dead_letters(&Broker::new(&broker, &name), &queue, MOST_SHOWN).await? {
                    println!("{} {} {}", letter.id, letter.r#type, letter.aggregate_id);
                    println!("  died of: {}", letter.reason);
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

/// What an operator sees of a dead letter.
#[derive(Debug)]
pub struct DeadLetter {
    pub id: String,
    pub r#type: String,
    pub aggregate_id: String,
    pub reason: String,
    pub body: Vec<u8>,
}

/// Reads up to `most` dead letters of a queue and leaves them there.
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
                reason if reason.is_empty() => "its consumers died of it".to_owned(),
                reason => reason,
            },
            body: message.data.clone(),
        });
    }
    // Closing without an acknowledgement gives all of them back.
    channel.close(200, "listed".into()).await?;
    Ok(letters)
}

/// Sends every dead letter that is there now back to its queue with a clean slate; answers how many.
pub async fn redrive_dead_letters(broker: &Broker, queue: &str) -> anyhow::Result<usize> {
    let channel = broker.channel().await?;
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    // One that is still broken comes straight back: without counting, this would turn in a circle.
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
            .filter(|(key, _)| !["matcha-attempt", REASON, "x-death", "x-delivery-count"].contains(&key.as_str()))
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
