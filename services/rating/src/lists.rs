//! Lists: a member's movies in an order of the member's own, public or private. This file creates, changes and deletes lists;
//! `movies` changes their movies, `likes` likes them, `pages` and `search_key` find them; `content` writes whole lists for both
//! imports, and `bulk_import` is the operator's.
//!
//! Every write locks the list's row first, which keeps the counts on it right. Lists raise no events, as no other service
//! stores anything about them.

pub(crate) mod bulk_import;
mod content;
pub(crate) mod likes;
pub(crate) mod movies;
pub(crate) mod pages;
mod search_key;

use std::collections::HashSet;

use chassis::display_text::is_safe_display_text;
use matcha_protos::rating::v1::{
    CreateListRequest, CreateListResponse, DeleteListRequest, DeleteListResponse, GetListsRequest, GetListsResponse,
    List, UpdateListRequest, UpdateListResponse,
};
use messaging::postgres;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub(crate) use content::{
    ListContent, id_for, insert as insert_content, lock_all, read, remaining_quota, remove, replace,
};

use search_key::SearchKey;

use crate::{
    Service,
    comments::text::Text,
    error::Error,
    ids::{ListId, MemberId, MovieId, parse_all},
    moderation,
    timestamp::micros,
};

const MAX_TITLE_CHARS: usize = 100;
const MAX_TEXT_CHARS: usize = 2_000;
pub(crate) const MAX_MOVIES: usize = 500;
const MAX_LISTS: i64 = 200;
/// Lists in one response.
const MAX_READ: usize = 50;

/// A list as the caller sees it.
struct Row {
    id: ListId,
    member_id: MemberId,
    title: String,
    text: String,
    is_public: bool,
    key: String,
    initials: String,
    movie_count: i32,
    like_count: i32,
    liked: bool,
    version: i64,
    first_movies: Vec<MovieId>,
    contains_movie: bool,
    created_at: OffsetDateTime,
    changed_at: OffsetDateTime,
}

/// A query for `Row`s as the member `$1` sees them (null: a visitor), with `contains_movie` about the movie `$2` (null: false);
/// `$which` selects them.
macro_rules! query_lists {
    ($which:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select list.id as "id: ListId", list.member_id as "member_id: MemberId", title, text, is_public, key, initials,
                      movie_count, like_count, version, created_at, changed_at,
                      exists (select from list_likes as liked
                              where liked.list_id = list.id and liked.member_id = $1) as "liked!",
                      exists (select from list_movies as held
                              where held.list_id = list.id and held.movie_id = $2) as "contains_movie!",
                      array(select movie_id from list_movies as held
                            where held.list_id = list.id order by position limit 4) as "first_movies!: Vec<MovieId>"
               from lists as list "#
                + $which,
            $($argument),+
        )
    };
}
use query_lists;

impl From<Row> for List {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.to_string(),
            member_id: row.member_id.to_string(),
            title: row.title,
            text: row.text,
            is_public: row.is_public,
            movie_count: row.movie_count.into(),
            like_count: row.like_count.into(),
            liked: row.liked,
            version: row.version,
            first_movie_ids: row.first_movies.iter().map(ToString::to_string).collect(),
            created_at: row.created_at.unix_timestamp(),
            changed_at: row.changed_at.unix_timestamp(),
            contains_movie: row.contains_movie,
            created_at_micros: micros(row.created_at),
            changed_at_micros: micros(row.changed_at),
        }
    }
}

/// Title, text and visibility of a list, validated.
pub(crate) struct ListDraft {
    pub(crate) title: String,
    pub(crate) text: String,
    is_public: bool,
}

impl ListDraft {
    /// The filters judge the text of a public list; a private list is not moderated.
    pub(crate) fn parse(title: &str, text: &str, is_public: bool) -> Result<Self, Error> {
        let title = match Text::parse(title, MAX_TITLE_CHARS) {
            Ok(title) if is_safe_display_text(title.as_str()) => title,
            _ => {
                let message = format!("a title is one line of 1 to {MAX_TITLE_CHARS} characters, all visible");
                return Err(Error::invalid("title", message));
            }
        };
        let text = match text.trim() {
            "" => None,
            text => Some(Text::parse(text, MAX_TEXT_CHARS)?),
        };
        if is_public {
            moderation::moderate_now(title.as_str())?;
            text.as_ref()
                .map(|text| moderation::moderate_now(text.as_str()))
                .transpose()?;
        }
        Ok(Self {
            title: title.as_str().to_owned(),
            text: text.map(|text| text.as_str().to_owned()).unwrap_or_default(),
            is_public,
        })
    }

    /// Tells a repeated request from another list with the same id. The member is part of the digest. A field that is added later
    /// must not change the digest of a list without it, or the retry of an older client becomes another list.
    fn digest(&self, member: MemberId, movies: &[MovieId]) -> Uuid {
        // Without `..`, so that the compiler demands a new field here.
        let Self { title, text, is_public } = self;
        let mut content = format!("{title}\0{text}\0{is_public}").into_bytes();
        content.extend(movies.iter().flat_map(|movie| movie.0.into_bytes()));
        Uuid::new_v5(&member.0, &content)
    }
}

/// A list, locked until the end of the transaction.
struct LockedList {
    member_id: MemberId,
    version: i64,
    movie_count: i32,
}

impl LockedList {
    fn ensure_owner(&self, member: MemberId) -> Result<(), Error> {
        if self.member_id == member {
            Ok(())
        } else {
            Err(Error::forbidden("the list is another member's"))
        }
    }
}

/// Locks the list until the end of the transaction; NOT_FOUND if the member may not see it.
async fn lock(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<LockedList, Error> {
    let list = lock_if_visible(tx, member, id).await?;
    list.ok_or_else(unknown_list)
}

async fn lock_if_visible(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<Option<LockedList>, Error> {
    let locked = sqlx::query_as!(
        LockedList,
        r#"select member_id as "member_id: MemberId", version, movie_count from lists
           where id = $1 and (is_public or member_id = $2) for no key update"#,
        id as ListId,
        member as MemberId,
    )
    .fetch_optional(tx)
    .await?;
    Ok(locked)
}

/// Locks a list for a change that only its owner may make.
async fn lock_own(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<LockedList, Error> {
    let list = lock(tx, member, id).await?;
    list.ensure_owner(member)?;
    Ok(list)
}

/// The answer also for another member's private list, so that its existence does not show.
fn unknown_list() -> Error {
    Error::not_found("list_id", "there is no such list")
}

fn too_many_lists() -> Error {
    Error::conflict(None, format!("a member has at most {MAX_LISTS} lists"))
}

fn own_list() -> Error {
    Error::forbidden("a member cannot like their own list")
}

/// The list as its owner sees it.
async fn read_own(tx: &mut PgConnection, member: MemberId, id: ListId) -> Result<Row, Error> {
    let row = query_lists!(
        "where list.id = $3 and list.member_id = $1",
        member as MemberId,
        None::<MovieId> as Option<MovieId>,
        id as ListId,
    );
    let row = row.fetch_optional(tx).await?;
    row.ok_or_else(unknown_list)
}

pub(crate) async fn create(
    service: &Service,
    member: MemberId,
    request: CreateListRequest,
) -> Result<CreateListResponse, Error> {
    let id = ListId::parse(&request.list_id)?;
    let draft = ListDraft::parse(&request.title, &request.text, request.is_public)?;
    let movies = MovieId::parse_all(&request.movie_ids)?;
    ensure_unique(&movies)?;
    service.movies.ensure_movies_exist(&movies).await?;
    let row = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            lock_creation(tx, member).await?;
            insert(tx, member, id, &draft, &movies).await?;
            read_own(tx, member, id).await
        })
    })
    .await?;
    Ok(CreateListResponse { list: Some(row.into()) })
}

/// Serialises the creation of lists by one member, so that the quota is counted right.
async fn lock_creation(tx: &mut PgConnection, member: MemberId) -> Result<(), Error> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('lists ' || $1::uuid::text, 0))",
        member as MemberId
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// How many lists the member has.
async fn count(tx: &mut PgConnection, member: MemberId) -> Result<i64, Error> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from lists where member_id = $1"#,
        member as MemberId
    )
    .fetch_one(tx)
    .await?;
    Ok(count)
}

/// Inserts a list, or nothing if the same request has created it before.
async fn insert(
    tx: &mut PgConnection,
    member: MemberId,
    id: ListId,
    draft: &ListDraft,
    movies: &[MovieId],
) -> Result<(), Error> {
    let ListDraft { title, text, is_public } = draft;
    let keys = SearchKey::of(title);
    let made_of = draft.digest(member, movies);
    let inserted = sqlx::query!(
        "insert into lists (id, member_id, title, text, is_public, key, initials, grams, movie_count, made_of)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing",
        id as ListId,
        member as MemberId,
        title,
        text,
        *is_public,
        keys.key,
        keys.initials,
        &keys.grams,
        movie_count(movies),
        made_of,
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return ensure_same_request(tx, member, id, made_of).await;
    }
    // Counted after the insert, so that a repeated request succeeds at the limit. The error rolls the insert back.
    if count(tx, member).await? > MAX_LISTS {
        return Err(too_many_lists());
    }
    insert_movies(tx, id, movies).await
}

/// Compares the digest of a list that has the id already with that of the request. A list that an import created has no digest, so it
/// equals no request.
async fn ensure_same_request(tx: &mut PgConnection, member: MemberId, id: ListId, made_of: Uuid) -> Result<(), Error> {
    let existing = sqlx::query_scalar!(
        "select made_of from lists where id = $1 and (is_public or member_id = $2)",
        id as ListId,
        member as MemberId,
    )
    .fetch_optional(tx)
    .await?;
    match existing {
        Some(existing) if existing == Some(made_of) => Ok(()),
        Some(_) => Err(Error::conflict("list_id", format!("there is another list {id}"))),
        None => Err(unknown_list()),
    }
}

async fn insert_movies(tx: &mut PgConnection, id: ListId, movies: &[MovieId]) -> Result<(), Error> {
    sqlx::query!(
        "insert into list_movies (list_id, movie_id, position)
         select $1, movie_id, place::integer from unnest($2::uuid[]) with ordinality as given (movie_id, place)",
        id as ListId,
        movies as &[MovieId],
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The count as its column stores it.
fn movie_count(movies: &[MovieId]) -> i32 {
    i32::try_from(movies.len()).expect("a list has at most 500 movies")
}

fn ensure_unique(movies: &[MovieId]) -> Result<(), Error> {
    let distinct: HashSet<_> = movies.iter().collect();
    if distinct.len() < movies.len() {
        return Err(Error::invalid("movie_ids", "a list holds a movie once"));
    }
    Ok(())
}

/// Replaces title, text and visibility; the last writer wins, as these are the owner's own words and on the screen when they are
/// saved. Only the movies, of which a screen may show a part, have a version.
pub(crate) async fn update(
    service: &Service,
    member: MemberId,
    request: UpdateListRequest,
) -> Result<UpdateListResponse, Error> {
    let id = ListId::parse(&request.list_id)?;
    let ListDraft { title, text, is_public } = ListDraft::parse(&request.title, &request.text, request.is_public)?;
    let row = postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            lock_own(tx, member, id).await?;
            let keys = SearchKey::of(&title);
            sqlx::query!(
                "update lists set title = $2, text = $3, is_public = $4, key = $5, initials = $6, grams = $7,
                                  changed_at = now()
                 where id = $1 and (title, text, is_public) is distinct from ($2, $3, $4)",
                id as ListId,
                title,
                text,
                is_public,
                keys.key,
                keys.initials,
                &keys.grams,
            )
            .execute(&mut *tx)
            .await?;
            read_own(tx, member, id).await
        })
    })
    .await?;
    Ok(UpdateListResponse { list: Some(row.into()) })
}

pub(crate) async fn delete(
    service: &Service,
    member: MemberId,
    request: DeleteListRequest,
) -> Result<DeleteListResponse, Error> {
    let id = ListId::parse(&request.list_id)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move {
            match lock_if_visible(tx, member, id).await? {
                // Deleted by the same request before, or another member's private list, whose existence does not show.
                None => return Ok(()),
                Some(list) => list.ensure_owner(member)?,
            }
            sqlx::query!("delete from lists where id = $1", id as ListId)
                .execute(tx)
                .await?;
            Ok::<_, Error>(())
        })
    })
    .await?;
    Ok(DeleteListResponse {})
}

pub(crate) async fn get(
    service: &Service,
    caller: Option<MemberId>,
    request: GetListsRequest,
) -> Result<GetListsResponse, Error> {
    let ids: Vec<ListId> = parse_all("list_ids", &request.list_ids, MAX_READ)?;
    let rows = query_lists!(
        "where list.id = any($3) and (is_public or list.member_id = $1)",
        caller as Option<MemberId>,
        None::<MovieId> as Option<MovieId>,
        &ids as &[ListId],
    );
    let rows = rows.fetch_all(&service.db).await?;
    Ok(GetListsResponse {
        lists: rows.into_iter().map(List::from).collect(),
    })
}
