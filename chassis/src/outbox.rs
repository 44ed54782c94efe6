//! The transactional outbox. A service inserts its events in the transaction that changes its data; the relay publishes
//! them, with confirms, and deletes what the broker has. Neither can be lost without the other.
//!
//! - One relay per database at a time, by an advisory lock; the others wait to take over.
//! - It is woken by a nudge after each commit (in process, or from another replica by NOTIFY), and polls besides.
//! - It never pages by `seq > last`: concurrent commits appear out of order, so it takes what is there.
//! - A message that no queue is bound for comes back (`mandatory`). It waits in a table of its own, so that the outbox stays
//!   as small as what is under way, until one of its type finds a listener.

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
        while !try_lock(&mut session).await? {
            if stop.until(tokio::time::sleep(POLL)).await.is_none() {
                return Ok(session.close().await?);
            }
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

        let mut unrouted = Unrouted::read(&mut session).await?;
        let mut measured = None::<Instant>;
        loop {
            let more = publish_batch(&mut session, &publisher, &mut unrouted).await?;
            if stop.is_stopped() {
                return Ok(session.close().await?);
            }
            if more || unrouted.offer(&mut session, &publisher).await? {
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

/// Not waited for in the server: a statement that waits holds back the vacuum of every table.
async fn try_lock(session: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select pg_try_advisory_lock($1)")
        .bind(LOCK)
        .fetch_one(session)
        .await
}

/// Types that no queue is bound for, and until when they rest. A fact that nobody listens to yet waits for its first listener.
struct Unrouted(HashMap<String, (Instant, Duration)>);

impl Unrouted {
    /// What an earlier relay found; offered again at once.
    async fn read(session: &mut PgConnection) -> sqlx::Result<Self> {
        let types: Vec<String> = sqlx::query_scalar("select distinct type from outbox_unrouted")
            .fetch_all(session)
            .await?;
        let due = (Instant::now(), FIRST_REST);
        Ok(Self(types.into_iter().map(|r#type| (r#type, due)).collect()))
    }

    fn rests(&self, r#type: &str) -> bool {
        self.0.get(r#type).is_some_and(|(until, _)| *until > Instant::now())
    }

    fn returned(&mut self, r#type: &str) {
        let now = Instant::now();
        let (until, pause) = self.0.entry(r#type.to_owned()).or_insert((now, FIRST_REST));
        if *until <= now {
            *until = now + *pause;
            *pause = (*pause * 2).min(LONGEST_REST);
        }
    }

    /// Offers the broker one event of each type that has rested; where somebody listens by now, the others of its type go back
    /// into the outbox. True when any did.
    async fn offer(&mut self, session: &mut PgConnection, publisher: &Publisher) -> anyhow::Result<bool> {
        let due: Vec<String> = self.0.keys().filter(|r#type| !self.rests(r#type)).cloned().collect();
        let mut routed = false;
        for r#type in due {
            let row: Option<Row> = sqlx::query_as("select * from outbox_unrouted where type = $1 order by seq limit 1")
                .bind(&r#type)
                .fetch_optional(&mut *session)
                .await?;
            let published = match row {
                None => None,
                Some(row) => Some(Publisher::confirm(publisher.publish(&row.event()).await?).await?),
            };
            match published {
                Some(Published::Returned) => {
                    self.returned(&r#type);
                    continue;
                }
                Some(Published::Refused) => anyhow::bail!("the broker could not store a message"),
                Some(Published::Confirmed) | None => {}
            }
            // The one that was offered goes back with them: a message more is no harm, one less is.
            self.0.remove(&r#type);
            sqlx::query(
                "with routed as (delete from outbox_unrouted where type = $1 returning *)
                 insert into outbox overriding system value select * from routed",
            )
            .bind(&r#type)
            .execute(&mut *session)
            .await?;
            routed = true;
        }
        Ok(routed)
    }
}

impl Row {
    fn event(&self) -> Event {
        Event {
            id: self.id,
            r#type: self.r#type.clone(),
            aggregate_id: self.aggregate_id.clone(),
            version: self.version,
            body: self.body.clone().into(),
            traceparent: self.traceparent.clone(),
        }
    }
}

/// Publishes one batch; true when there may be more.
async fn publish_batch(
    session: &mut PgConnection,
    publisher: &Publisher,
    unrouted: &mut Unrouted,
) -> anyhow::Result<bool> {
    let rows: Vec<Row> = sqlx::query_as(
        "select seq, id, type, aggregate_id, version, body, traceparent from outbox order by seq limit $1",
    )
    .bind(BATCH)
    .fetch_all(&mut *session)
    .await?;
    if rows.is_empty() {
        return Ok(false);
    }
    let full = i64::try_from(rows.len()).is_ok_and(|found| found == BATCH);

    let (mut in_flight, mut set_aside) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        if unrouted.rests(&row.r#type) {
            set_aside.push(row.seq);
            continue;
        }
        let event = row.event();
        let span =
            tracing::info_span!("publish", otel.kind = "producer", event.r#type = event.r#type, event.id = %event.id);
        telemetry::continue_trace(&span, event.traceparent.as_deref());
        let confirm = publisher.publish(&event).await.context("cannot publish")?;
        in_flight.push((row.seq, event.r#type, confirm, span));
    }
    let mut confirmed = Vec::with_capacity(in_flight.len());
    let mut returned: HashMap<String, u64> = HashMap::new();
    for (seq, r#type, confirm, _span) in in_flight {
        match Publisher::confirm(confirm).await.context("no confirm")? {
            Published::Confirmed => confirmed.push(seq),
            Published::Returned => {
                set_aside.push(seq);
                *returned.entry(r#type).or_default() += 1;
            }
            Published::Refused => anyhow::bail!("the broker could not store a message"),
        }
    }
    for (r#type, count) in returned {
        tracing::warn!(r#type, count, "nobody listens to these events yet; they wait");
        metrics::counter!("outbox_returned_total", "type" => r#type.clone()).increment(count);
        unrouted.returned(&r#type);
    }
    if !set_aside.is_empty() {
        sqlx::query(
            "with waiting as (delete from outbox where seq = any($1) returning *)
             insert into outbox_unrouted select * from waiting",
        )
        .bind(&set_aside)
        .execute(&mut *session)
        .await?;
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
