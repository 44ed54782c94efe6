//! The background worker that applies and undoes imports, a batch of some hundred rows at a time. One transaction has the changes of
//! a batch, their events and the results on the rows: a crash loses the current batch only, and any replica continues.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chassis::shutdown::Stop;
use messaging::{outbox::Nudge, postgres};
use sqlx::{PgConnection, PgPool};
use tokio::sync::Notify;

use super::{Policy, State, apply, rows::Outcome, undo};
use crate::{
    error::Error,
    ids::{ImportId, ListId, MemberId, MovieId},
    lists, watches,
};

/// Rows of one transaction. A member who rates a movie of the batch waits for it.
pub(super) const BATCH: i64 = 200;
/// Polling finds the imports that other replicas accepted or left when they died.
const POLL: Duration = Duration::from_secs(1);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);

pub(crate) async fn run(db: PgPool, nudge: Nudge, wake_up: Arc<Notify>, stop: Stop) -> anyhow::Result<()> {
    while !stop.is_stopped() {
        let pause = match process_next_batch(&db).await {
            Ok(true) => {
                nudge.nudge();
                continue;
            }
            Ok(false) => POLL,
            Err(error) => {
                tracing::warn!(error = %chassis::error::chain(&error), "cannot process a batch of an import");
                // The import itself may be the cause, so the others go first.
                let _ = requeue(&db).await;
                PAUSE_AFTER_FAILURE
            }
        };
        if let Err(error) = delete_expired(&db).await {
            tracing::warn!(error = %chassis::error::chain(&error), "cannot delete expired imports");
        }
        let rest = async {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = wake_up.notified() => {}
            }
        };
        if stop.until(rest).await.is_none() {
            break;
        }
    }
    Ok(())
}

/// An import that is applied or undone.
#[derive(Clone, Copy)]
pub(super) struct Import {
    pub(super) id: ImportId,
    pub(super) member_id: MemberId,
    state: State,
    pub(super) policy: Policy,
}

/// Processes a batch of the import that has waited longest; false if there is none. Replicas skip an import that another one has
/// locked.
async fn process_next_batch(db: &PgPool) -> Result<bool, Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            let import = sqlx::query_as!(
                Import,
                r#"select id as "id: ImportId", member_id as "member_id: MemberId", state as "state: State",
                          policy as "policy!: Policy"
                   from imports where state in (3, 5) order by moved_at limit 1 for update skip locked"#
            )
            .fetch_optional(&mut *tx)
            .await?;
            let Some(import) = import else {
                return Ok(false);
            };
            let (done, next) = match import.state {
                State::Applying => (apply::apply(tx, import).await?, State::Applied),
                _ => (undo::undo(tx, import).await?, State::Undone),
            };
            // Fewer rows than were asked for: these were the last.
            let state = if done < BATCH { next } else { import.state };
            // An applied import can be undone for seven days from now.
            sqlx::query!(
                "update imports set state = $2, done = done + $3, moved_at = now(), expires_at = now() + interval '7 days'
                 where id = $1",
                import.id as ImportId,
                state as State,
                done,
            )
            .execute(tx)
            .await?;
            Ok(true)
        })
    })
    .await
}

/// Moves the import that has waited longest to the end of the queue.
async fn requeue(db: &PgPool) -> Result<(), Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            sqlx::query!(
                "update imports set moved_at = now()
                 where id = (select id from imports where state in (3, 5) order by moved_at limit 1 for update skip locked)"
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// Deletes one expired import; a transaction for many would be long, as an import may have 300,000 rows.
async fn delete_expired(db: &PgPool) -> Result<(), Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            sqlx::query!(
                "delete from imports
                 where id = (select id from imports where expires_at < now() and state not in (3, 5)
                             limit 1 for update skip locked)"
            )
            .execute(tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// A row of the next batch.
pub(super) struct NextRow {
    pub(super) position: i32,
    pub(super) movie_id: Option<MovieId>,
    pub(super) list_id: Option<ListId>,
}

/// The rows of one transaction, and the movies whose ratings, shelf entries and comments they change.
pub(super) struct Batch {
    pub(super) positions: Vec<i32>,
    pub(super) movies: Vec<MovieId>,
}

impl Batch {
    /// A list is applied and undone as a whole, so all its rows with this outcome join the batch of the first of them.
    pub(super) async fn with_whole_lists(
        tx: &mut PgConnection,
        import: ImportId,
        next: Vec<NextRow>,
        outcome: Option<Outcome>,
    ) -> Result<Self, Error> {
        let lists: BTreeSet<ListId> = next.iter().filter_map(|row| row.list_id).collect();
        let lists: Vec<ListId> = lists.into_iter().collect();
        let of_lists = if lists.is_empty() {
            Vec::new()
        } else {
            sqlx::query_scalar!(
                "select position from import_rows
                 where import_id = $1 and list_id = any($2) and outcome is not distinct from $3",
                import as ImportId,
                &lists as &[ListId],
                outcome as Option<Outcome>,
            )
            .fetch_all(tx)
            .await?
        };
        let positions: BTreeSet<i32> = next.iter().map(|row| row.position).chain(of_lists).collect();
        let others = next.iter().filter(|row| row.list_id.is_none());
        Ok(Self {
            positions: positions.into_iter().collect(),
            movies: others.filter_map(|row| row.movie_id).collect(),
        })
    }

    /// Locks everything of the member that the batch compares and changes, until the end of the transaction. Ratings come before the
    /// shelf, as a rating that takes a movie off the shelf locks them, so that the two cannot deadlock.
    pub(super) async fn lock(&self, tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
        let movies = self.movies.as_slice();
        sqlx::query!(
            "select from ratings where member_id = $1 and movie_id = any($2) order by movie_id for no key update",
            member as MemberId,
            movies as &[MovieId],
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "select from shelf where member_id = $1 and movie_id = any($2) order by movie_id for no key update",
            member as MemberId,
            movies as &[MovieId],
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "select from comments where member_id = $1 and movie_id = any($2) order by movie_id for no key update",
            member as MemberId,
            movies as &[MovieId],
        )
        .execute(&mut *tx)
        .await?;
        watches::lock(tx, member).await?;
        lists::lock_all(tx, member).await
    }
}

/// The progress of a batch, as its column counts it.
pub(super) fn progress<T>(rows: &[T]) -> i64 {
    i64::try_from(rows.len()).expect("a batch has some hundred rows")
}
