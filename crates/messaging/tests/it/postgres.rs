//! Writes whose callers cancel (sqlx 0.8.4 to 0.9.0 can lose acknowledged writes when BEGIN is cancelled), and readiness.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use chassis::{admin::Readiness, deadline, shutdown::Stop};
use messaging::postgres;
use testing::{Stores, eventually};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_when_callers_hang_up_at_any_moment() {
    let url = Stores::shared().database("messaging").await;
    // Few connections, so that cancelled and surviving writes share them.
    let pool = postgres::pool(&url, 3).unwrap();
    sqlx::query("create table note (number int primary key)")
        .execute(&pool)
        .await
        .unwrap();

    let acknowledged = Arc::new(Mutex::new(HashSet::new()));
    let mut calls = JoinSet::new();
    for number in 0..2_000_i32 {
        let (pool, acknowledged) = (pool.clone(), acknowledged.clone());
        calls.spawn(async move {
            let write = postgres::write::<(), sqlx::Error, _>(&pool, move |tx| {
                Box::pin(async move {
                    sqlx::query("insert into note values ($1)")
                        .bind(number)
                        .execute(tx)
                        .await?;
                    Ok(())
                })
            });
            // Every third caller hangs up after some hundred microseconds: during acquire, BEGIN, the insert or COMMIT.
            let patience = match number % 3 {
                0 => Duration::from_micros(u64::from(number.unsigned_abs() * 7919 % 3000)),
                _ => Duration::from_secs(30),
            };
            if let Ok(Ok(())) = tokio::time::timeout(patience, write).await {
                acknowledged.lock().unwrap().insert(number);
            }
        });
        if number % 64 == 63 {
            while calls.len() > 16 {
                calls.join_next().await;
            }
        }
    }
    while calls.join_next().await.is_some() {}

    let kept: Vec<i32> = sqlx::query_scalar("select number from note")
        .fetch_all(&pool)
        .await
        .unwrap();
    let kept: HashSet<i32> = kept.into_iter().collect();
    let acknowledged = acknowledged.lock().unwrap();
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(
        acknowledged.len() > 1_000,
        "only {} were acknowledged",
        acknowledged.len()
    );
    assert!(lost.is_empty(), "{} acknowledged writes are gone", lost.len());
}

#[tokio::test]
async fn a_write_that_waited_past_its_deadline_is_not_made() {
    let url = Stores::shared().database("messaging").await;
    let pool = postgres::pool(&url, 1).unwrap();
    sqlx::query("create table note (number int primary key)")
        .execute(&pool)
        .await
        .unwrap();
    let insert = |number: i32| {
        postgres::write::<(), sqlx::Error, _>(&pool, move |tx| {
            Box::pin(async move {
                sqlx::query("insert into note values ($1)")
                    .bind(number)
                    .execute(tx)
                    .await?;
                Ok(())
            })
        })
    };

    // The only connection is taken, and returned after the first caller's deadline.
    let taken = pool.acquire().await.unwrap();
    let patience = Duration::from_millis(200);
    let late = deadline::within(patience, async {
        let late = tokio::time::timeout(patience, insert(1)).await;
        tokio::time::sleep(patience).await;
        late
    });
    let answered = late.await.expect("an answer before the deadline");
    assert!(matches!(answered, Err(sqlx::Error::PoolTimedOut)), "{answered:?}");
    drop(taken);
    // Connections are given in order, so the first write has had its turn before this one.
    insert(2).await.unwrap();
    eventually("the connection is free again", async || pool.num_idle() == 1).await;
    let made: Vec<i32> = sqlx::query_scalar("select number from note")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(made, [2]);
}

#[tokio::test]
async fn readiness_follows_the_database() {
    let stores = Stores::shared();
    let url = stores.database("messaging").await;
    let (_, database) = url.expose().rsplit_once('/').unwrap();
    let superuser = postgres::pool(&stores.setting("POSTGRES_SUPERUSER_URL").parse().unwrap(), 1).unwrap();
    let (readiness, stop) = (Readiness::default(), Stop::new());
    let check = readiness.check("postgres");
    assert_eq!(readiness.missing(), ["postgres"]);
    let _pool = postgres::connect(&url, check, &stop).await.unwrap();
    assert!(readiness.is_ready());

    for (allowed, ready) in [(false, false), (true, true), (false, false)] {
        let allow = format!(
            "alter database {database} with allow_connections {allowed};
             select pg_terminate_backend(pid) from pg_stat_activity where datname = '{database}';"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(allow))
            .execute(&superuser)
            .await
            .unwrap();
        eventually("the readiness has followed", async || readiness.is_ready() == ready).await;
    }
    stop.stop();
}
