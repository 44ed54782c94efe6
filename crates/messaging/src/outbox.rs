//! Transactional outbox. A service inserts its events in the transaction that changes its data; the relay publishes them with
//! publisher confirms and deletes the confirmed rows. An event is published at least once if its transaction commits, and never
//! otherwise.
//!
//! - One relay per database runs at a time, by an advisory lock; those of the other replicas wait to take over.
//! - It is woken after each commit (in process, or from another replica by NOTIFY), and polls besides.
//! - It does not page by `seq > last`, because concurrent transactions commit in another order than they draw `seq`.
//! - A message that no queue is bound for comes back (`mandatory`). It is moved to the table `outbox_unrouted`, so that the
//!   outbox stays as small as what is under way, and returns to the outbox when a queue is bound for its type.
//! - `outbox_unrouted` keeps at most [`UNROUTED_LIMIT`] events per type; older ones are deleted. The data itself is still in the
//!   owner's tables. A new consumer has to read those tables first anyway. A consumer whose queue is gone (an emptied broker)
//!   declares it again when it connects. A consumer that was away longer than the kept events cover must be rebuilt from the
//!   owner.

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

use crate::events::{Broker, Event, PublishOutcome, Publisher};
use chassis::{shutdown::Stop, telemetry};

/// Rows read at a time.
const BATCH: i64 = 200;
/// Events published and not yet confirmed.
const MAX_IN_FLIGHT: usize = 500;
/// How long a stopped relay waits for outstanding confirms.
const LAST_CONFIRMS_TIMEOUT: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(500);
/// Between two measurements of the depth.
const MEASURE: Duration = Duration::from_secs(2);
/// How long the events of a returned type are not published, doubled each time.
const FIRST_REST: Duration = Duration::from_secs(1);
const MAX_REST: Duration = Duration::from_secs(60);
/// Events of one type kept in `outbox_unrouted`: some 40 MB, and a consumer that is away for an hour at 25 events a second.
const UNROUTED_LIMIT: i64 = 100_000;
/// Deleted with one statement, so that none runs into the statement timeout.
const DELETE_BATCH: i64 = 10_000;
/// Key of the advisory lock; any fixed number.
const LOCK: i64 = 0x6f75_7462_6f78;
const CHANNEL: &str = "outbox";

/// Inserts an event in the caller's transaction.
pub async fn push(connection: &mut PgConnection, event: &Event) -> sqlx::Result<()> {
    push_all(connection, std::slice::from_ref(event)).await
}

/// Inserts events with one statement.
pub async fn push_all(connection: &mut PgConnection, events: &[Event]) -> sqlx::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let column = |of: fn(&Event) -> String| events.iter().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "insert into outbox (id, type, aggregate_id, version, body, traceparent)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::bytea[], $6::text[])",
        &events.iter().map(|event| event.id).collect::<Vec<_>>(),
        &column(|event| event.r#type.clone()),
        &column(|event| event.aggregate_id.clone()),
        &events.iter().map(|event| event.version).collect::<Vec<_>>(),
        &events.iter().map(|event| event.body.to_vec()).collect::<Vec<_>>(),
        &events.iter().map(|event| event.traceparent.clone()).collect::<Vec<_>>() as &[Option<String>],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Wakes the relay after a commit.
///
/// NOTIFY inside the write's transaction takes a lock that all such commits queue for (3.5 times fewer commits per second were
/// measured), so it is sent after the commit, coalesced, and only if the relay runs in another process.
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

/// Publishes the events in the outbox. Run it as a task in every replica.
pub struct Relay {
    pool: PgPool,
    broker: Broker,
    nudge: Nudge,
    unrouted_limit: i64,
}

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
        Self {
            pool,
            broker,
            nudge,
            unrouted_limit: UNROUTED_LIMIT,
        }
    }

    /// Keeps at most this many events of each type that no queue is bound for.
    #[must_use]
    pub fn with_unrouted_limit(self, unrouted_limit: i64) -> Self {
        Self { unrouted_limit, ..self }
    }

    pub fn run(self, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
        // Boxed, so that each service does not compile it again.
        Box::pin(self.run_until(stop))
    }

    async fn run_until(self, stop: Stop) -> anyhow::Result<()> {
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

    /// The metric shows which replica runs the relay.
    fn relaying(&self, now: bool) {
        self.nudge.relaying.store(now, Ordering::Relaxed);
        metrics::gauge!("outbox_relaying").set(f64::from(u8::from(now)));
    }

    /// Waits for the lock and relays until the stop or an error.
    async fn relay(&self, stop: &Stop) -> anyhow::Result<()> {
        // A session of its own, because the lock belongs to it and is released when it ends.
        let mut session = PgConnection::connect_with(&self.pool.connect_options())
            .await
            .context("cannot open the relay's session")?;
        while !try_lock(&mut session).await? {
            if stop.until(tokio::time::sleep(POLL)).await.is_none() {
                return Ok(session.close().await?);
            }
        }
        // A delete that is lost in a crash only causes a duplicate, so this session does not wait for the disk.
        sqlx::query!("set synchronous_commit = off")
            .execute(&mut session)
            .await?;
        let publisher = self.broker.publisher().await?;
        let mut listener = PgListener::connect_with(&self.pool).await?;
        listener.listen(CHANNEL).await?;
        tracing::info!("relaying the outbox");
        self.relaying(true);

        let mut unrouted = Unrouted::read(&mut session, self.unrouted_limit).await?;
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
                unrouted.trim(&mut session).await?;
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
        // The next relay publishes again whatever was confirmed and not deleted.
        while !flight.is_empty() {
            tokio::time::timeout(LAST_CONFIRMS_TIMEOUT, flight.answered()).await?;
            settle(&mut session, &mut flight, &mut unrouted).await?;
        }
        Ok(session.close().await?)
    }
}

/// Events published and not yet confirmed. New events are published meanwhile, since a confirm waits for the broker's disk.
#[derive(Default)]
struct Flight {
    seqs: HashSet<i64>,
    confirms: FuturesUnordered<BoxFuture<'static, PublishAnswer>>,
    answers: Vec<PublishAnswer>,
}

/// What the broker answered to the publish of one row.
struct PublishAnswer {
    seq: i64,
    r#type: String,
    outcome: lapin::Result<PublishOutcome>,
}

impl Flight {
    fn has_room(&self) -> bool {
        self.seqs.len() < MAX_IN_FLIGHT
    }

    fn is_empty(&self) -> bool {
        self.seqs.is_empty()
    }

    fn add(&mut self, row: Row, confirm: PublisherConfirm, span: tracing::Span) {
        self.seqs.insert(row.seq);
        let answer = async move {
            PublishAnswer {
                seq: row.seq,
                r#type: row.r#type,
                outcome: Publisher::confirm(confirm).await,
            }
        };
        self.confirms.push(answer.instrument(span).boxed());
    }

    /// Waits for a confirm; for ever if none is outstanding.
    async fn answered(&mut self) {
        match self.confirms.next().await {
            Some(answer) => self.answers.push(answer),
            None => std::future::pending().await,
        }
    }

    /// The answers that have arrived.
    fn take_answers(&mut self) -> Vec<PublishAnswer> {
        while let Some(Some(answer)) = self.confirms.next().now_or_never() {
            self.answers.push(answer);
        }
        std::mem::take(&mut self.answers)
    }
}

/// Tries instead of waiting in the server, because a waiting statement holds a snapshot, which keeps vacuum from every table.
async fn try_lock(session: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select pg_try_advisory_lock($1) as "locked!""#, LOCK)
        .fetch_one(session)
        .await
}

/// The types that no queue is bound for. Only the relay writes `outbox_unrouted`, so it can count along.
struct Unrouted {
    types: HashMap<String, UnroutedType>,
    limit: i64,
}

struct UnroutedType {
    /// Not offered to the broker before.
    rests_until: Instant,
    next_rest: Duration,
    /// Rows in `outbox_unrouted`.
    count: i64,
}

impl UnroutedType {
    fn new(count: i64) -> Self {
        Self {
            rests_until: Instant::now(),
            next_rest: FIRST_REST,
            count,
        }
    }
}

impl Unrouted {
    /// Reads what an earlier relay left, to be offered at once.
    async fn read(session: &mut PgConnection, limit: i64) -> sqlx::Result<Self> {
        let counts = sqlx::query!(r#"select type, count(*) as "count!" from outbox_unrouted group by type"#)
            .fetch_all(session)
            .await?;
        let types = counts.into_iter().map(|row| (row.r#type, UnroutedType::new(row.count)));
        Ok(Self {
            types: types.collect(),
            limit,
        })
    }

    fn rests(&self, r#type: &str) -> bool {
        self.types
            .get(r#type)
            .is_some_and(|unrouted| unrouted.rests_until > Instant::now())
    }

    fn entry(&mut self, r#type: &str) -> &mut UnroutedType {
        self.types
            .entry(r#type.to_owned())
            .or_insert_with(|| UnroutedType::new(0))
    }

    fn returned(&mut self, r#type: &str) {
        let (now, unrouted) = (Instant::now(), self.entry(r#type));
        if unrouted.rests_until <= now {
            unrouted.rests_until = now + unrouted.next_rest;
            unrouted.next_rest = (unrouted.next_rest * 2).min(MAX_REST);
        }
    }

    /// Moves events from the outbox to `outbox_unrouted`.
    async fn set_aside(&mut self, session: &mut PgConnection, seqs: Vec<i64>) -> sqlx::Result<()> {
        if seqs.is_empty() {
            return Ok(());
        }
        let moved = sqlx::query!(
            r#"with moved as (delete from outbox where seq = any($1) returning *),
                    kept as (insert into outbox_unrouted select * from moved returning type)
               select type, count(*) as "count!" from kept group by type"#,
            &seqs
        )
        .fetch_all(session)
        .await?;
        for row in moved {
            self.entry(&row.r#type).count += row.count;
        }
        Ok(())
    }

    /// Deletes the oldest events of each type beyond the limit, and reports how many there are.
    async fn trim(&mut self, session: &mut PgConnection) -> sqlx::Result<()> {
        for (r#type, unrouted) in &mut self.types {
            while unrouted.count > self.limit {
                let deleted = sqlx::query!(
                    "delete from outbox_unrouted where type = $1
                     and seq in (select seq from outbox_unrouted where type = $1 order by seq limit $2)",
                    r#type,
                    (unrouted.count - self.limit).min(DELETE_BATCH)
                )
                .execute(&mut *session)
                .await?
                .rows_affected();
                if deleted == 0 {
                    break;
                }
                unrouted.count -= deleted as i64;
                tracing::warn!(
                    r#type,
                    deleted,
                    "no queue is bound for these events; the oldest were deleted"
                );
                metrics::counter!("outbox_unrouted_dropped_total", "type" => r#type.clone()).increment(deleted);
            }
            metrics::gauge!("outbox_unrouted", "type" => r#type.clone()).set(unrouted.count as f64);
        }
        Ok(())
    }

    /// None of the type are left.
    fn forget(&mut self, r#type: &str) {
        self.types.remove(r#type);
        metrics::gauge!("outbox_unrouted", "type" => r#type.to_owned()).set(0.0);
    }

    /// Publishes the oldest event of each type that has rested. If a queue took it, the other events of its type return to the
    /// outbox. True if any did.
    async fn offer(&mut self, session: &mut PgConnection, publisher: &Publisher) -> anyhow::Result<bool> {
        let due: Vec<String> = self
            .types
            .keys()
            .filter(|r#type| !self.rests(r#type))
            .cloned()
            .collect();
        let mut routed = false;
        for r#type in due {
            let row = sqlx::query_as!(
                Row,
                "select seq, id, type, aggregate_id, version, body, traceparent from outbox_unrouted
                 where type = $1 order by seq limit 1",
                r#type
            )
            .fetch_optional(&mut *session)
            .await?;
            let Some(row) = row else {
                self.forget(&r#type);
                continue;
            };
            match Publisher::confirm(publisher.publish(&row.event()).await?).await? {
                PublishOutcome::Confirmed => {}
                PublishOutcome::Returned => {
                    self.returned(&r#type);
                    continue;
                }
                PublishOutcome::Refused => anyhow::bail!("the broker could not store a message"),
            }
            sqlx::query!(
                "with routed as (delete from outbox_unrouted where type = $1 returning *)
                 insert into outbox overriding system value select * from routed where seq <> $2",
                r#type,
                row.seq
            )
            .execute(&mut *session)
            .await?;
            self.forget(&r#type);
            routed = true;
        }
        Ok(routed)
    }
}

impl Drop for Unrouted {
    /// The next relay, perhaps of another process, reports from here on.
    fn drop(&mut self) {
        for r#type in self.types.keys() {
            metrics::gauge!("outbox_unrouted", "type" => r#type.clone()).set(0.0);
        }
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

/// Publishes events that are not under way yet; true if there may be more.
async fn publish(
    session: &mut PgConnection,
    publisher: &Publisher,
    flight: &mut Flight,
    unrouted: &mut Unrouted,
) -> anyhow::Result<bool> {
    let rows = sqlx::query_as!(
        Row,
        "select seq, id, type, aggregate_id, version, body, traceparent from outbox
         where seq <> all($1) order by seq limit $2",
        &flight.seqs.iter().copied().collect::<Vec<_>>(),
        BATCH
    )
    .fetch_all(&mut *session)
    .await?;
    let full = i64::try_from(rows.len()).is_ok_and(|found| found == BATCH);
    let (resting, fresh): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| unrouted.rests(&row.r#type));
    let resting = resting.iter().map(|row| row.seq).collect();
    unrouted.set_aside(session, resting).await?;
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

/// Deletes the confirmed events, and sets aside the returned ones.
async fn settle(session: &mut PgConnection, flight: &mut Flight, unrouted: &mut Unrouted) -> anyhow::Result<()> {
    let answers = flight.take_answers();
    if answers.is_empty() {
        return Ok(());
    }
    let (mut confirmed, mut came_back) = (Vec::with_capacity(answers.len()), Vec::new());
    let mut returned: HashMap<String, u64> = HashMap::new();
    for PublishAnswer { seq, r#type, outcome } in answers {
        match outcome.context("no confirm")? {
            PublishOutcome::Confirmed => confirmed.push(seq),
            PublishOutcome::Returned => {
                came_back.push(seq);
                *returned.entry(r#type).or_default() += 1;
            }
            PublishOutcome::Refused => anyhow::bail!("the broker could not store a message"),
        }
        flight.seqs.remove(&seq);
    }
    for (r#type, count) in returned {
        tracing::warn!(r#type, count, "no queue is bound for these events yet; they wait");
        metrics::counter!("outbox_returned_total", "type" => r#type.clone()).increment(count);
        unrouted.returned(&r#type);
    }
    unrouted.set_aside(session, came_back).await?;
    sqlx::query!("delete from outbox where seq = any($1)", &confirmed)
        .execute(session)
        .await?;
    metrics::counter!("outbox_published_total").increment(confirmed.len() as u64);
    Ok(())
}

async fn measure(session: &mut PgConnection) -> anyhow::Result<()> {
    let measured = sqlx::query!(
        r#"select count(*) as "depth!", coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldest!"
           from (select created_at from outbox limit 10000) o"#,
    )
    .fetch_one(session)
    .await?;
    metrics::gauge!("outbox_depth").set(measured.depth as f64);
    metrics::gauge!("outbox_oldest_seconds").set(measured.oldest);
    Ok(())
}

/// Wakes the relay of another replica.
async fn notify_others(pool: PgPool, nudge: Nudge, stop: Stop) {
    while stop.until(nudge.others.notified()).await.is_some() {
        // A failure only delays the events until the relay polls.
        let _ = sqlx::query!("select pg_notify($1, '')", CHANNEL).execute(&pool).await;
    }
}
