//! What rating does to the shelf. Who rates a movie has seen it: the first rating takes it off where it was a wish or being
//! watched, and clearing the rating, as an undo does, puts it back, unless the member has moved it since. What does not
//! interest stays so.
//!
//! This goes for ratings given by hand. A file that is imported says itself what is on the shelf, and undoing the import puts
//! back what it changed.

use messaging::outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{State, event};
use crate::{
    error::Error,
    ids::{MemberId, MovieId},
};

type Pair = (MemberId, MovieId);

#[derive(sqlx::FromRow)]
struct Moved {
    member_id: MemberId,
    movie_id: MovieId,
    state: Option<State>,
    version: i64,
    changed_at: OffsetDateTime,
}

/// Takes off what was rated for the first time, and puts back what is rated no more. In the order of the key, as ratings are:
/// two replicas wait for each other's rows in one order.
pub(crate) async fn follow(tx: &mut PgConnection, rated: &[Pair], cleared: &[Pair]) -> Result<(), Error> {
    let mut moved = Vec::new();
    if !rated.is_empty() {
        let taken = "with found as (
                 select member_id, movie_id from shelf
                 join unnest($1::uuid[], $2::uuid[]) as pair (member_id, movie_id) using (member_id, movie_id)
                 where state in (1, 2) order by member_id, movie_id for update of shelf)
             update shelf set state = null, version = version + 1, changed_at = now(),
                    rated_state = state, rated_since = changed_at, rated_version = version + 1
             from found where shelf.member_id = found.member_id and shelf.movie_id = found.movie_id
             returning shelf.member_id, shelf.movie_id, state, version, changed_at";
        moved.extend(run(tx, taken, rated).await?);
    }
    if !cleared.is_empty() {
        let put_back = "with found as (
                 select member_id, movie_id from shelf
                 join unnest($1::uuid[], $2::uuid[]) as pair (member_id, movie_id) using (member_id, movie_id)
                 where state is null and rated_version = version order by member_id, movie_id for update of shelf)
             update shelf set state = rated_state, version = version + 1, changed_at = rated_since
             from found where shelf.member_id = found.member_id and shelf.movie_id = found.movie_id
             returning shelf.member_id, shelf.movie_id, state, version, changed_at";
        moved.extend(run(tx, put_back, cleared).await?);
    }
    let events = moved
        .iter()
        .map(|row| event(row.member_id, row.movie_id, row.state, row.version, row.changed_at));
    Ok(outbox::push_all(tx, &events.collect::<Vec<_>>()).await?)
}

async fn run(tx: &mut PgConnection, statement: &'static str, pairs: &[Pair]) -> Result<Vec<Moved>, Error> {
    let (members, movies): (Vec<MemberId>, Vec<MovieId>) = pairs.iter().copied().unzip();
    Ok(sqlx::query_as(statement)
        .bind(members)
        .bind(movies)
        .fetch_all(tx)
        .await?)
}
