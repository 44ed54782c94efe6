//! Holds a service's transaction at a chosen point, so that a test can kill a process exactly there. A trigger of the test's own
//! waits for an advisory lock, which the test holds until it lets go. The product needs no fail point.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::cluster::{Database, wait_until};

/// Any number that nobody else uses in these databases.
const LOCK: i64 = 0x7465_7374;
/// Drops what an interrupted test left.
const DROP: &str = "drop trigger if exists hold_for_test on ";

pub struct Hold {
    /// Holds the lock; if the test ends early, the lock ends with the session and the triggers wait for nothing.
    session: PgConnection,
    tables: &'static [&'static str],
}

impl Hold {
    /// Holds the COMMIT of each transaction that changes one of the tables: its statements are done, and it is not yet durable.
    pub async fn commits(database: Database, tables: &'static [&'static str]) -> Self {
        let when = "create constraint trigger hold_for_test after insert or update or delete on";
        Self::new(database, tables, when, "deferrable initially deferred for each row").await
    }

    /// Holds each DELETE from the table before it takes anything away.
    pub async fn deletes(database: Database, tables: &'static [&'static str]) -> Self {
        let when = "create trigger hold_for_test before delete on";
        Self::new(database, tables, when, "for each statement").await
    }

    async fn new(database: Database, tables: &'static [&'static str], when: &str, each: &str) -> Self {
        let mut session = PgConnection::connect(database.url()).await.unwrap();
        let function = format!(
            "create or replace function hold_for_test() returns trigger language plpgsql as $$
             begin perform pg_advisory_xact_lock_shared({LOCK}); return null; end $$"
        );
        run(&mut session, function).await;
        // A transaction for each table: two at once could wait for a write that waits for the other.
        for table in tables {
            let trigger = format!("{when} {table} {each} execute function hold_for_test()");
            run(&mut session, format!("{DROP}{table}; {trigger}")).await;
        }
        // Last: a transaction that is held already would keep the next trigger from being made.
        run(&mut session, format!("select pg_advisory_lock({LOCK})")).await;
        Self { session, tables }
    }

    /// Waits until so many transactions are held.
    pub async fn wait_for(&mut self, count: usize) {
        let session = tokio::sync::Mutex::new(&mut self.session);
        wait_until("a transaction is held", async || {
            waiting(*session.lock().await).await.len() >= count
        })
        .await;
    }

    /// Ends the held sessions, as the server does when it notices that their client died. While they wait for a lock it does not
    /// notice, and would go on with them.
    pub async fn end_held(&mut self) {
        for pid in waiting(&mut self.session).await {
            sqlx::query("select pg_terminate_backend($1)")
                .bind(pid)
                .execute(&mut self.session)
                .await
                .unwrap();
        }
    }

    pub async fn release(mut self) {
        run(&mut self.session, format!("select pg_advisory_unlock({LOCK})")).await;
        for table in self.tables {
            run(&mut self.session, format!("{DROP}{table}")).await;
        }
    }
}

async fn run(session: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(session).await.unwrap();
}

async fn waiting(session: &mut PgConnection) -> Vec<i32> {
    sqlx::query_scalar(
        "select pid from pg_locks where locktype = 'advisory' and objid::bigint = $1 and not granted
         and database = (select oid from pg_database where datname = current_database())",
    )
    .bind(LOCK)
    .fetch_all(session)
    .await
    .unwrap()
}

/// Locks a table against every statement, reads included, until it is dropped.
pub struct TableLock {
    /// The lock lives as long as the session.
    _session: PgConnection,
    table: String,
    pool: PgPool,
}

impl TableLock {
    pub async fn take(database: Database, table: &str) -> Self {
        let mut session = PgConnection::connect(database.url()).await.unwrap();
        let sql = format!("begin; lock table {table} in access exclusive mode");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session).await.unwrap();
        Self {
            _session: session,
            table: table.to_owned(),
            pool: database.pool(),
        }
    }

    /// Waits until a statement that contains the text waits for the table.
    pub async fn wait_for(&self, statement: &str) {
        wait_until("a statement waits for the table", async || {
            let waiting: i64 = sqlx::query_scalar(
                "select count(*) from pg_locks join pg_class on pg_class.oid = relation
                 join pg_stat_activity using (pid)
                 where relname = $1 and not granted and strpos(query, $2) > 0",
            )
            .bind(&self.table)
            .bind(statement)
            .fetch_one(&self.pool)
            .await
            .unwrap();
            waiting > 0
        })
        .await;
    }
}
