//! The operator's bulk import of watches. A watch that the diary has already is skipped.

use matcha_protos::rating::v1::{ImportWatchesRequest, ImportWatchesResponse};
use messaging::postgres;
use sqlx::PgConnection;

use super::{InvalidDay, Row, lock, remaining_quota, too_many_watches};
use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{MemberId, MovieId, WatchId},
};

const MAX_IMPORTED: usize = 500;

pub(crate) async fn import(service: &Service, request: ImportWatchesRequest) -> Result<ImportWatchesResponse, Error> {
    ensure_at_most("watches", request.watches.len(), MAX_IMPORTED)?;
    let mut watches = Vec::with_capacity(request.watches.len());
    for watch in request.watches {
        let member = MemberId::parse(&watch.member_id)?;
        let watch = Row::try_from(watch.watch.unwrap_or_default())?;
        if watch.watched_on.is_none() {
            return Err(InvalidDay::Unreadable.into());
        }
        watches.push((member, watch));
    }
    let movies: Vec<MovieId> = watches.iter().map(|(_, watch)| watch.movie_id).collect();
    service.movies.ensure_movies_exist(&movies).await?;
    // In one order, so that two imports of the same diaries do not deadlock.
    watches.sort_by_key(|(member, _)| *member);
    let created = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let mut created = 0;
            for (member, watch) in &watches {
                lock(tx, *member).await?;
                created += i32::from(save(tx, *member, watch).await?);
            }
            Ok::<_, Error>(created)
        })
    })
    .await?;
    Ok(ImportWatchesResponse { created })
}

/// Returns whether the watch is new. Call it after `lock`.
async fn save(tx: &mut PgConnection, member: MemberId, watch: &Row) -> Result<bool, Error> {
    // Counted before the insert and checked after it: a watch that the diary has already needs no quota.
    let has_quota = remaining_quota(tx, member).await? > 0;
    let inserted = sqlx::query!(
        "insert into watches (id, member_id, movie_id, watched_on, rewatch, tags, version)
         values ($1, $2, $3, $4, $5, $6, 1) on conflict do nothing",
        watch.id as WatchId,
        member as MemberId,
        watch.movie_id as MovieId,
        watch.watched_on,
        watch.rewatch,
        &watch.tags,
    )
    .execute(tx)
    .await?;
    let is_new = inserted.rows_affected() == 1;
    if is_new && !has_quota {
        return Err(too_many_watches());
    }
    Ok(is_new)
}
