//! Compares the copy of popularity with its owner, rating, and corrects it: after a lost event, a restored backup, or on the
//! first start beside ratings that are older than this database.
//!
//! Copy and owner's view both lag behind a little, each by its own amount, so a difference seen once means nothing. One
//! that two looks agree on is real. It is corrected only where the copy is still what the second look saw: a
//! comparison in another replica, or an event in between, makes this one do nothing, and the next will see.

use std::collections::HashMap;
use std::time::Duration;

use chassis::client::Channel;
use chassis::shutdown::Stop;
use futures::FutureExt as _;
use matcha_protos::rating::v1::GetStatisticsRequest;
use matcha_protos::rating::v1::rating_service_client::RatingServiceClient;
use messaging::postgres;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::next_generation;

/// Movies compared with one call; rating's limit.
const PAGE: usize = 500;

/// What a comparison did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    pub compared: usize,
    pub corrected: usize,
}

type Rating = RatingServiceClient<Channel>;

/// Compares again and again until the stop. What fails is said and tried again: a copy that cannot be compared still serves.
pub(crate) async fn run(
    pool: PgPool,
    rating: Rating,
    every: Duration,
    settle: Duration,
    stop: Stop,
) -> anyhow::Result<()> {
    let mut pause = settle;
    while stop.until(tokio::time::sleep(pause)).await.is_some() {
        pause = every;
        match once(&pool, &rating, settle, &stop).await {
            Ok(done) if done.corrected > 0 => {
                tracing::warn!(
                    corrected = done.corrected,
                    compared = done.compared,
                    "popularity had drifted"
                );
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(error = %format!("{error:#}"), "cannot compare popularity with rating"),
        }
    }
    Ok(())
}

/// Count and sum of the ratings of a movie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Figures {
    count: i64,
    sum: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Difference {
    mine: Figures,
    theirs: Figures,
}

impl Difference {
    fn drift(&self) -> (i64, i64) {
        (self.theirs.count - self.mine.count, self.theirs.sum - self.mine.sum)
    }
}

/// One comparison of every movie, and the corrections.
pub(crate) async fn once(pool: &PgPool, rating: &Rating, settle: Duration, stop: &Stop) -> anyhow::Result<Reconciled> {
    let mut done = Reconciled::default();
    let mut suspected = HashMap::new();
    let mut after = Uuid::nil();
    loop {
        // Ratings may be counted for a movie that is not published here yet.
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "select id from movie where id > $1 union select movie_id from popularity where movie_id > $1
             order by 1 limit $2",
        )
        .bind(after)
        .bind(PAGE as i64)
        .fetch_all(pool)
        .await?;
        let Some(last) = ids.last() else { break };
        after = *last;
        done.compared += ids.len();
        suspected.extend(differences(pool, rating, &ids).await?);
    }
    if suspected.is_empty() || stop.until(tokio::time::sleep(settle)).await.is_none() {
        return Ok(done);
    }
    let ids: Vec<Uuid> = suspected.keys().copied().collect();
    for page in ids.chunks(PAGE) {
        let mut agreed = differences(pool, rating, page).await?;
        agreed.retain(|id, again| suspected.get(id).is_some_and(|first| first.drift() == again.drift()));
        if !agreed.is_empty() {
            done.corrected += postgres::write(pool, move |tx| correct(tx, agreed).boxed()).await?;
        }
    }
    metrics::counter!("popularity_corrected_total").increment(done.corrected as u64);
    Ok(done)
}

/// Where copy and owner differ.
async fn differences(pool: &PgPool, rating: &Rating, ids: &[Uuid]) -> anyhow::Result<HashMap<Uuid, Difference>> {
    let rows: Vec<(Uuid, i64, i64)> =
        sqlx::query_as("select movie_id, rating_count, rating_sum from popularity where movie_id = any($1)")
            .bind(ids)
            .fetch_all(pool)
            .await?;
    let copy: HashMap<Uuid, Figures> = rows
        .into_iter()
        .map(|(id, count, sum)| (id, Figures { count, sum }))
        .collect();
    let request = GetStatisticsRequest {
        movie_ids: ids.iter().map(Uuid::to_string).collect(),
    };
    let mut different = HashMap::new();
    for owned in rating.clone().get_statistics(request).await?.into_inner().statistics {
        let id: Uuid = owned.movie_id.parse()?;
        let mine = copy.get(&id).copied().unwrap_or(Figures { count: 0, sum: 0 });
        let theirs = Figures {
            count: owned.count,
            sum: owned.sum,
        };
        if mine != theirs {
            different.insert(id, Difference { mine, theirs });
        }
    }
    Ok(different)
}

async fn correct(tx: &mut PgConnection, differences: HashMap<Uuid, Difference>) -> sqlx::Result<usize> {
    let generation = next_generation(tx).await?;
    let ids: Vec<Uuid> = differences.keys().copied().collect();
    let column = |of: fn(&Difference) -> i64| differences.values().map(of).collect::<Vec<_>>();
    sqlx::query(
        "insert into popularity (movie_id, rating_count, rating_sum, generation)
         select id, 0, 0, $2 from unnest($1::uuid[]) as id on conflict do nothing",
    )
    .bind(&ids)
    .bind(generation)
    .execute(&mut *tx)
    .await?;
    let corrected = sqlx::query(
        "update popularity set rating_count = new_count, rating_sum = new_sum, generation = $6
         from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
             as seen(id, old_count, old_sum, new_count, new_sum)
         where movie_id = id and rating_count = old_count and rating_sum = old_sum",
    )
    .bind(&ids)
    .bind(column(|difference| difference.mine.count))
    .bind(column(|difference| difference.mine.sum))
    .bind(column(|difference| difference.theirs.count))
    .bind(column(|difference| difference.theirs.sum))
    .bind(generation)
    .execute(tx)
    .await?;
    Ok(usize::try_from(corrected.rows_affected()).unwrap_or(usize::MAX))
}
