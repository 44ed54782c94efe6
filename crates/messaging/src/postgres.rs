//! Postgres: a pool that waits for its database, and transactions that a caller who hangs up cannot cut in half.

use std::{str::FromStr as _, time::Duration};

use anyhow::Context as _;
use futures::future::BoxFuture;
use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tracing::Instrument as _;

use chassis::{admin::Check, config::Secret, deadline, error::Kind, shutdown::Stop};

/// Of one service instance. Queries are coalesced, so more would only share two cores among more processes of Postgres, each
/// with a cache of its own.
const MOST_CONNECTIONS: u32 = 8;

/// Waits until the database answers (or the stop comes), then keeps `check` true as long as it does.
pub async fn connect(url: &Secret, check: Check, stop: &Stop) -> anyhow::Result<PgPool> {
    let pool = pool(url, MOST_CONNECTIONS)?;
    let mut patience = Duration::from_millis(100);
    while let Err(error) = sqlx::query("select 1").execute(&pool).await {
        tracing::warn!(error = %chassis::error::chain(&error), "waiting for Postgres");
        if stop.until(tokio::time::sleep(patience)).await.is_none() {
            anyhow::bail!("stopped while waiting for Postgres");
        }
        patience = (patience * 2).min(Duration::from_secs(2));
    }
    check.ok();
    tokio::spawn(watch(pool.clone(), check, stop.clone()));
    Ok(pool)
}

/// A pool that connects when it is first used.
pub fn pool(url: &Secret, most: u32) -> anyhow::Result<PgPool> {
    let options = PgConnectOptions::from_str(url.expose())
        .context("the database address cannot be read")?
        // A transaction that nobody goes on with holds locks; the server ends it.
        .options([
            ("idle_in_transaction_session_timeout", "5s"),
            ("statement_timeout", "30s"),
        ]);
    Ok(PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy_with(options))
}

async fn watch(pool: PgPool, check: Check, stop: Stop) {
    while stop.until(tokio::time::sleep(Duration::from_secs(2))).await.is_some() {
        match sqlx::query("select 1").execute(&pool).await {
            Ok(_) => check.ok(),
            Err(error) => {
                tracing::warn!(error = %chassis::error::chain(&error), "Postgres does not answer");
                check.failed();
            }
        }
    }
}

/// Runs `work` (`move |tx| Box::pin(async move { … })`) in an explicit transaction in a task of its own, and answers after the commit.
///
/// Why a task: sqlx (0.8.4 to 0.9.0) can hand a connection with an open transaction back to the pool when the future that
/// runs BEGIN is dropped, and the next statement on it then commits into nothing. A handler's future is dropped when its
/// caller hangs up; a spawned task is not.
///
/// A write whose deadline passes while it waits for a connection is not begun.
pub async fn write<T, E, W>(pool: &PgPool, work: W) -> Result<T, E>
where
    W: for<'c> FnOnce(&'c mut PgConnection) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<sqlx::Error> + Send + 'static,
{
    let pool = pool.clone();
    let until = deadline::at();
    let task = async move {
        #[expect(clippy::disallowed_methods, reason = "this is the task that nobody can cancel")]
        let mut transaction = pool.begin().await?;
        // Whoever asked was told that it failed, and may have written something else since.
        if deadline::is_over(until) {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        let value = work(&mut transaction).await?;
        transaction.commit().await?;
        Ok(value)
    };
    match tokio::spawn(task.in_current_span()).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is going down with the process.
        Err(_) => Err(sqlx::Error::PoolClosed.into()),
    }
}

/// What a database error means: a lost connection or a full pool is worth another try, the rest is our fault.
pub fn database_kind(error: &sqlx::Error) -> Kind {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Kind::Unavailable,
        // Class 57: the server is starting, stopping or was told to end the session; 08: connection; 53: resources;
        // 40: rolled back for another's sake, such as a deadlock.
        sqlx::Error::Database(cause) => match cause.code().as_deref() {
            Some(code) if ["57", "08", "53", "40"].iter().any(|class| code.starts_with(class)) => Kind::Unavailable,
            _ => Kind::Internal,
        },
        _ => Kind::Internal,
    }
}
