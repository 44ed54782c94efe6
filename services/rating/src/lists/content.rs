//! The content of a list as a whole: its title, text and visibility, and its movies in their order. A member's file import and the
//! operator's bulk import write it, and undoing a file import restores it.

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{MAX_LISTS, insert_movies, lock_creation, movie_count, search_key::SearchKey, unknown_list};
use crate::{
    error::Error,
    ids::{ListId, MemberId, MovieId},
};

/// Deterministic replacement id (UUIDv5 of member and original id), used if the original belongs to another member.
pub(crate) fn id_for(member: MemberId, in_file: ListId) -> ListId {
    ListId(Uuid::new_v5(&member.0, in_file.0.as_bytes()))
}

/// Locks all lists of the member, and the creation of lists, until the end of the transaction.
pub(crate) async fn lock_all(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    lock_creation(tx, member).await?;
    sqlx::query!(
        "select from lists where member_id = $1 order by id for no key update",
        member as MemberId
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How many more lists the member may have. Call it after `lock_all`.
pub(crate) async fn remaining_quota(tx: &mut PgConnection, member: MemberId) -> Result<i64, Error> {
    Ok((MAX_LISTS - super::count(tx, member).await?).max(0))
}

/// The content of a list, as an import writes or restores it.
pub(crate) struct ListContent {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) is_public: bool,
    pub(crate) changed_at: OffsetDateTime,
    pub(crate) movies: Vec<MovieId>,
}

/// Reads the content of the member's own list.
pub(crate) async fn read(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<ListContent, Error> {
    let content = sqlx::query_as!(
        ListContent,
        r#"select title, text, is_public, changed_at,
                  array(select movie_id from list_movies where list_id = lists.id order by position)
                      as "movies!: Vec<MovieId>"
           from lists where id = $1 and member_id = $2"#,
        id as ListId,
        member as MemberId,
    )
    .fetch_optional(tx)
    .await?;
    content.ok_or_else(unknown_list)
}

/// Inserts a list under the first of the ids that is free, and returns that id with the version; `None` if all are taken.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    member: MemberId,
    ids: [ListId; 2],
    created_at: OffsetDateTime,
    content: &ListContent,
) -> Result<Option<(ListId, i64)>, Error> {
    for id in ids {
        // `replace` fills in the search keys, the date and the movies.
        let inserted = sqlx::query!(
            "insert into lists (id, member_id, title, text, is_public, key, grams, created_at)
             values ($1, $2, $3, $4, $5, '', '{}', $6) on conflict (id) do nothing",
            id as ListId,
            member as MemberId,
            content.title,
            content.text,
            content.is_public,
            created_at,
        )
        .execute(&mut *tx)
        .await?;
        if inserted.rows_affected() == 1 {
            return Ok(Some((id, replace(tx, member, id, content).await?)));
        }
    }
    Ok(None)
}

/// Replaces the content of the member's list; returns its new version.
pub(crate) async fn replace(
    tx: &mut PgConnection,
    member: MemberId,
    id: ListId,
    content: &ListContent,
) -> Result<i64, Error> {
    // Without `..`, so that the compiler demands a new field here.
    let ListContent {
        title,
        text,
        is_public,
        changed_at,
        movies,
    } = content;
    let keys = SearchKey::of(title);
    let version = sqlx::query_scalar!(
        "update lists set title = $3, text = $4, is_public = $5, key = $6, initials = $7, grams = $8,
                          changed_at = $9, movie_count = $10, version = version + 1
         where id = $1 and member_id = $2 returning version",
        id as ListId,
        member as MemberId,
        title,
        text,
        *is_public,
        keys.key,
        keys.initials,
        &keys.grams,
        *changed_at,
        movie_count(movies),
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!("delete from list_movies where list_id = $1", id as ListId)
        .execute(&mut *tx)
        .await?;
    insert_movies(tx, id, movies).await?;
    Ok(version)
}

/// Deletes a list that an import created, with its likes.
pub(crate) async fn remove(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<(), Error> {
    sqlx::query!(
        "delete from lists where id = $1 and member_id = $2",
        id as ListId,
        member as MemberId
    )
    .execute(tx)
    .await?;
    Ok(())
}
