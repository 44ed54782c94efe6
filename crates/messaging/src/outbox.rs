//! The transactional outbox. A service inserts its events in the transaction that changes its data; the relay publishes
//! them, with confirms, and deletes what the broker has. Neither can be lost without the other.
//!
//! - One relay per database at a time, by an advisory lock; the others wait to take over.
//! - It is woken by a nudge after each commit (in process, or from another replica by NOTIFY), and polls besides.
//! - It never pages by `seq > last`: concurrent commits appear out of order, so it takes what is there.
//! - A message that no queue is bound for comes back (`mandatory`). It waits in a table of its own, so that the outbox stays
//!   as small as what is under way, until one of its type finds a listener.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use lapin::PublisherConfirm;
use sqlx::{Connection as _, PgConnection, PgPool, postgres::PgListener};
use tokio::sync::Notify;
use tracing::Instrument as _;
use uuid::Uuid;

use crate::events::{Broker, Event, Published, Publisher};
use chassis::{shutdown::Stop, telemetry};

/// Read at a time.
const BATCH: i64 = 200;
/// Published and not yet confirmed.
const MOST_UNDER_WAY: usize = 500;
/// How long a relay that is stopped waits for the broker.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
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
        let mut flight = Flight::default();
        let mut measured = None::<Instant>;
        let mut look = true;
        loop {
            if look && flight.has_room() {
                // A full batch: there may be more.
                look = publish(&mut session, &publisher, &mut flight, &mut unrouted).await?;
            }
            settle(&mut session, &mut flight, &mut unrouted).await?;
            if stop.is_stopped() {
                break;
            }
            if measured.is_none_or(|at| at.elapsed() > MEASURE) {
                measure(&mut session).await?;
                measured = Some(Instant::now());
            }
            look |= unrouted.offer(&mut session, &publisher).await?;
            if look && flight.has_room() {
                continue;
            }
            tokio::select! {
                () = flight.answered() => {}
                () = self.nudge.relay.notified() => look = true,
                heard = listener.recv() => {
                    heard.context("lost the session that listens")?;
                    look = true;
                }
                () = tokio::time::sleep(POLL) => look = true,
                () = stop.stopped() => {}
            }
        }
        // What was published and not noted as such would be published once more by whoever relays next.
        while !flight.is_empty() {
            tokio::time::timeout(LAST_ANSWERS, flight.answered()).await?;
            settle(&mut session, &mut flight, &mut unrouted).await?;
        }
        Ok(session.close().await?)
    }
}

/// What the broker has been given and not yet answered for. New events do not wait for these: the answer takes a disk's time.
#[derive(Default)]
struct Flight {
    seqs: HashSet<i64>,
    confirms: FuturesUnordered<BoxFuture<'static, Confirmed>>,
    answers: Vec<Confirmed>,
}

struct Confirmed {
    seq: i64,
    r#type: String,
    answer: lapin::Result<Published>,
}

impl Flight {
    fn has_room(&self) -> bool {
        self.seqs.len() < MOST_UNDER_WAY
    }

    fn is_empty(&self) -> bool {
        self.seqs.is_empty()
    }

    fn add(&mut self, row: Row, confirm: PublisherConfirm, span: tracing::Span) {
        self.seqs.insert(row.seq);
        let answer = async move {
            Confirmed {
                seq: row.seq,
                r#type: row.r#type,
                answer: Publisher::confirm(confirm).await,
            }
        };
        self.confirms.push(answer.instrument(span).boxed());
    }

    /// Waits for an answer; for ever when none is due.
    async fn answered(&mut self) {
        match self.confirms.next().await {
            Some(confirmed) => self.answers.push(confirmed),
            None => std::future::pending().await,
        }
    }

    /// What has been answered by now.
    fn take_answers(&mut self) -> Vec<Confirmed> {
        while let Some(Some(confirmed)) = self.confirms.next().now_or_never() {
            self.answers.push(confirmed);
        }
        std::mem::take(&mut self.answers)
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
            let Some(row) = row else {
                self.0.remove(&r#type);
                continue;
            };
            match Publisher::confirm(publisher.publish(&row.event()).await?).await? {
                Published::Confirmed => {}
                Published::Returned => {
                    self.returned(&r#type);
                    continue;
                }
                Published::Refused => anyhow::bail!("the broker could not store a message"),
            }
            self.0.remove(&r#type);
            sqlx::query(
                "with routed as (delete from outbox_unrouted where type = $1 returning *)
                 insert into outbox overriding system value select * from routed where seq <> $2",
            )
            .bind(&r#type)
            .bind(row.seq)
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

/// Gives the broker what it has not been given yet; true when there may be more.
async fn publish(
    session: &mut PgConnection,
    publisher: &Publisher,
    flight: &mut Flight,
    unrouted: &mut Unrouted,
) -> anyhow::Result<bool> {
    let rows: Vec<Row> = sqlx::query_as(
        "select seq, id, type, aggregate_id, version, body, traceparent from outbox
         where seq <> all($1) order by seq limit $2",
    )
    .bind(flight.seqs.iter().copied().collect::<Vec<_>>())
    .bind(BATCH)
    .fetch_all(&mut *session)
    .await?;
    let full = i64::try_from(rows.len()).is_ok_and(|found| found == BATCH);
    let (resting, fresh): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| unrouted.rests(&row.r#type));
    set_aside(session, resting.iter().map(|row| row.seq).collect()).await?;
    for row in fresh {
        let event = row.event();
        let span =
            tracing::info_span!("publish", otel.kind = "producer", event.r#type = event.r#type, event.id = %event.id);
        telemetry::continue_trace(&span, event.traceparent.as_deref());
        let confirm = publisher.publish(&event).await.context("cannot publish")?;
        flight.add(row, confirm, span);
    }
    Ok(full)
}

/// Forgets what the broker has, and sets aside what came back.
async fn settle(session: &mut PgConnection, flight: &mut Flight, unrouted: &mut Unrouted) -> anyhow::Result<()> {
    let answers = flight.take_answers();
    if answers.is_empty() {
        return Ok(());
    }
    let (mut confirmed, mut came_back) = (Vec::with_capacity(answers.len()), Vec::new());
    let mut returned: HashMap<String, u64> = HashMap::new();
    for Confirmed { seq, r#type, answer } in answers {
        match answer.context("no confirm")? {
            Published::Confirmed => confirmed.push(seq),
            Published::Returned => {
                came_back.push(seq);
                *returned.entry(r#type).or_default() += 1;
            }
            Published::Refused => anyhow::bail!("the broker could not store a message"),
        }
        flight.seqs.remove(&seq);
    }
    for (r#type, count) in returned {
        tracing::warn!(r#type, count, "nobody listens to these events yet; they wait");
        metrics::counter!("outbox_returned_total", "type" => r#type.clone()).increment(count);
        unrouted.returned(&r#type);
    }
    set_aside(session, came_back).await?;
    sqlx::query("delete from outbox where seq = any($1)")
        .bind(&confirmed)
        .execute(session)
        .await?;
    metrics::counter!("outbox_published_total").increment(confirmed.len() as u64);
    Ok(())
}

async fn set_aside(session: &mut PgConnection, seqs: Vec<i64>) -> sqlx::Result<()> {
    if seqs.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "with waiting as (delete from outbox where seq = any($1) returning *)
         insert into outbox_unrouted select * from waiting",
    )
    .bind(seqs)
    .execute(session)
    .await?;
    Ok(())
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
