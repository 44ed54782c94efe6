//! Postgres: a pool that waits for its database, and transactions that are not cancelled together with their caller.

use std::{str::FromStr as _, time::Duration};

use anyhow::Context as _;
use futures::future::BoxFuture;
use sqlx::{
    PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tracing::Instrument as _;

use chassis::{admin::Check, config::Secret, deadline, error::Kind, shutdown::Stop};

/// Connections of one instance. Queries are coalesced, so more connections would only mean more Postgres processes, each with its own
/// caches, on the same cores.
const MAX_CONNECTIONS: u32 = 8;

/// Waits until the database answers, or for the stop, which is an error. `check` holds from then on while the database answers.
pub async fn connect(url: &Secret, check: Check, stop: &Stop) -> anyhow::Result<PgPool> {
    let pool = pool(url, MAX_CONNECTIONS)?;
    let mut pause = Duration::from_millis(100);
    while let Err(error) = sqlx::query_scalar!("select 1").fetch_one(&pool).await {
        tracing::warn!(error = %chassis::error::chain(&error), "waiting for Postgres");
        if stop.until(tokio::time::sleep(pause)).await.is_none() {
            anyhow::bail!("stopped while waiting for Postgres");
        }
        pause = (pause * 2).min(Duration::from_secs(2));
    }
    check.ok();
    tokio::spawn(watch(pool.clone(), check, stop.clone()));
    Ok(pool)
}

/// A pool that connects when it is first used.
pub fn pool(url: &Secret, most: u32) -> anyhow::Result<PgPool> {
    let options = PgConnectOptions::from_str(url.expose())
        .context("the database address cannot be read")?
        // An abandoned transaction holds locks until the server ends it.
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
        match sqlx::query_scalar!("select 1").fetch_one(&pool).await {
            Ok(_) => check.ok(),
            Err(error) => {
                tracing::warn!(error = %chassis::error::chain(&error), "Postgres does not answer");
                check.failed();
            }
        }
    }
}

/// Waits for a read until shortly before the deadline of the call, and then fails like a read that got no connection. The pool waits
/// longer than a call takes; without this its caller would read DEADLINE_EXCEEDED, which does not say that a later try can succeed.
pub async fn read_in_time<T, E: From<sqlx::Error>>(read: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    deadline::in_time(read)
        .await
        .unwrap_or_else(|| Err(sqlx::Error::PoolTimedOut.into()))
}

/// Runs `work` (`move |tx| Box::pin(async move { … })`) in a transaction and returns after the commit.
///
/// It runs in a task of its own, because sqlx (0.8.4 to 0.9.0) can return a connection with an open transaction to the pool when
/// the future that runs BEGIN is dropped; the next statement on that connection is then acknowledged and never committed. A
/// handler's future is dropped when its caller cancels the call; a spawned task is not.
///
/// A write whose deadline passes while it waits for a connection is not begun. One that takes until shortly before the deadline is
/// answered like one that got no connection, so that the caller reads UNAVAILABLE; it may still commit.
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
        // The caller has got DEADLINE_EXCEEDED and may have written something else since.
        if deadline::is_over(until) {
            return Err(sqlx::Error::PoolTimedOut.into());
        }
        let value = work(&mut transaction).await?;
        transaction.commit().await?;
        Ok(value)
    };
    match deadline::in_time(tokio::spawn(task.in_current_span())).await {
        None => Err(sqlx::Error::PoolTimedOut.into()),
        Some(Ok(result)) => result,
        Some(Err(error)) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Some(Err(_)) => Err(sqlx::Error::PoolClosed.into()),
    }
}

/// The name of the constraint or unique index that a statement broke.
pub fn broken_constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}

/// Turns one broken constraint into the answer that it means, at the query that may break it; other errors stay as they are.
///
/// ```ignore
/// .execute(tx)
/// .await
/// .map_err(on_constraint("members_by_email", || Error::conflict("email", "the address is taken")))?;
/// ```
pub fn on_constraint<E: From<sqlx::Error>>(name: &str, answer: impl FnOnce() -> E) -> impl FnOnce(sqlx::Error) -> E {
    move |error| match broken_constraint(&error) {
        Some(broken) if broken == name => answer(),
        _ => error.into(),
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
        // Classes of SQLSTATE: 57 operator intervention (starting, stopping, session terminated), 08 connection, 53 resources,
        // 40 transaction rollback (serialization failure, deadlock).
        sqlx::Error::Database(cause) => match cause.code().as_deref() {
            Some(code) if ["57", "08", "53", "40"].iter().any(|class| code.starts_with(class)) => Kind::Unavailable,
            _ => Kind::Internal,
        },
        _ => Kind::Internal,
    }
}
