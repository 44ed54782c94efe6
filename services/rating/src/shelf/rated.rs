//! The effect of ratings on the shelf. A member who rates a movie has seen it, so the first rating takes the movie off the shelf
//! where it was a wish or being watched. Clearing the rating puts it back, unless the member has moved it since. The state "not
//! interested" stays.
//!
//! This applies to ratings given by hand. An imported file has its own shelf rows, and undoing the import restores what they
//! replaced.

use messaging::outbox;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{State, event};
use crate::{
    error::Error,
    ids::{MemberId, MovieId},
};

type Pair = (MemberId, MovieId);

struct Moved {
    member_id: MemberId,
    movie_id: MovieId,
    state: Option<State>,
    version: i64,
    changed_at: OffsetDateTime,
}

/// Takes first-rated movies off the shelf and puts movies back whose rating was cleared. Rows are locked in the order of their
/// key, as ratings are, so that two replicas wait for each other in one order instead of deadlocking.
pub(crate) async fn follow(tx: &mut PgConnection, rated: &[Pair], cleared: &[Pair]) -> Result<(), Error> {
    let mut moved = Vec::new();
    if !rated.is_empty() {
        moved.extend(take_off(tx, rated).await?);
    }
    if !cleared.is_empty() {
        moved.extend(put_back(tx, cleared).await?);
    }
    let events = moved
        .iter()
        .map(|row| event(row.member_id, row.movie_id, row.state, row.version, row.changed_at));
    Ok(outbox::push_all(tx, &events.collect::<Vec<_>>()).await?)
}

async fn take_off(tx: &mut PgConnection, rated: &[Pair]) -> Result<Vec<Moved>, Error> {
    let (members, movies): (Vec<MemberId>, Vec<MovieId>) = rated.iter().copied().unzip();
    let moved = sqlx::query_as!(
        Moved,
        r#"with found as (
               select member_id, movie_id from shelf
               join unnest($1::uuid[], $2::uuid[]) as pair (member_id, movie_id) using (member_id, movie_id)
               where state in (1, 2) order by member_id, movie_id for update of shelf)
           update shelf set state = null, version = version + 1, changed_at = now(),
                  rated_state = state, rated_since = changed_at, rated_version = version + 1
           from found where shelf.member_id = found.member_id and shelf.movie_id = found.movie_id
           returning shelf.member_id as "member_id: MemberId", shelf.movie_id as "movie_id: MovieId",
                     state as "state: State", version, changed_at"#,
        &members as &[MemberId],
        &movies as &[MovieId],
    )
    .fetch_all(tx)
    .await?;
    Ok(moved)
}

async fn put_back(tx: &mut PgConnection, cleared: &[Pair]) -> Result<Vec<Moved>, Error> {
    let (members, movies): (Vec<MemberId>, Vec<MovieId>) = cleared.iter().copied().unzip();
    let moved = sqlx::query_as!(
        Moved,
        r#"with found as (
               select member_id, movie_id from shelf
               join unnest($1::uuid[], $2::uuid[]) as pair (member_id, movie_id) using (member_id, movie_id)
               where state is null and rated_version = version order by member_id, movie_id for update of shelf)
           update shelf set state = rated_state, version = version + 1, changed_at = rated_since
           from found where shelf.member_id = found.member_id and shelf.movie_id = found.movie_id
           returning shelf.member_id as "member_id: MemberId", shelf.movie_id as "movie_id: MovieId",
                     state as "state: State", version, changed_at"#,
        &members as &[MemberId],
        &movies as &[MovieId],
    )
    .fetch_all(tx)
    .await?;
    Ok(moved)
}
