//! Rating a movie and clearing a rating: the domain types, the two RPCs, the operator's bulk import, and their shared transaction.
//! `list` reads the ratings of a member.
//!
//! Concurrent writes share a transaction (group commit). While one commits, the calls that arrive wait in a queue; the next
//! transaction writes them all. Each call is still answered only after its commit.

pub(crate) mod list;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use chassis::{coalesce::Coalescer, deadline, telemetry};
use matcha_protos::{
    events::v1::RatingChanged,
    rating::v1::{
        ClearRatingRequest, ClearRatingResponse, ImportRating, ImportRatingsRequest, ImportRatingsResponse,
        RateRequest, RateResponse,
    },
};
use messaging::{
    events::Event,
    outbox::{self, Nudge},
    postgres,
};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;

use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{MemberId, MovieId},
    shelf,
    timestamp::invalid_rated_at,
};

/// Calls that may share a transaction; with more, locks are held longer without gain in throughput.
const MAX_BATCH: usize = 256;
const MAX_IMPORTED: usize = 5000;

/// Half steps: 1 to 10 for 0.5 to 5.0 stars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct Stars(i16);

impl TryFrom<i32> for Stars {
    type Error = Error;

    fn try_from(stars: i32) -> Result<Self, Error> {
        match i16::try_from(stars) {
            Ok(value @ 1..=10) => Ok(Self(value)),
            _ => Err(Error::invalid("stars", format!("stars go from 1 to 10, not {stars}"))),
        }
    }
}

impl Stars {
    /// The index of their bar in a histogram of ten.
    pub(crate) fn bar(self) -> usize {
        usize::try_from(self.0 - 1).expect("stars go from 1 to 10")
    }
}

impl From<Stars> for i32 {
    fn from(stars: Stars) -> Self {
        stars.0.into()
    }
}

/// A member's rating of a movie, as it shall become.
pub(crate) struct Change {
    member: MemberId,
    movie: MovieId,
    /// `None`: cleared.
    stars: Option<Stars>,
    rated_at: OffsetDateTime,
    /// The trace of the request: the transaction serves many requests, but each event continues its own trace.
    traceparent: Option<String>,
    /// The deadline of the request, if it has one.
    deadline: Option<Instant>,
}

/// What the caller of a change reads, after its commit.
pub(crate) struct Committed {
    version: i64,
    rated_count: i64,
}

/// The queue in which changes wait for the next transaction.
pub(crate) type Changes = Coalescer<Change, Committed, Error>;

pub(crate) async fn rate(service: &Service, member: MemberId, request: RateRequest) -> Result<RateResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let stars = Stars::try_from(request.stars)?;
    service.movies.ensure_movies_exist(&[movie]).await?;
    let committed = commit(service, Change::now(member, movie, Some(stars))).await?;
    Ok(RateResponse {
        stars: stars.into(),
        version: committed.version,
        rated_count: committed.rated_count,
    })
}

/// Does not check that the movie exists: a movie that does not exist has no rating, and clearing a missing rating succeeds.
pub(crate) async fn clear(
    service: &Service,
    member: MemberId,
    request: ClearRatingRequest,
) -> Result<ClearRatingResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let committed = commit(service, Change::now(member, movie, None)).await?;
    Ok(ClearRatingResponse {
        rated_count: committed.rated_count,
    })
}

/// Queues a change and waits for its commit. While the database is away, a change waits for the batch before it and then in its own,
/// which together take longer than the caller waits.
async fn commit(service: &Service, change: Change) -> Result<Committed, Error> {
    let committed = deadline::in_time(service.changes.call(change)).await;
    committed.unwrap_or(Err(Error::Unconfirmed))
}

/// The operator's bulk import. It has a transaction of its own, so that thousands of ratings do not delay the members' queue. It takes
/// nothing off the shelf: only a rating given by hand does.
pub(crate) async fn import(service: &Service, request: ImportRatingsRequest) -> Result<ImportRatingsResponse, Error> {
    ensure_at_most("ratings", request.ratings.len(), MAX_IMPORTED)?;
    let changes = request.ratings.into_iter().map(Change::try_from);
    let changes = changes.collect::<Result<Vec<_>, _>>()?;
    let movies: Vec<MovieId> = changes.iter().map(|change| change.movie).collect();
    service.movies.ensure_movies_exist(&movies).await?;
    let changed = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let applied = apply(tx, &changes.iter().collect::<Vec<_>>()).await?;
            Ok::<_, Error>(applied.iter().filter(|applied| applied.changed).count())
        })
    })
    .await?;
    service.nudge.nudge();
    Ok(ImportRatingsResponse {
        changed: changed.try_into().expect("an import has at most 5,000 ratings"),
    })
}

impl Change {
    fn now(member: MemberId, movie: MovieId, stars: Option<Stars>) -> Self {
        Self {
            member,
            movie,
            stars,
            rated_at: OffsetDateTime::now_utc(),
            traceparent: telemetry::traceparent(),
            deadline: deadline::at(),
        }
    }

    /// A change by a background task, outside any request.
    pub(crate) fn of(member: MemberId, movie: MovieId, stars: Option<Stars>, rated_at: OffsetDateTime) -> Self {
        Self {
            member,
            movie,
            stars,
            rated_at,
            traceparent: None,
            deadline: None,
        }
    }

    fn pair(&self) -> (MemberId, MovieId) {
        (self.member, self.movie)
    }

    fn event(&self, row: &Upserted) -> Event {
        let changed = RatingChanged {
            member_id: self.member.to_string(),
            movie_id: self.movie.to_string(),
            old_stars: row.previous_stars.map(Into::into),
            new_stars: self.stars.map(Into::into),
            version: row.version,
            rated_at: self.rated_at.unix_timestamp(),
        };
        let aggregate = format!("{}/{}", self.member, self.movie);
        Event {
            traceparent: self.traceparent.clone(),
            ..Event::new("rating.changed", aggregate, row.version, &changed)
        }
    }
}

impl TryFrom<ImportRating> for Change {
    type Error = Error;

    fn try_from(rating: ImportRating) -> Result<Self, Error> {
        let member = MemberId::parse(&rating.member_id)?;
        let movie = MovieId::parse(&rating.movie_id)?;
        let stars = Stars::try_from(rating.stars)?;
        let mut change = Self::now(member, movie, Some(stars));
        if rating.rated_at != 0 {
            let rated_at = OffsetDateTime::from_unix_timestamp(rating.rated_at);
            let rated_at = rated_at.map_err(|_| invalid_rated_at())?;
            if rating.rated_at < 0 || rated_at > change.rated_at {
                return Err(invalid_rated_at());
            }
            change.rated_at = rated_at;
        }
        Ok(change)
    }
}

/// Starts the queue. Requests are validated before they enter it, so that none can fail the others of its batch. One batch runs at a
/// time, so that the changes of a pair are written in the order of their calls.
pub(crate) fn queue(db: PgPool, nudge: Nudge) -> Changes {
    Coalescer::new("ratings", MAX_BATCH, 1, move |changes| {
        let (db, nudge) = (db.clone(), nudge.clone());
        async move {
            let changes = Arc::new(changes);
            let mut written = write_batch(&db, &changes).await;
            if written.as_ref().is_err_and(Error::is_deadlock) {
                written = write_batch(&db, &changes).await;
            }
            match written {
                Ok(committed) => {
                    nudge.nudge();
                    committed
                }
                Err(error) => changes.iter().map(|_| Err(error.clone())).collect(),
            }
        }
    })
}

/// Writes a batch in one transaction; returns an answer for each change after the commit.
async fn write_batch(db: &PgPool, changes: &Arc<Vec<Change>>) -> Result<Vec<Result<Committed, Error>>, Error> {
    let changes = changes.clone();
    postgres::write(db, move |tx| {
        Box::pin(async move { write_unless_late(tx, &changes).await })
    })
    .await
}

/// Writes the changes whose deadline has not passed; the others are answered with `Error::Late`.
async fn write_unless_late(tx: &mut PgConnection, changes: &[Change]) -> Result<Vec<Result<Committed, Error>>, Error> {
    // The wait for a connection may have been long. A caller whose deadline passed may have written something newer through
    // another replica, which a late write would undo.
    let is_late: Vec<bool> = changes
        .iter()
        .map(|change| deadline::is_over(change.deadline))
        .collect();
    let in_time = changes.iter().zip(&is_late).filter(|(_, late)| !**late);
    let in_time: Vec<&Change> = in_time.map(|(change, _)| change).collect();
    let mut written = write_with_shelf(tx, &in_time).await?.into_iter();
    let answers = is_late.into_iter().map(|late| match late {
        true => Err(Error::Late),
        false => Ok(written.next().expect("one for each change in time")),
    });
    Ok(answers.collect())
}

/// Writes all of these changes and what follows from them on the shelf.
async fn write_with_shelf(tx: &mut PgConnection, changes: &[&Change]) -> Result<Vec<Committed>, Error> {
    let applied = apply(tx, changes).await?;
    let (rated, cleared) = transitions(changes, &applied);
    shelf::rated::follow(tx, &rated, &cleared).await?;
    let members: HashSet<MemberId> = changes.iter().map(|change| change.member).collect();
    let counts = count(tx, &members.into_iter().collect::<Vec<_>>()).await?;
    let committed = changes.iter().zip(applied).map(|(change, applied)| Committed {
        version: applied.version,
        rated_count: counts.get(&change.member).copied().unwrap_or(0),
    });
    Ok(committed.collect())
}

type Pair = (MemberId, MovieId);

/// Whether a pair was rated before the batch, and whether it is after.
struct Transition {
    was_rated: bool,
    is_rated: bool,
}

/// The pairs that became rated and those that became unrated, by all changes of a pair together.
fn transitions(changes: &[&Change], applied: &[Applied]) -> (Vec<Pair>, Vec<Pair>) {
    let mut transitions: HashMap<Pair, Transition> = HashMap::new();
    for (change, applied) in changes.iter().zip(applied).filter(|(_, applied)| applied.changed) {
        let was_rated = applied.previous_stars.is_some();
        let is_rated = change.stars.is_some();
        transitions
            .entry(change.pair())
            // The first change of a pair knows the state before the batch, the last one the state after it.
            .and_modify(|transition| transition.is_rated = is_rated)
            .or_insert(Transition { was_rated, is_rated });
    }
    let (mut rated, mut cleared) = (Vec::new(), Vec::new());
    for (pair, transition) in transitions {
        match (transition.was_rated, transition.is_rated) {
            (false, true) => rated.push(pair),
            (true, false) => cleared.push(pair),
            (true, true) | (false, false) => {}
        }
    }
    (rated, cleared)
}

/// The number of movies that each of these members has rated; members without ratings are left out.
pub(crate) async fn count(
    connection: &mut PgConnection,
    members: &[MemberId],
) -> Result<HashMap<MemberId, i64>, Error> {
    let counts = sqlx::query!(
        r#"select member_id as "member: MemberId", count(*) as "count!" from ratings
           where member_id = any($1) and stars is not null group by member_id"#,
        members as &[MemberId],
    )
    .fetch_all(connection)
    .await?;
    Ok(counts.into_iter().map(|row| (row.member, row.count)).collect())
}

/// The result of a change within the transaction.
#[derive(Clone, Default)]
pub(crate) struct Applied {
    /// 0 if there was nothing to clear.
    pub(crate) version: i64,
    pub(crate) changed: bool,
    /// The replaced stars, if the change made a difference.
    pub(crate) previous_stars: Option<Stars>,
}

/// Applies the changes in their order, with an outbox event for each that made a difference.
pub(crate) async fn apply(tx: &mut PgConnection, changes: &[&Change]) -> Result<Vec<Applied>, Error> {
    let mut applied = vec![Applied::default(); changes.len()];
    let mut events = Vec::new();
    for round in rounds(changes) {
        let changed = upsert(tx, &round).await?;
        let (different, same): (Vec<_>, Vec<_>) = round
            .into_iter()
            .partition(|(_, change)| changed.contains_key(&change.pair()));
        for (place, change) in different {
            let row = &changed[&change.pair()];
            events.push(change.event(row));
            applied[place] = Applied {
                version: row.version,
                changed: true,
                previous_stars: row.previous_stars,
            };
        }
        let versions = versions(tx, &same).await?;
        for (place, change) in same {
            applied[place].version = versions.get(&change.pair()).copied().unwrap_or(0);
        }
    }
    outbox::push_all(tx, &events).await?;
    Ok(applied)
}

/// Changes with their places in the batch, each pair at most once.
type Round<'a> = Vec<(usize, &'a Change)>;

/// One statement cannot change a row twice, so several changes of one pair go into successive rounds.
fn rounds<'a>(changes: &[&'a Change]) -> Vec<Round<'a>> {
    let mut rounds: Vec<Round<'a>> = Vec::new();
    let mut met = HashMap::new();
    for (place, change) in changes.iter().enumerate() {
        let round = met.entry(change.pair()).or_insert(0);
        if rounds.len() == *round {
            rounds.push(Vec::new());
        }
        rounds[*round].push((place, change));
        *round += 1;
    }
    rounds
}

struct Upserted {
    previous_stars: Option<Stars>,
    version: i64,
}

/// Returns the rows that changed.
async fn upsert(
    tx: &mut PgConnection,
    round: &[(usize, &Change)],
) -> Result<HashMap<(MemberId, MovieId), Upserted>, Error> {
    let (members, movies) = columns(round);
    let stars: Vec<_> = round.iter().map(|(_, change)| change.stars).collect();
    let times: Vec<_> = round.iter().map(|(_, change)| change.rated_at).collect();
    // Rows are locked in key order, so replicas do not deadlock. A later round repeats pairs whose rows are locked already. If a
    // pair was first cleared and has no row, nothing is locked; a deadlock is then possible, and `queue` tries once more.
    // Clearing must not insert a row. A scalar subquery is used because Postgres always plans it as a key look-up; `exists` may
    // become a join.
    let rows = sqlx::query!(
        r#"insert into ratings as rating (member_id, movie_id, stars, version, rated_at)
           select member_id, movie_id, stars, 1, rated_at
           from unnest($1::uuid[], $2::uuid[], $3::smallint[], $4::timestamptz[])
                as change (member_id, movie_id, stars, rated_at)
           where stars is not null
              or (select version from ratings as old
                  where old.member_id = change.member_id and old.movie_id = change.movie_id) is not null
           order by member_id, movie_id
           on conflict (member_id, movie_id) do update
           set previous_stars = rating.stars, stars = excluded.stars,
               version = rating.version + 1, rated_at = excluded.rated_at
           where rating.stars is distinct from excluded.stars
           returning member_id as "member: MemberId", movie_id as "movie: MovieId",
                     previous_stars as "previous_stars: Stars", version"#,
        &members as &[MemberId],
        &movies as &[MovieId],
        &stars as &[Option<Stars>],
        &times,
    )
    .fetch_all(tx)
    .await?;
    let rows = rows.into_iter().map(|row| {
        let upserted = Upserted {
            previous_stars: row.previous_stars,
            version: row.version,
        };
        ((row.member, row.movie), upserted)
    });
    Ok(rows.collect())
}

/// Versions of the rows that a round did not change; the upsert has locked them, so they are stable until the commit.
async fn versions(
    tx: &mut PgConnection,
    same: &[(usize, &Change)],
) -> Result<HashMap<(MemberId, MovieId), i64>, Error> {
    if same.is_empty() {
        return Ok(HashMap::new());
    }
    let (members, movies) = columns(same);
    let rows = sqlx::query!(
        r#"select member_id as "member!: MemberId", movie_id as "movie!: MovieId", version
           from unnest($1::uuid[], $2::uuid[]) as pair (member_id, movie_id)
           join ratings using (member_id, movie_id)"#,
        &members as &[MemberId],
        &movies as &[MovieId],
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ((row.member, row.movie), row.version))
        .collect())
}

fn columns(round: &[(usize, &Change)]) -> (Vec<MemberId>, Vec<MovieId>) {
    round.iter().map(|(_, change)| change.pair()).unzip()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use testing::Stores;
    use uuid::Uuid;

    use super::*;

    // No client can see `Error::Late`: by then its call has been answered. So the test writes a batch by itself, with a
    // deadline that has passed.
    #[tokio::test]
    async fn a_change_whose_deadline_passed_is_not_written_and_fails_no_other() {
        let url = Stores::shared().database("rating").await;
        let db = postgres::pool(&url, 1).expect("an address of the test stores");
        sqlx::migrate!().run(&db).await.expect("the migrations run");
        let (member, now) = (MemberId(Uuid::now_v7()), Instant::now());
        let change = |stars: i32, deadline: Option<Instant>| Change {
            deadline,
            ..Change::of(
                member,
                MovieId(Uuid::now_v7()),
                Stars::try_from(stars).ok(),
                OffsetDateTime::now_utc(),
            )
        };
        let changes = Arc::new(vec![
            change(4, None),
            change(6, Some(now)),
            change(8, Some(now + Duration::from_secs(3600))),
        ]);
        let answers = write_batch(&db, &changes).await.expect("the transaction commits");
        assert!(matches!(answers.as_slice(), [Ok(_), Err(Error::Late), Ok(_)]));
        let written: Vec<i16> = sqlx::query_scalar("select stars from ratings order by stars")
            .fetch_all(&db)
            .await
            .expect("the ratings are there");
        assert_eq!(written, [4, 8]);
    }
}
