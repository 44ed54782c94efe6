//! A message that kills its consumer: the consumer is a process of its own, this test binary started once more.

use std::{os::unix::process::ExitStatusExt as _, process::Stdio};

use chassis::{config::Secret, shutdown::Stop};
use messaging::events::{Broker, BrokerConfig, list_dead_letters, redrive_dead_letters};
use testing::eventually;
use tokio::process::{Child, Command};

use crate::events::{SINK, World};

/// How often the broker delivers a message: `x-delivery-limit` counts the deliveries after the first.
const DELIVERIES: usize = 6;

#[tokio::test]
#[ignore = "the process that other tests start"]
#[expect(
    clippy::disallowed_methods,
    reason = "its settings come from the test that starts it, and dying is what it is for"
)]
async fn dying_consumer() {
    let setting = |name| std::env::var(name).unwrap();
    let config = BrokerConfig {
        amqp_url: Secret::new(setting("AMQP_URL")),
        amqp_prefix: setting("AMQP_PREFIX"),
    };
    let dies = async |_| std::process::abort();
    SINK.run(Broker::new(&config, "dying"), Stop::new(), dies)
        .await
        .unwrap();
}

fn start_dying_consumer(world: &World) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["crash::dying_consumer", "--exact", "--ignored"])
        .env("AMQP_URL", world.broker.amqp_url.expose())
        .env("AMQP_PREFIX", &world.broker.amqp_prefix)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    command.spawn().unwrap()
}

#[tokio::test]
async fn a_message_that_kills_its_consumers_becomes_a_dead_letter_and_is_not_lost() {
    let world = World::new().await;
    let nudge = world.relay();
    world.happen(1).await;
    nudge.nudge();

    let broker = world.broker();
    // The consumer is started again after each death, as the supervisor does, until one survives.
    let mut deaths = 0;
    let letters = loop {
        let mut consumer = start_dying_consumer(&world);
        let letters = tokio::select! {
            status = consumer.wait() => {
                const SIGABRT: i32 = 6;
                assert_eq!(status.unwrap().signal(), Some(SIGABRT), "it died of the message");
                deaths += 1;
                assert!(deaths <= DELIVERIES, "the broker goes on delivering it");
                continue;
            }
            letters = dead_letters(&broker) => letters,
        };
        break letters;
    };
    assert_eq!(deaths, DELIVERIES);
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (letters[0].r#type.as_str(), letters[0].aggregate_id.as_str()),
        ("thing.happened", "thing-0")
    );
    assert_eq!(
        letters[0].reason,
        "its consumers lost their connection 6 times before they answered"
    );

    // A mended consumer gets it.
    let seen = world.sink(|_| messaging::events::Outcome::Done);
    assert_eq!(redrive_dead_letters(&broker, SINK.queue).await.unwrap(), 1);
    eventually("it is handled", async || seen.lock().unwrap().len() == 1).await;
    assert_eq!(seen.lock().unwrap()[0].1, "thing-0");
    world.stop.stop();
}

/// Waits for dead letters.
async fn dead_letters(broker: &Broker) -> Vec<messaging::events::DeadLetter> {
    loop {
        // The queue exists once a consumer has declared it.
        if let Ok(letters) = list_dead_letters(broker, SINK.queue, 10).await
            && !letters.is_empty()
        {
            return letters;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
