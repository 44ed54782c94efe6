//! Outbox, relay, consumer, retries and dead letters against a real database and broker.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use chassis::shutdown::Stop;
use messaging::{
    events::{Broker, BrokerConfig, Consumer, Event, Outcome, list_dead_letters, redrive_dead_letters},
    inbox,
    outbox::{self, Nudge, Relay},
    postgres,
};
use sqlx::PgPool;
use testing::{Stores, eventually};
use uuid::Uuid;

pub(crate) const SINK: Consumer = Consumer {
    queue: "test.sink",
    types: &["thing.happened"],
    batch: 100,
    linger: Duration::ZERO,
};

pub(crate) struct World {
    pool: PgPool,
    pub(crate) broker: BrokerConfig,
    pub(crate) stop: Stop,
}

pub(crate) type Seen = Arc<Mutex<Vec<(Uuid, String)>>>;

impl World {
    pub(crate) async fn new() -> Self {
        let stores = Stores::shared();
        let pool = postgres::pool(&stores.database("messaging").await, 6).unwrap();
        sqlx::raw_sql(include_str!("../schema.sql"))
            .execute(&pool)
            .await
            .unwrap();
        Self {
            pool,
            broker: stores.broker(),
            stop: Stop::new(),
        }
    }

    pub(crate) fn broker(&self) -> Broker {
        Broker::new(&self.broker, "test")
    }

    pub(crate) fn relay(&self) -> Nudge {
        let nudge = Nudge::default();
        let relay = Relay::new(self.pool.clone(), self.broker(), nudge.clone());
        tokio::spawn(relay.run(self.stop.clone()));
        nudge
    }

    pub(crate) async fn happen(&self, things: usize) {
        self.publish("thing.happened", things).await;
    }

    /// Commits events of the aggregates `thing-0`, `thing-1`, … to the outbox.
    async fn publish(&self, r#type: &str, things: usize) {
        let mut tx = self.pool.begin().await.unwrap();
        for thing in 0..things {
            let event = Event::new(r#type, format!("thing-{thing}"), 1, &());
            outbox::push(&mut tx, &event).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// Consumes, and answers each message by `answer`.
    pub(crate) fn sink(&self, answer: impl Fn(&str) -> Outcome + Send + Sync + 'static) -> Seen {
        self.sink_by(self.broker(), answer)
    }

    fn sink_by(&self, broker: Broker, answer: impl Fn(&str) -> Outcome + Send + Sync + 'static) -> Seen {
        let seen = Seen::default();
        let notes = seen.clone();
        let stop = self.stop.clone();
        tokio::spawn(async move {
            SINK.run(broker, stop, |batch| {
                let mut notes = notes.lock().unwrap();
                let outcomes = batch.iter().map(|delivery| {
                    notes.push((delivery.id, delivery.aggregate_id.clone()));
                    answer(&delivery.aggregate_id)
                });
                std::future::ready(outcomes.collect())
            })
            .await
        });
        seen
    }

    async fn outbox_depth(&self) -> i64 {
        self.count("select (select count(*) from outbox) + (select count(*) from outbox_unrouted)")
            .await
    }

    async fn count(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }
}

#[tokio::test]
async fn committed_events_arrive_and_leave_the_outbox() {
    let world = World::new().await;
    let seen = world.sink(|_| Outcome::Done);
    let nudge = world.relay();
    world.happen(700).await;
    nudge.nudge();
    eventually("all arrived", async || seen.lock().unwrap().len() >= 700).await;
    eventually("the outbox is empty", async || world.outbox_depth().await == 0).await;
    world.stop.stop();
}

#[tokio::test]
async fn an_event_without_a_queue_waits_until_one_is_bound() {
    let world = World::new().await;
    let nudge = world.relay();
    world.happen(1).await;
    nudge.nudge();
    // The broker confirms a message that it cannot route, too: give the relay the time to delete it by mistake.
    tokio::time::timeout(
        Duration::from_secs(2),
        eventually("lost", async || world.outbox_depth().await == 0),
    )
    .await
    .expect_err("the event must not be lost");
    // Further events of the type must not stay in the outbox, where the relay would read them again and again.
    world.happen(500).await;
    nudge.nudge();
    let in_the_way = async || world.count("select count(*) from outbox").await;
    eventually("they leave the outbox", async || in_the_way().await == 0).await;
    assert_eq!(world.outbox_depth().await, 501);
    let seen = world.sink(|_| Outcome::Done);
    eventually("they arrived", async || seen.lock().unwrap().len() >= 501).await;
    eventually("the outbox is empty", async || world.outbox_depth().await == 0).await;
    world.stop.stop();
}

#[tokio::test]
async fn two_relays_of_one_database_take_turns_and_a_second_takes_over() {
    let world = World::new().await;
    let seen = world.sink(|_| Outcome::Done);
    let first = Stop::new();
    let nudge = Nudge::default();
    let relay = Relay::new(world.pool.clone(), world.broker(), nudge.clone());
    let first_relay = tokio::spawn(relay.run(first.clone()));
    let other = world.relay();
    world.happen(300).await;
    nudge.nudge();
    other.nudge();
    eventually("all arrived", async || world.outbox_depth().await == 0).await;
    first.stop();
    first_relay.await.unwrap().unwrap();
    world.happen(300).await;
    other.nudge();
    eventually("the other one relays", async || world.outbox_depth().await == 0).await;
    eventually("all arrived", async || seen.lock().unwrap().len() >= 600).await;
    // No relay was killed, so duplicates would mean that two relays ran at once.
    assert_eq!(seen.lock().unwrap().len(), 600);
    world.stop.stop();
}

#[tokio::test]
async fn a_message_that_fails_once_is_tried_again_later_and_the_others_do_not_wait() {
    let world = World::new().await;
    let tries = Arc::new(Mutex::new(0));
    let count = tries.clone();
    let seen = world.sink(move |thing| {
        let mut tries = count.lock().unwrap();
        if thing == "thing-1" && *tries == 0 {
            *tries += 1;
            return Outcome::Retry(anyhow::anyhow!("not now"));
        }
        Outcome::Done
    });
    world.relay();
    world.happen(3).await;
    let count = |thing: &str| seen.lock().unwrap().iter().filter(|(_, id)| id == thing).count();
    eventually("it came again", async || count("thing-1") == 2).await;
    assert_eq!((count("thing-0"), count("thing-2")), (1, 1));
    world.stop.stop();
}

#[tokio::test]
async fn while_the_database_is_away_a_message_waits_and_is_not_counted_as_failed() {
    an_outage_does_not_count(|| Outcome::Retry(sqlx::Error::PoolTimedOut.into())).await;
}

#[tokio::test]
async fn while_a_service_is_away_a_message_waits_and_is_not_counted_as_failed() {
    an_outage_does_not_count(|| Outcome::Retry(tonic::Status::unavailable("away").into())).await;
}

#[tokio::test]
async fn while_a_consumer_says_that_its_store_is_away_a_message_waits_and_is_not_counted_as_failed() {
    an_outage_does_not_count(|| Outcome::Outage(anyhow::anyhow!("the cache is away"))).await;
}

async fn an_outage_does_not_count(outage: fn() -> Outcome) {
    let world = World::new().await;
    let away = Arc::new(AtomicBool::new(true));
    let tries = Arc::new(AtomicUsize::new(0));
    let seen = world.sink({
        let (away, tries) = (away.clone(), tries.clone());
        move |_| {
            tries.fetch_add(1, Ordering::SeqCst);
            if away.load(Ordering::SeqCst) {
                outage()
            } else {
                Outcome::Done
            }
        }
    });
    let nudge = world.relay();
    world.happen(1).await;
    nudge.nudge();
    // Once more than a message that fails is tried before it becomes a dead letter.
    eventually("it was tried again and again", async || {
        tries.load(Ordering::SeqCst) >= 6
    })
    .await;
    assert!(
        list_dead_letters(&world.broker(), SINK.queue, 10)
            .await
            .unwrap()
            .is_empty()
    );
    seen.lock().unwrap().clear();
    away.store(false, Ordering::SeqCst);
    eventually("it was taken", async || !seen.lock().unwrap().is_empty()).await;
    assert!(
        list_dead_letters(&world.broker(), SINK.queue, 10)
            .await
            .unwrap()
            .is_empty()
    );
    world.stop.stop();
}

#[tokio::test]
async fn a_message_that_always_fails_goes_through_every_delay_and_becomes_a_dead_letter() {
    let delays = [100, 400, 200, 300].map(Duration::from_millis);
    let world = World::new().await;
    let broker = world.broker().with_retry_delays(&delays);
    let tries = Arc::new(Mutex::new(Vec::new()));
    let seen = world.sink_by(broker.clone(), {
        let tries = tries.clone();
        move |thing| {
            if thing != "thing-1" {
                return Outcome::Done;
            }
            let mut tries = tries.lock().unwrap();
            tries.push(Instant::now());
            Outcome::Retry(anyhow::anyhow!("failure {}", tries.len()))
        }
    });
    world.relay().nudge();
    world.happen(3).await;
    let dead = async || list_dead_letters(&broker, SINK.queue, 10).await.unwrap();
    eventually("it is dead", async || {
        // The consumer declares the queue.
        list_dead_letters(&broker, SINK.queue, 10)
            .await
            .is_ok_and(|letters| letters.len() == 1)
    })
    .await;

    let tried = std::mem::take(&mut *tries.lock().unwrap());
    assert_eq!(tried.len(), 5);
    for (pause, delay) in tried.windows(2).map(|pair| pair[1] - pair[0]).zip(delays) {
        assert!(
            (delay..delay + Duration::from_secs(3)).contains(&pause),
            "tried again after {pause:?} instead of {delay:?}"
        );
    }
    let letter = dead().await.remove(0);
    assert_eq!(
        (letter.aggregate_id.as_str(), letter.retries, letter.reason.as_str()),
        ("thing-1", 4, "failure 5")
    );
    let times = |thing: &str| seen.lock().unwrap().iter().filter(|(_, id)| id == thing).count();
    assert_eq!([times("thing-0"), times("thing-2")], [1, 1]);

    // Sent back, it has all of its tries again.
    assert_eq!(redrive_dead_letters(&broker, SINK.queue).await.unwrap(), 1);
    eventually("it is dead once more", async || dead().await.len() == 1).await;
    assert_eq!(tries.lock().unwrap().len(), 5);
    assert_eq!(dead().await[0].retries, 4);
    world.stop.stop();
}

#[tokio::test]
async fn events_without_a_queue_are_kept_up_to_a_limit_and_the_oldest_go_first() {
    let world = World::new().await;
    let telemetry = Stores::shared().service_config("test", &[]).telemetry;
    let _telemetry = chassis::telemetry::init("messaging", &telemetry).unwrap();
    world.publish("other.happened", 30).await;
    world.happen(250).await;
    let relay = Relay::new(world.pool.clone(), world.broker(), Nudge::default()).with_unrouted_limit(100);
    let stop = world.stop.child();
    let relaying = tokio::spawn(relay.run(stop.clone()));
    eventually("30 and 100 are left", async || world.outbox_depth().await == 130).await;
    let left: Vec<(String, i64)> = sqlx::query_as(
        "select type || min(substr(aggregate_id, 7)::int), count(*) from outbox_unrouted group by type order by type",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let expected = [
        ("other.happened0".to_owned(), 30),
        ("thing.happened150".to_owned(), 100),
    ];
    assert_eq!(left, expected);
    let metric = |name: &str, r#type: &str| {
        let text = chassis::telemetry::render_metrics();
        let start = format!("{name}{{type=\"{type}\"}} ");
        let value = text.lines().find_map(|line| line.strip_prefix(&start))?;
        Some(value.parse::<f64>().unwrap())
    };
    eventually("the gauge shows it", async || {
        metric("outbox_unrouted", "thing.happened") == Some(100.0)
            && metric("outbox_unrouted", "other.happened") == Some(30.0)
    })
    .await;
    assert_eq!(metric("outbox_unrouted_dropped_total", "thing.happened"), Some(150.0));
    assert_eq!(metric("outbox_unrouted_dropped_total", "other.happened"), None);

    // The limit holds for what an earlier relay left, too.
    stop.stop();
    relaying.await.unwrap().unwrap();
    assert_eq!(
        metric("outbox_unrouted", "thing.happened"),
        Some(0.0),
        "this process no longer relays"
    );
    let relay = Relay::new(world.pool.clone(), world.broker(), Nudge::default()).with_unrouted_limit(40);
    tokio::spawn(relay.run(world.stop.clone()));
    eventually("30 and 40 are left", async || world.outbox_depth().await == 70).await;

    let seen = world.sink(|_| Outcome::Done);
    eventually("they arrive at their first consumer", async || {
        seen.lock().unwrap().len() == 40
    })
    .await;
    eventually("the gauge shows it", async || {
        metric("outbox_unrouted", "thing.happened") == Some(0.0)
    })
    .await;
    world.stop.stop();
}

#[tokio::test]
async fn a_rejected_message_is_a_dead_letter_with_its_reason_until_it_is_redriven() {
    let world = World::new().await;
    let mended = Arc::new(Mutex::new(false));
    let good = mended.clone();
    let seen = world.sink(move |_| match *good.lock().unwrap() {
        true => Outcome::Done,
        false => Outcome::Reject(anyhow::anyhow!("cannot be understood")),
    });
    world.relay();
    world.happen(1).await;
    eventually("it was seen", async || seen.lock().unwrap().len() == 1).await;
    let broker = world.broker();
    eventually("it is dead", async || {
        list_dead_letters(&broker, SINK.queue, 10).await.unwrap().len() == 1
    })
    .await;
    let letters = list_dead_letters(&broker, SINK.queue, 10).await.unwrap();
    assert_eq!(letters[0].reason, "cannot be understood");
    assert_eq!(letters[0].r#type, "thing.happened");

    *mended.lock().unwrap() = true;
    assert_eq!(redrive_dead_letters(&broker, SINK.queue).await.unwrap(), 1);
    eventually("it came again", async || seen.lock().unwrap().len() == 2).await;
    assert!(list_dead_letters(&broker, SINK.queue, 10).await.unwrap().is_empty());
    world.stop.stop();
}

#[tokio::test]
async fn the_inbox_returns_the_ids_that_a_consumer_has_not_applied() {
    let world = World::new().await;
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = world.pool.begin().await.unwrap();
    assert!(inbox::first_time(&mut tx, "a", one).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = world.pool.begin().await.unwrap();
    let fresh = inbox::first_times(&mut tx, "a", &[one, two, two]).await.unwrap();
    assert_eq!(fresh.into_iter().collect::<Vec<_>>(), [two]);
    tx.rollback().await.unwrap();
    let mut connection = world.pool.acquire().await.unwrap();
    assert!(
        inbox::first_time(&mut connection, "a", two).await.unwrap(),
        "its transaction was rolled back"
    );
    assert!(
        inbox::first_time(&mut connection, "b", one).await.unwrap(),
        "another consumer applied it"
    );
}
