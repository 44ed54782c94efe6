//! Server streams of all ratings and of all shelf entries, for a service that rebuilds its copy. Each message is a page with a
//! query of its own, not part of one long transaction: a slow reader holds no snapshot open, and backpressure delays the next query.
//!
//! A change behind the current page is not in the stream, but raises an event. A service that copies therefore subscribes to the
//! events before it reads the stream, and keeps the row with the higher version.

use futures::stream::{self, Stream};
use matcha_protos::rating::v1::{StreamRatingsResponse, StreamShelfResponse, StreamedRating, StreamedShelf};
use sqlx::PgPool;
use tonic::Status;
use uuid::Uuid;

use crate::{
    error::Error,
    ids::{MemberId, MovieId},
    ratings::Stars,
    shelf::State,
};

/// Rows in a message: about 100 kB.
const PAGE: i64 = 1000;

/// The row after which the next page begins.
type After = (MemberId, MovieId);
const START: After = (MemberId(Uuid::nil()), MovieId(Uuid::nil()));

pub(crate) fn ratings(db: PgPool) -> impl Stream<Item = Result<StreamRatingsResponse, Status>> + Send + 'static {
    stream::try_unfold((db, START), |(db, after)| async move {
        let Some((page, last)) = ratings_page(&db, after).await? else {
            return Ok(None);
        };
        Ok(Some((page, (db, last))))
    })
}

async fn ratings_page(db: &PgPool, after: After) -> Result<Option<(StreamRatingsResponse, After)>, Error> {
    let rows = sqlx::query!(
        r#"select member_id as "member: MemberId", movie_id as "movie: MovieId", stars as "stars: Stars",
                  version, rated_at
           from ratings where (member_id, movie_id) > ($1, $2) order by member_id, movie_id limit $3"#,
        after.0 as MemberId,
        after.1 as MovieId,
        PAGE,
    )
    .fetch_all(db)
    .await?;
    let Some(last) = rows.last().map(|row| (row.member, row.movie)) else {
        return Ok(None);
    };
    let ratings = rows.into_iter().map(|row| StreamedRating {
        member_id: row.member.to_string(),
        movie_id: row.movie.to_string(),
        stars: row.stars.map(Into::into),
        version: row.version,
        rated_at: row.rated_at.unix_timestamp(),
    });
    let ratings = ratings.collect();
    Ok(Some((StreamRatingsResponse { ratings }, last)))
}

pub(crate) fn shelf(db: PgPool) -> impl Stream<Item = Result<StreamShelfResponse, Status>> + Send + 'static {
    stream::try_unfold((db, START), |(db, after)| async move {
        let Some((page, last)) = shelf_page(&db, after).await? else {
            return Ok(None);
        };
        Ok(Some((page, (db, last))))
    })
}

async fn shelf_page(db: &PgPool, after: After) -> Result<Option<(StreamShelfResponse, After)>, Error> {
    let rows = sqlx::query!(
        r#"select member_id as "member: MemberId", movie_id as "movie: MovieId", state as "state: State",
                  version, changed_at
           from shelf where (member_id, movie_id) > ($1, $2) order by member_id, movie_id limit $3"#,
        after.0 as MemberId,
        after.1 as MovieId,
        PAGE,
    )
    .fetch_all(db)
    .await?;
    let Some(last) = rows.last().map(|row| (row.member, row.movie)) else {
        return Ok(None);
    };
    let entries = rows.into_iter().map(|row| StreamedShelf {
        member_id: row.member.to_string(),
        movie_id: row.movie.to_string(),
        state: State::number(row.state),
        version: row.version,
        changed_at: row.changed_at.unix_timestamp(),
    });
    let entries = entries.collect();
    Ok(Some((StreamShelfResponse { entries }, last)))
}
