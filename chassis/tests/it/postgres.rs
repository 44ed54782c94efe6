//! Writes and the clients who hang up (sqlx 0.8.4 to 0.9.0 can lose acknowledged writes when BEGIN is cancelled).

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use chassis::{postgres, testing::Stores};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_write_is_lost_when_callers_hang_up_at_any_moment() {
    let url = Stores::shared().database("chassis").await;
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
