//! The transactional outbox. A service inserts its events in the transaction that changes its data; the relay publishes
//! them, with confirms, and deletes what the broker has. Neither can be lost without the other.
//!
//! - One relay per database at a time, by an advisory lock; the others wait to take over.
//! - It is woken by a nudge after each commit (in process, or from another replica by NOTIFY), and polls besides.
//! - It never pages by `seq > last`: concurrent commits appear out of order, so it takes what is there.
//! - A message that no queue is bound for comes back (`mandatory`), stays, and its type is tried again later.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgListener};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{
    events::{Broker, Event, Published, Publisher},
    shutdown::Stop,
    telemetry,
};

/// Published at a time, all in flight together.
const BATCH: i64 = 500;
const POLL: Duration = Duration::from_millis(500);
/// Between two looks at the depth.
const MEASURE: Duration = Duration::from_secs(2);
/// How long a type that was returned rests before another try, doubled each time.
const FIRST_REST: Duration = Duration::from_secs(1);
const LONGEST_REST: Duration = Duration::from_secs(60);
/// Any fixed number; one relay per database holds it.
const LOCK: i64 = 0x6f75_7462_6f78;
const CHANNEL: &str = "outbox";

/// Notes an event in the caller's transaction.
pub async fn push(connection: &mut PgConnection, event: &Event) -> sqlx::Result<()> {
    push_all(connection, std::slice::from_ref(event)).await
}

/// Notes many events with one statement.
pub async fn push_all(connection: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Event) -> String| events.iter().map(of).collect::<Vec<_>>();
    sqlx::query(
        "insert into outbox (id, type, aggregate_id, version, body, traceparent)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[])",
    )
    .bind(events.iter().map(|event| event.id).collect::<Vec<_>>())
    .bind(column(|event| event.r#type.clone()))
    .bind(column(|event| event.aggregate_id.clone()))
    .bind(events.iter().map(|event| event.version).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.body.to_vec()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.traceparent.clone()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

/// Wakes the relay after a commit. Cheap: a writer only sets a flag.
///
/// NOTIFY inside the write's transaction would make commits queue for one lock (3.5 times fewer of them), so it is sent
/// after the commit, coalesced, and only when this process does not run the relay itself.
#[derive(Clone, Default)]
pub struct Nudge {
    relay: Arc<Notify>,
    others: Arc<Notify>,
    relaying: Arc<AtomicBool>,
}

impl Nudge {
    pub fn nudge(&self) {
        if self.relaying.load(Ordering::Relaxed) {
            self.relay.notify_one();
        } else {
            self.others.notify_one();
        }
    }
}

/// Publishes what is in the outbox. Run it as a task in every replica.
pub struct Relay {
    pool: PgPool,
    broker: Broker,
    nudge: Nudge,
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    id: Uuid,
    r#type: String,
    aggregate_id: String,
    version: i64,
    body: Vec<u8>,
    traceparent: Option<String>,
}

impl Relay {
    pub fn new(pool: PgPool, broker: Broker, nudge: Nudge) -> Self {
        Self { pool, broker, nudge }
    }

    pub async fn run(self, stop: Stop) -> anyhow::Result<()> {
        let notifier = tokio::spawn(notify_others(self.pool.clone(), self.nudge.clone(), stop.clone()));
        while !stop.is_stopped() {
            let relayed = self.relay(&stop).await;
            self.relaying(false);
            if let Err(error) = relayed {
                tracing::warn!(error = %format!("{error:#}"), "the relay starts again");
            }
            stop.until(tokio::time::sleep(POLL)).await;
        }
        notifier.await.context("the notifier panicked")
    }

    /// Which replica relays is a metric, so that it can be seen (and killed).
    fn relaying(&self, now: bool) {
        self.nudge.relaying.store(now, Ordering::Relaxed);
        metrics::gauge!("outbox_relaying").set(f64::from(u8::from(now)));
    }

    /// Takes the lock if nobody has it and relays until something breaks.
    async fn relay(&self, stop: &Stop) -> anyhow::Result<()> {
        // A session of its own: the lock lives and dies with it.
        let mut session = PgConnection::connect_with(&self.pool.connect_options())
            .await
            .context("cannot open the relay's session")?;
        let locked: bool = sqlx::query_scalar("select pg_try_advisory_lock($1)")
            .bind(LOCK)
            .fetch_one(&mut session)
            .await?;
        if !locked {
            return Ok(session.close().await?);
        }
        // A delete that a crash forgets only publishes once more, so this session need not wait for the disk.
        sqlx::query("set synchronous_commit = off")
            .execute(&mut session)
            .await?;
        let publisher = self.broker.publisher().await?;
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        tracing::info!("relaying the outbox");
        self.relaying(true);

        let mut resting = Resting::default();
        let mut measured = None::<Instant>;
        loop {
            let more = publish_batch(&mut session, &publisher, &mut resting).await?;
            if stop.is_stopped() {
                return Ok(session.close().await?);
            }
            if more {
                continue;
            }
            if measured.is_none_or(|at| at.elapsed() > MEASURE) {
                measure(&mut session).await?;
                measured = Some(Instant::now());
            }
            tokio::select! {
                () = self.nudge.relay.notified() => {}
                heard = listener.recv() => { heard.context("lost the session that listens")?; }
                () = tokio::time::sleep(POLL) => {}
                () = stop.stopped() => {}
            }
        }
    }
}

/// Types that no queue is bound for, and until when they rest. A fact that nobody listens to yet waits for its first listener.
#[derive(Default)]
struct Resting(HashMap<String, (Instant, Duration)>);

impl Resting {
    fn types(&self) -> Vec<String> {
        let now = Instant::now();
        let resting = self.0.iter().filter(|(_, (until, _))| *until > now);
        resting.map(|(r#type, _)| r#type.clone()).collect()
    }

    fn returned(&mut self, r#type: String) {
        let (until, pause) = self.0.entry(r#type).or_insert((Instant::now(), FIRST_REST));
        if *until <= Instant::now() {
            *until = Instant::now() + *pause;
            *pause = (*pause * 2).min(LONGEST_REST);
        }
    }
}

/// Publishes one batch; true when there may be more.
async fn publish_batch(
    session: &mut PgConnection,
    publisher: &Publisher,
    resting: &mut Resting,
) -> anyhow::Result<bool> {
    let rows: Vec<Row> = sqlx::query_as(
        "select seq, id, type, aggregate_id, version, body, traceparent from outbox
         where type <> all($1) order by seq limit $2",
    )
    .bind(resting.types())
    .bind(BATCH)
    .fetch_all(&mut *session)
    .await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let full = i64::try_from(rows.len()).is_ok_and(|found| found == BATCH);

    let mut in_flight = Vec::with_capacity(rows.len());
    for row in rows {
        let seq = row.seq;
        let event = Event {
            id: row.id,
            r#type: row.r#type,
            aggregate_id: row.aggregate_id,
            version: row.version,
            body: row.body.into(),
            traceparent: row.traceparent,
        };
        let span =
            tracing::info_span!("publish", otel.kind = "producer", event.r#type = event.r#type, event.id = %event.id);
        telemetry::continue_trace(&span, event.traceparent.as_deref());
        let confirm = publisher.publish(&event).await.context("cannot publish")?;
        in_flight.push((seq, event.r#type, confirm, span));
    }
    let mut confirmed = Vec::with_capacity(in_flight.len());
    let mut returned: HashMap<String, u64> = HashMap::new();
    for (seq, r#type, confirm, _span) in in_flight {
        match Publisher::confirm(confirm).await.context("no confirm")? {
            Published::Confirmed => {
                confirmed.push(seq);
                resting.0.remove(&r#type);
            }
            Published::Returned => *returned.entry(r#type).or_default() += 1,
            Published::Refused => anyhow::bail!("the broker could not store a message"),
        }
    }
    for (r#type, count) in returned {
        tracing::warn!(
            r#type,
            count,
            "nobody listens to these events yet; they stay in the outbox"
        );
        metrics::counter!("outbox_returned_total", "type" => r#type.clone()).increment(count);
        resting.returned(r#type);
    }
    sqlx::query("delete from outbox where seq = any($1)")
        .bind(&confirmed)
        .execute(session)
        .await?;
    metrics::counter!("outbox_published_total").increment(confirmed.len() as u64);
    Ok(full)
}

async fn measure(session: &mut PgConnection) -> anyhow::Result<()> {
    let (depth, age): (i64, f64) = sqlx::query_as(
        "select count(*), coalesce(extract(epoch from now() - min(created_at)), 0)::float8
         from (select created_at from outbox limit 10000) o",
    )
    .fetch_one(session)
    .await?;
    metrics::gauge!("outbox_depth").set(depth as f64);
    metrics::gauge!("outbox_oldest_seconds").set(age);
    Ok(())
}

/// Tells the replica that relays, when it is not this one.
async fn notify_others(pool: PgPool, nudge: Nudge, stop: Stop) {
    while stop.until(nudge.others.notified()).await.is_some() {
        // Failing is harmless: the relay polls.
        let _ = sqlx::query("select pg_notify($1, '')")
            .bind(CHANNEL)
            .execute(&pool)
            .await;
    }
}
