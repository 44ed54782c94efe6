//! Reconciliation: compares the popularity copy with rating's statistics and corrects it after a lost event, a restored backup,
//! or on the first start beside ratings that are older than this database.
//!
//! Copy and statistics both lag a little, each by its own amount, so a difference found once means nothing; one that two
//! comparisons agree on is real. A correction applies only if the copy is still what the second comparison read: after an
//! event or a correction by another replica in between it does nothing, and the next comparison decides.

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

/// Movies in one comparison: rating's limit for a batch.
const PAGE: usize = 500;

/// The result of a reconciliation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    pub compared: usize,
    pub corrected: usize,
}

type Rating = RatingServiceClient<Channel>;

/// Reconciles periodically until the stop. Errors are logged and retried: without rating, the copy still serves searches.
pub(crate) async fn run(
    db: PgPool,
    rating: Rating,
    every: Duration,
    settle: Duration,
    stop: Stop,
) -> anyhow::Result<()> {
    let mut pause = settle;
    while stop.until(tokio::time::sleep(pause)).await.is_some() {
        pause = every;
        match once(&db, &rating, settle, &stop).await {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Figures {
    count: i64,
    sum: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Difference {
    copy: Figures,
    owner: Figures,
}

impl Difference {
    fn drift(&self) -> (i64, i64) {
        (self.owner.count - self.copy.count, self.owner.sum - self.copy.sum)
    }
}

/// Reconciles all movies once.
pub(crate) async fn once(db: &PgPool, rating: &Rating, settle: Duration, stop: &Stop) -> anyhow::Result<Reconciled> {
    let mut done = Reconciled::default();
    let mut suspected = HashMap::new();
    let mut after = Uuid::nil();
    loop {
        // Popularity may have a movie that is not published here yet.
        let ids = sqlx::query_scalar!(
            r#"select id as "id!" from movie where id > $1 union select movie_id from popularity where movie_id > $1
               order by 1 limit $2"#,
            after,
            PAGE as i64
        )
        .fetch_all(db)
        .await?;
        let Some(last) = ids.last() else { break };
        after = *last;
        done.compared += ids.len();
        suspected.extend(differences(db, rating, &ids).await?);
    }
    if suspected.is_empty() || stop.until(tokio::time::sleep(settle)).await.is_none() {
        return Ok(done);
    }
    let ids: Vec<Uuid> = suspected.keys().copied().collect();
    for page in ids.chunks(PAGE) {
        let mut confirmed = differences(db, rating, page).await?;
        confirmed.retain(|id, again| suspected.get(id).is_some_and(|first| first.drift() == again.drift()));
        if !confirmed.is_empty() {
            done.corrected += postgres::write(db, move |tx| correct(tx, confirmed).boxed()).await?;
        }
    }
    metrics::counter!("popularity_corrected_total").increment(done.corrected as u64);
    Ok(done)
}

/// The movies whose copy differs from rating's statistics.
async fn differences(db: &PgPool, rating: &Rating, ids: &[Uuid]) -> anyhow::Result<HashMap<Uuid, Difference>> {
    let rows = sqlx::query!(
        "select movie_id, rating_count, rating_sum from popularity where movie_id = any($1)",
        ids
    )
    .fetch_all(db)
    .await?;
    let figures = rows.into_iter().map(|row| {
        let figures = Figures {
            count: row.rating_count,
            sum: row.rating_sum,
        };
        (row.movie_id, figures)
    });
    let copies: HashMap<Uuid, Figures> = figures.collect();
    let request = GetStatisticsRequest {
        movie_ids: ids.iter().map(Uuid::to_string).collect(),
    };
    let mut differences = HashMap::new();
    for statistics in rating.clone().get_statistics(request).await?.into_inner().statistics {
        let id: Uuid = statistics.movie_id.parse()?;
        let copy = copies.get(&id).copied().unwrap_or(Figures { count: 0, sum: 0 });
        let owner = Figures {
            count: statistics.count,
            sum: statistics.sum,
        };
        if copy != owner {
            differences.insert(id, Difference { copy, owner });
        }
    }
    Ok(differences)
}

async fn correct(tx: &mut PgConnection, differences: HashMap<Uuid, Difference>) -> sqlx::Result<usize> {
    let generation = next_generation(tx).await?;
    let ids: Vec<Uuid> = differences.keys().copied().collect();
    let column = |of: fn(&Difference) -> i64| differences.values().map(of).collect::<Vec<_>>();
    sqlx::query!(
        "insert into popularity (movie_id, rating_count, rating_sum, generation)
         select id, 0, 0, $2::bigint from unnest($1::uuid[]) as id on conflict do nothing",
        &ids,
        generation
    )
    .execute(&mut *tx)
    .await?;
    let corrected = sqlx::query!(
        "update popularity set rating_count = new_count, rating_sum = new_sum, generation = $6
         from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
             as seen(id, old_count, old_sum, new_count, new_sum)
         where movie_id = id and rating_count = old_count and rating_sum = old_sum",
        &ids,
        &column(|difference| difference.copy.count),
        &column(|difference| difference.copy.sum),
        &column(|difference| difference.owner.count),
        &column(|difference| difference.owner.sum),
        generation
    )
    .execute(tx)
    .await?;
    Ok(usize::try_from(corrected.rows_affected()).unwrap_or(usize::MAX))
}
