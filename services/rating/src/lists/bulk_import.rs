//! The operator's bulk import of lists, with their dates and likes. A list whose id exists already is skipped.

use matcha_protos::rating::v1::{ImportList, ImportListsRequest, ImportListsResponse};
use messaging::postgres;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    ListContent, ListDraft, ensure_unique, insert_content, lock_all, own_list, remaining_quota, too_many_lists,
};
use crate::{
    Service, bulk_import,
    error::{Error, ensure_at_most},
    ids::{ListId, MemberId, MovieId},
};

const MAX_IMPORTED: usize = 100;

struct Imported {
    id: ListId,
    member: MemberId,
    content: ListContent,
    created_at: OffsetDateTime,
    liked_by: Vec<MemberId>,
}

pub(crate) async fn import(service: &Service, request: ImportListsRequest) -> Result<ImportListsResponse, Error> {
    ensure_at_most("lists", request.lists.len(), MAX_IMPORTED)?;
    let lists = request.lists.into_iter().map(Imported::try_from);
    let mut lists = lists.collect::<Result<Vec<_>, _>>()?;
    let movies: Vec<MovieId> = lists.iter().flat_map(|list| list.content.movies.clone()).collect();
    service.movies.ensure_movies_exist(&movies).await?;
    // In one order, so that two imports of the same lists do not deadlock.
    lists.sort_by_key(|list| list.member);
    let created = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            let mut created = 0;
            for list in &lists {
                created += i32::from(save(tx, list).await?);
            }
            Ok::<_, Error>(created)
        })
    })
    .await?;
    Ok(ImportListsResponse { created })
}

/// Returns whether the list is new.
async fn save(tx: &mut PgConnection, list: &Imported) -> Result<bool, Error> {
    lock_all(tx, list.member).await?;
    // Counted before the insert and checked after it: a list that exists already needs no quota.
    let has_quota = remaining_quota(tx, list.member).await? > 0;
    let inserted = insert_content(tx, list.member, [list.id, list.id], list.created_at, &list.content).await?;
    let Some((id, _)) = inserted else {
        return Ok(false);
    };
    if !has_quota {
        return Err(too_many_lists());
    }
    sqlx::query!(
        "insert into list_likes (list_id, member_id, liked_at) select $1, unnest($2::uuid[]), now()",
        id as ListId,
        &list.liked_by as &[MemberId],
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update lists set like_count = $2 where id = $1",
        id as ListId,
        bulk_import::count(&list.liked_by),
    )
    .execute(tx)
    .await?;
    Ok(true)
}

impl TryFrom<ImportList> for Imported {
    type Error = Error;

    fn try_from(list: ImportList) -> Result<Self, Error> {
        let member = MemberId::parse(&list.member_id)?;
        let ListDraft { title, text, is_public } = ListDraft::parse(&list.title, &list.text, true)?;
        let movies = MovieId::parse_all(&list.movie_ids)?;
        ensure_unique(&movies)?;
        let created_at = bulk_import::parse_created_at(list.created_at)?;
        Ok(Self {
            id: ListId::parse(&list.id)?,
            member,
            content: ListContent {
                title,
                text,
                is_public,
                changed_at: created_at,
                movies,
            },
            created_at,
            liked_by: bulk_import::liked_by(&list.liked_by, member, own_list)?,
        })
    }
}
