//! Lists as an import brings them, and puts them back. A list comes content: its words and its movies in their order.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{MOST_LISTS, search_key::SearchKey, unknown_list};
use crate::{
    error::Error,
    ids::{ListId, MemberId, MovieId},
};

/// What the member's list is called here when the id that a file has is somebody else's: the same one every time.
pub(crate) fn id_for(member: MemberId, in_file: ListId) -> ListId {
    ListId(Uuid::new_v5(&member.0, in_file.0.as_bytes()))
}

/// The member makes no list meanwhile, and changes none, until the end of the transaction.
pub(crate) async fn lock_all(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('lists ' || $1::text, 0))")
        .bind(member)
        .execute(&mut *tx)
        .await?;
    sqlx::query("select from lists where member_id = $1 order by id for no key update")
        .bind(member)
        .execute(tx)
        .await?;
    Ok(())
}

/// How many more lists the member may have. After `lock_all`.
pub(crate) async fn remaining_quota(tx: &mut PgConnection, member: MemberId) -> Result<i64, Error> {
    let count: i64 = sqlx::query_scalar("select count(*) from lists where member_id = $1")
        .bind(member)
        .fetch_one(tx)
        .await?;
    Ok((MOST_LISTS - count).max(0))
}

/// A list as it shall be, or was.
#[derive(sqlx::FromRow)]
pub(crate) struct ListContent {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) is_public: bool,
    pub(crate) changed_at: OffsetDateTime,
    pub(crate) movies: Vec<MovieId>,
}

/// A list of the member's own as it is.
pub(crate) async fn read(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<ListContent, Error> {
    let content: Option<ListContent> = sqlx::query_as(
        "select title, text, is_public, changed_at,
                array(select movie_id from list_movies where list_id = lists.id order by position) as movies
         from lists where id = $1 and member_id = $2",
    )
    .bind(id)
    .bind(member)
    .fetch_optional(tx)
    .await?;
    content.ok_or_else(|| unknown_list(id))
}

/// Answers the first of the ids that was free; none: all are somebody else's.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    member: MemberId,
    ids: [ListId; 2],
    created_at: OffsetDateTime,
    content: &ListContent,
) -> Result<Option<(ListId, i64)>, Error> {
    for id in ids {
        // Filling it says what it is found by.
        let made = sqlx::query(
            "insert into lists (id, member_id, title, text, is_public, key, grams, created_at)
             values ($1, $2, $3, $4, $5, '', '{}', $6) on conflict (id) do nothing",
        )
        .bind(id)
        .bind(member)
        .bind(&content.title)
        .bind(&content.text)
        .bind(content.is_public)
        .bind(created_at)
        .execute(&mut *tx)
        .await?;
        if made.rows_affected() == 1 {
            return Ok(Some((id, replace(tx, member, id, content).await?)));
        }
    }
    Ok(None)
}

/// Makes the member's list what is given; answers its new version.
pub(crate) async fn replace(
    tx: &mut PgConnection,
    member: MemberId,
    id: ListId,
    content: &ListContent,
) -> Result<i64, Error> {
    let found_by = SearchKey::of(&content.title);
    let version: i64 = sqlx::query_scalar(
        "update lists set title = $3, text = $4, is_public = $5, key = $6, initials = $7, grams = $8,
                          changed_at = $9, movie_count = $10, version = version + 1
         where id = $1 and member_id = $2 returning version",
    )
    .bind(id)
    .bind(member)
    .bind(&content.title)
    .bind(&content.text)
    .bind(content.is_public)
    .bind(found_by.key)
    .bind(found_by.initials)
    .bind(found_by.grams)
    .bind(content.changed_at)
    .bind(i32::try_from(content.movies.len()).expect("a list has at most 500 movies"))
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query("delete from list_movies where list_id = $1")
        .bind(id)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "insert into list_movies (list_id, movie_id, position)
         select $1, movie_id, place::integer from unnest($2::uuid[]) with ordinality as given (movie_id, place)",
    )
    .bind(id)
    .bind(&content.movies)
    .execute(tx)
    .await?;
    Ok(version)
}

/// Takes a list away again, with its likes.
pub(crate) async fn remove(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<(), Error> {
    sqlx::query("delete from lists where id = $1 and member_id = $2")
        .bind(id)
        .bind(member)
        .execute(tx)
        .await?;
    Ok(())
}
