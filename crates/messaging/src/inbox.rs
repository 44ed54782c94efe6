//! Transactional inbox. A consumer inserts the id of each message in the transaction that applies it, so a message that is
//! delivered twice is applied once. The table is created by the service's own migration.

use std::{collections::HashSet, time::Duration};

use futures::future::BoxFuture;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use chassis::shutdown::Stop;

/// Inserts the id in the caller's transaction. True if this consumer has not applied the message before.
pub async fn first_time(connection: &mut PgConnection, consumer: &str, id: Uuid) -> sqlx::Result<bool> {
    Ok(first_times(connection, consumer, &[id]).await?.contains(&id))
}

/// Inserts the ids in the caller's transaction. Returns those that this consumer has not applied before.
pub async fn first_times(connection: &mut PgConnection, consumer: &str, ids: &[Uuid]) -> sqlx::Result<HashSet<Uuid>> {
    // Sorted, so that two replicas with overlapping batches lock the rows in one order and do not deadlock.
    let mut sorted = ids.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let fresh = sqlx::query_scalar!(
        "insert into inbox (consumer, id) select $1, id from unnest($2::uuid[]) as id
         on conflict do nothing returning id",
        consumer,
        &sorted
    )
    .fetch_all(connection)
    .await?;
    let duplicates = ids.len() - fresh.len();
    if duplicates > 0 {
        metrics::counter!("inbox_duplicates_total", "consumer" => consumer.to_owned()).increment(duplicates as u64);
    }
    Ok(fresh.into_iter().collect())
}

/// Deletes ids older than seven days. A message that was applied is delivered again only after its acknowledgement was lost, and
/// then soon; one that waits for weeks in an outbox or among the dead letters has not been applied.
pub fn sweep(pool: PgPool, stop: Stop) -> BoxFuture<'static, anyhow::Result<()>> {
    // Boxed, so that each service does not compile it again.
    Box::pin(sweep_until(pool, stop))
}

async fn sweep_until(pool: PgPool, stop: Stop) -> anyhow::Result<()> {
    loop {
        let swept = sqlx::query!(
            "delete from inbox where ctid = any(array(
                 select ctid from inbox where received_at < now() - interval '7 days' limit 5000))",
        )
        .execute(&pool)
        .await;
        let pause = match swept {
            Ok(done) if done.rows_affected() > 0 => Duration::from_millis(200),
            Ok(_) => Duration::from_secs(600),
            Err(error) => {
                tracing::warn!(error = %chassis::error::chain(&error), "cannot sweep the inbox");
                Duration::from_secs(30)
            }
        };
        if stop.until(tokio::time::sleep(pause)).await.is_none() {
            return Ok(());
        }
    }
}
