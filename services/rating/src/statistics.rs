//! The materialised view `movie_stats`: reading it, projecting events into it, rebuilding it.
//!
//! `movie_stats` always equals the sum over `ratings.projected_stars`: the projector updates both in one transaction. An event
//! may therefore come twice, late or never, and the projector may be killed at any moment.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use anyhow::anyhow;
use chassis::{coalesce::Coalescer, shutdown::Stop};
use matcha_protos::{
    events::v1::RatingChanged,
    rating::v1::{GetStatisticsRequest, GetStatisticsResponse, MovieStatistics},
};
use messaging::{
    events::{Delivery, Failure, Outcome},
    postgres,
};
use sqlx::{PgConnection, PgPool};

use crate::{
    Service,
    error::Error,
    ids::{MemberId, MovieId},
    ratings::Stars,
};

const CATCH_UP_AT_ONCE: i64 = 1000;

pub(crate) type Queue = Coalescer<Vec<MovieId>, GetStatisticsResponse, Error>;

pub(crate) async fn get(service: &Service, request: GetStatisticsRequest) -> Result<GetStatisticsResponse, Error> {
    let movies = MovieId::parse_all(&request.movie_ids)?;
    service.statistics.call(movies).await
}

pub(crate) fn queue(db: PgPool) -> Queue {
    Coalescer::new("statistics", 64, 2, move |reads: Vec<Vec<MovieId>>| {
        let db = db.clone();
        async move {
            match find(&db, &reads).await {
                Ok(answers) => answers.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error); reads.len()],
            }
        }
    })
}

/// The counts of a movie, which may have ratings and no comments, or comments and no ratings.
struct Counts {
    movie_id: MovieId,
    rating_count: Option<i64>,
    stars_sum: Option<i64>,
    histogram: Option<Vec<i64>>,
    comment_count: Option<i64>,
}

async fn find(db: &PgPool, reads: &[Vec<MovieId>]) -> Result<Vec<GetStatisticsResponse>, Error> {
    let movies: HashSet<MovieId> = reads.iter().flatten().copied().collect();
    let movies: Vec<MovieId> = movies.into_iter().collect();
    let rows = sqlx::query_as!(
        Counts,
        r#"select movie_id as "movie_id!: MovieId", rating_count as "rating_count?", stars_sum as "stars_sum?",
                  histogram as "histogram?", comment_count as "comment_count?"
           from (select * from movie_stats where movie_id = any($1)) as stats
           full join (select * from comment_counts where movie_id = any($1)) as comments using (movie_id)"#,
        &movies as &[MovieId],
    )
    .fetch_all(db)
    .await?;
    let found: HashMap<MovieId, Counts> = rows.into_iter().map(|row| (row.movie_id, row)).collect();
    let statistics = |&movie: &MovieId| {
        let row = found.get(&movie);
        let count = |of: fn(&Counts) -> Option<i64>| row.and_then(of).unwrap_or(0);
        MovieStatistics {
            movie_id: movie.to_string(),
            count: count(|row| row.rating_count),
            sum: count(|row| row.stars_sum),
            histogram: row.and_then(|row| row.histogram.clone()).unwrap_or_else(|| vec![0; 10]),
            comment_count: count(|row| row.comment_count),
        }
    };
    let answers = reads.iter().map(|movies| GetStatisticsResponse {
        statistics: movies.iter().map(statistics).collect(),
    });
    Ok(answers.collect())
}

/// The state of a pair that an event reports.
#[derive(Clone, Copy)]
struct Fact {
    stars: Option<Stars>,
    version: i64,
}

type Pair = (MemberId, MovieId);

/// The consumer `rating.statistics`. It needs no inbox: the version on the ratings row rejects a duplicate as an inbox would, and
/// also an older event that comes after a newer one, which an inbox would let through.
pub(crate) async fn on_rating_changed(db: &PgPool, deliveries: Vec<Delivery>) -> Vec<Outcome> {
    let read: Vec<Result<(Pair, Fact), Failure>> = deliveries.iter().map(read).collect();
    // Of several events of one pair only the newest matters: the difference to the projected row is the sum of all.
    let mut newest: BTreeMap<Pair, Fact> = BTreeMap::new();
    for &(pair, fact) in read.iter().flatten() {
        let kept = newest.entry(pair).or_insert(fact);
        if kept.version < fact.version {
            *kept = fact;
        }
    }
    let projected = postgres::write(db, |tx| Box::pin(project(tx, newest))).await;
    let outcome = |event: Result<(Pair, Fact), Failure>| match (event, &projected) {
        (Err(broken), _) => broken.into(),
        (Ok((pair, _)), Ok(ahead)) if ahead.contains(&pair) => {
            Outcome::Reject(anyhow!("the event is ahead of its rating: was the database set back?"))
        }
        (Ok(_), Ok(_)) => Outcome::Done,
        (Ok(_), Err(error)) => error.outcome(),
    };
    read.into_iter().map(outcome).collect()
}

fn read(delivery: &Delivery) -> Result<(Pair, Fact), Failure> {
    let changed: RatingChanged = delivery.decode()?;
    let parse = || {
        let pair = (MemberId::parse(&changed.member_id)?, MovieId::parse(&changed.movie_id)?);
        let fact = Fact {
            stars: changed.new_stars.map(Stars::try_from).transpose()?,
            version: changed.version,
        };
        Ok::<_, Error>((pair, fact))
    };
    parse().map_err(|error| Failure::Reject(error.into()))
}

/// Projects these facts into the rows and the view; returns the pairs whose facts are newer than their rating.
async fn project(tx: &mut PgConnection, facts: BTreeMap<Pair, Fact>) -> Result<HashSet<Pair>, Error> {
    // The table lock comes before any row lock, so that a rebuild, which locks the table exclusively, cannot deadlock with this.
    sqlx::query!("lock table movie_stats in row exclusive mode")
        .execute(&mut *tx)
        .await?;
    let (members, movies): (Vec<_>, Vec<_>) = facts.keys().copied().unzip();
    // In the order of the key, as writers lock the rows.
    let rows = sqlx::query!(
        r#"select member_id as "member!: MemberId", movie_id as "movie!: MovieId", rating.version,
                  projected_stars as "projected_stars: Stars", projected_version
           from unnest($1::uuid[], $2::uuid[]) as pair (member_id, movie_id)
           join ratings as rating using (member_id, movie_id)
           order by member_id, movie_id for no key update of rating"#,
        &members as &[MemberId],
        &movies as &[MovieId],
    )
    .fetch_all(&mut *tx)
    .await?;

    let mut ahead: HashSet<Pair> = facts.keys().copied().collect();
    let mut fresh = Vec::with_capacity(rows.len());
    let mut differences: BTreeMap<MovieId, [i64; 10]> = BTreeMap::new();
    for row in rows {
        let pair = (row.member, row.movie);
        let fact = facts[&pair];
        if fact.version > row.version {
            continue;
        }
        ahead.remove(&pair);
        if fact.version <= row.projected_version {
            metrics::counter!("rating_statistics_stale_events_total").increment(1);
            continue;
        }
        let bars = differences.entry(row.movie).or_default();
        if let Some(old) = row.projected_stars {
            bars[old.bar()] -= 1;
        }
        if let Some(new) = fact.stars {
            bars[new.bar()] += 1;
        }
        fresh.push((pair, fact));
    }
    note_projected(tx, &fresh).await?;
    add(tx, &differences).await?;
    Ok(ahead)
}

async fn note_projected(tx: &mut PgConnection, fresh: &[(Pair, Fact)]) -> Result<(), Error> {
    let (members, movies): (Vec<_>, Vec<_>) = fresh.iter().map(|(pair, _)| *pair).unzip();
    let stars: Vec<_> = fresh.iter().map(|(_, fact)| fact.stars).collect();
    let versions: Vec<_> = fresh.iter().map(|(_, fact)| fact.version).collect();
    sqlx::query!(
        "update ratings as rating set projected_stars = fact.stars, projected_version = fact.version
         from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::bigint[])
              as fact (member_id, movie_id, stars, version)
         where rating.member_id = fact.member_id and rating.movie_id = fact.movie_id",
        &members as &[MemberId],
        &movies as &[MovieId],
        &stars as &[Option<Stars>],
        &versions,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Adds to the bars in the order of movie ids, so that two replicas cannot deadlock.
async fn add(tx: &mut PgConnection, differences: &BTreeMap<MovieId, [i64; 10]>) -> Result<(), Error> {
    let movies: Vec<MovieId> = differences.keys().copied().collect();
    let bars: Vec<i64> = differences.values().flatten().copied().collect();
    // Postgres has no ragged arrays: all bars are one flat array, ten for each movie.
    sqlx::query!(
        "insert into movie_stats (movie_id, histogram)
         select movie_id, ($2::bigint[])[10 * place - 9 : 10 * place]
         from unnest($1::uuid[]) with ordinality as difference (movie_id, place)
         order by movie_id
         on conflict (movie_id) do update
         set histogram = (select array_agg(bar + difference order by place)
                          from unnest(movie_stats.histogram, excluded.histogram)
                               with ordinality as bars (bar, difference, place))",
        &movies as &[MovieId],
        &bars,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Projects ratings whose events were lost, as when the broker lost its disk. If such an event comes after all, its version is
/// projected already and it changes nothing.
pub(crate) async fn catch_up(db: PgPool, every: Duration, stop: Stop) -> anyhow::Result<()> {
    // Each round is a sequential scan of the ratings, so rounds are rare.
    while stop.until(tokio::time::sleep(every)).await.is_some() {
        match project_overdue(&db).await {
            Ok(0) => {}
            Ok(found) => {
                metrics::counter!("rating_statistics_caught_up_total").increment(found as u64);
                tracing::warn!(ratings = found, "counted ratings whose events never came");
            }
            Err(error) => tracing::warn!(error = %chassis::error::chain(&error), "cannot look for uncounted ratings"),
        }
    }
    Ok(())
}

/// Projects the ratings that have waited for their event for more than a minute; returns how many.
async fn project_overdue(db: &PgPool) -> Result<usize, Error> {
    let mut found = 0;
    loop {
        let behind = sqlx::query!(
            r#"select member_id as "member: MemberId", movie_id as "movie: MovieId", stars as "stars: Stars", version
               from ratings where projected_version < version and rated_at < now() - interval '1 minute'
               limit $1"#,
            CATCH_UP_AT_ONCE,
        )
        .fetch_all(db)
        .await?;
        let last = (behind.len() as i64) < CATCH_UP_AT_ONCE;
        let facts: BTreeMap<Pair, Fact> = behind
            .into_iter()
            .map(|row| {
                let fact = Fact {
                    stars: row.stars,
                    version: row.version,
                };
                ((row.member, row.movie), fact)
            })
            .collect();
        if !facts.is_empty() {
            found += facts.len();
            postgres::write(db, |tx| Box::pin(project(tx, facts))).await?;
        }
        if last {
            return Ok(found);
        }
    }
}

/// Rebuilds the view in one transaction, while the service serves and events are in flight: an event that comes later finds its
/// version projected. Returns the number of movies.
pub(crate) async fn rebuild(db: &PgPool) -> Result<u64, Error> {
    postgres::write(db, |tx| Box::pin(recount(tx))).await
}

async fn recount(tx: &mut PgConnection) -> Result<u64, Error> {
    sqlx::query!("set local statement_timeout = 0")
        .execute(&mut *tx)
        .await?;
    // Blocks projectors until the commit, but neither readers nor members' writes.
    sqlx::query!("lock table movie_stats in share row exclusive mode")
        .execute(&mut *tx)
        .await?;
    // Only rows whose event is outstanding or lost are locked, so hardly any write has to wait.
    sqlx::query!(
        "update ratings as rating set projected_stars = stars, projected_version = version
         from (select member_id, movie_id from ratings
               where projected_version <> version or projected_stars is distinct from stars
               order by member_id, movie_id for no key update) as behind
         where rating.member_id = behind.member_id and rating.movie_id = behind.movie_id"
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from movie_stats").execute(&mut *tx).await?;
    // Counts projected_stars, not stars: the event of a write since the statement above is still to come.
    let counted = sqlx::query!(
        "insert into movie_stats (movie_id, histogram)
         select movie_id, array[
             count(*) filter (where projected_stars = 1), count(*) filter (where projected_stars = 2),
             count(*) filter (where projected_stars = 3), count(*) filter (where projected_stars = 4),
             count(*) filter (where projected_stars = 5), count(*) filter (where projected_stars = 6),
             count(*) filter (where projected_stars = 7), count(*) filter (where projected_stars = 8),
             count(*) filter (where projected_stars = 9), count(*) filter (where projected_stars = 10)]
         from ratings where projected_stars is not null group by movie_id"
    )
    .execute(tx)
    .await?;
    Ok(counted.rows_affected())
}
