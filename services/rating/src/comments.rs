//! Comments: writing, deleting, and reading them by id.
//!
//! A member has one comment for each movie. A new text becomes public once the filters of `pipeline` have passed it; the first
//! event of the pipeline is inserted into the outbox in the transaction that writes the text.

pub(crate) mod bulk_import;
pub(crate) mod likes;
pub(crate) mod list;
pub(crate) mod pipeline;
pub(crate) mod replies;
pub(crate) mod text;

use std::collections::HashMap;

use matcha_protos::{
    events::v1::CommentChanged,
    rating::v1::{
        Comment, CommentState, DeleteCommentRequest, DeleteCommentResponse, GetCommentsRequest, GetCommentsResponse,
        GetMyCommentsRequest, GetMyCommentsResponse, PutCommentRequest, PutCommentResponse,
    },
};
use messaging::{events::Event, outbox, postgres};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use self::{pipeline::Filter, text::Text};
use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{CommentId, MemberId, MovieId, parse_all},
    moderation::{Reason, spam},
    timestamp::micros,
};

/// Characters of a comment.
const MAX_CHARS: usize = 10_000;
/// Comments in one response: fifty of the longest are two megabytes.
const MAX_IDS: usize = 50;

/// The state of a comment; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(crate) enum State {
    Checking = 1,
    Public = 2,
    Hidden = 3,
}

/// A comment as the caller sees it.
pub(crate) struct Row {
    pub(crate) id: CommentId,
    movie_id: MovieId,
    member_id: MemberId,
    text: String,
    spoiler: bool,
    spoiler_suspected: bool,
    state: State,
    hidden_for: Option<Reason>,
    pub(crate) stars: Option<i16>,
    pub(crate) like_count: i32,
    liked: bool,
    reply_count: i32,
    pub(crate) created_at: OffsetDateTime,
    edited_at: Option<OffsetDateTime>,
}

/// A query for `Row`s as the member `$1` sees them (null: a visitor); `$which` selects them.
macro_rules! query_comments {
    ($which:literal, $($argument:expr),+ $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select comment.id as "id: CommentId", comment.movie_id as "movie_id: MovieId",
                      comment.member_id as "member_id: MemberId", text, spoiler, spoiler_suspected,
                      state as "state!: State", hidden_for as "hidden_for: Reason", stars as "stars?", like_count,
                      reply_count, created_at, edited_at,
                      exists (select from comment_likes as liked
                              where liked.comment_id = comment.id and liked.member_id = $1) as "liked!"
               from comments as comment
               left join ratings as rating
                    on rating.member_id = comment.member_id and rating.movie_id = comment.movie_id "#
                + $which,
            $($argument),+
        )
    };
}
pub(crate) use query_comments;

impl From<Row> for Comment {
    fn from(row: Row) -> Self {
        let state = match row.state {
            State::Checking => CommentState::Checking,
            State::Public => CommentState::Public,
            State::Hidden => CommentState::Hidden,
        };
        Self {
            id: row.id.to_string(),
            movie_id: row.movie_id.to_string(),
            member_id: row.member_id.to_string(),
            text: row.text,
            spoiler: row.spoiler,
            spoiler_suspected: row.spoiler_suspected,
            state: state.into(),
            reason: Reason::number(row.hidden_for),
            stars: row.stars.map(Into::into),
            like_count: row.like_count.into(),
            liked: row.liked,
            reply_count: row.reply_count.into(),
            created_at: row.created_at.unix_timestamp(),
            edited_at: row.edited_at.map(OffsetDateTime::unix_timestamp),
            created_at_micros: micros(row.created_at),
            edited_at_micros: row.edited_at.map_or(0, micros),
        }
    }
}

/// A comment to be written.
struct Draft {
    member: MemberId,
    movie: MovieId,
    text: Text,
    spoiler: bool,
    /// `None`: now.
    written: Option<Written>,
}

/// When an imported comment was written.
pub(crate) struct Written {
    created_at: OffsetDateTime,
    edited_at: Option<OffsetDateTime>,
}

impl Written {
    /// From the dates of a row in a file: the last change, and perhaps the creation.
    pub(crate) fn of(last: OffsetDateTime, first: Option<OffsetDateTime>) -> Self {
        let created_at = first.unwrap_or(last).min(last);
        Self {
            created_at,
            edited_at: (created_at < last).then_some(last),
        }
    }
}

/// The stored comment that a draft replaces, locked until the end of the transaction.
struct LockedComment {
    id: CommentId,
    text: String,
    spoiler: bool,
    spoiler_suspected: bool,
    state: State,
}

pub(crate) async fn put(
    service: &Service,
    member: MemberId,
    request: PutCommentRequest,
) -> Result<PutCommentResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    let draft = Draft {
        member,
        movie,
        text: Text::parse(&request.text, MAX_CHARS)?,
        spoiler: request.spoiler,
        written: None,
    };
    service.movies.ensure_movies_exist(&[movie]).await?;
    let row = postgres::write(&service.db, move |tx| Box::pin(async move { save(tx, &draft).await })).await?;
    service.nudge.nudge();
    Ok(PutCommentResponse {
        comment: Some(row.into()),
    })
}

async fn save(tx: &mut PgConnection, draft: &Draft) -> Result<Row, Error> {
    loop {
        if insert(tx, draft).await?.is_some() {
            break;
        }
        if let Some(locked) = lock(tx, draft.member, draft.movie).await? {
            change(tx, &locked, draft).await?;
            break;
        }
        // The comment was deleted between the two statements, so the insert can succeed now.
    }
    let row = query_comments!(
        "where comment.member_id = $1 and comment.movie_id = $2",
        draft.member as MemberId,
        draft.movie as MovieId,
    );
    Ok(row.fetch_one(tx).await?)
}

/// Inserts a comment and the event that starts the pipeline; `None` if the member has a comment on the movie already.
async fn insert(tx: &mut PgConnection, draft: &Draft) -> Result<Option<CommentId>, Error> {
    let id = CommentId(Uuid::now_v7());
    let inserted = sqlx::query!(
        "insert into comments (id, member_id, movie_id, text, fingerprint, spoiler, revision, version, next_filter,
                               created_at, edited_at, submitted_at, moved_at)
         values ($1, $2, $3, $4, md5($5)::uuid, $6, 1, 1, $7, coalesce($8, now()), $9, clock_timestamp(), now())
         on conflict (member_id, movie_id) do nothing",
        id as CommentId,
        draft.member as MemberId,
        draft.movie as MovieId,
        draft.text.as_str(),
        spam::fingerprint(draft.text.as_str()),
        draft.spoiler,
        Filter::FIRST as Filter,
        draft.written.as_ref().map(|written| written.created_at),
        draft.written.as_ref().and_then(|written| written.edited_at),
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    outbox::push(tx, &Filter::FIRST.event(id, 1, 1)).await?;
    Ok(Some(id))
}

async fn lock(tx: &mut PgConnection, member: MemberId, movie: MovieId) -> Result<Option<LockedComment>, Error> {
    let locked = sqlx::query_as!(
        LockedComment,
        r#"select id as "id: CommentId", text, spoiler, spoiler_suspected, state as "state!: State" from comments
           where member_id = $1 and movie_id = $2 for no key update"#,
        member as MemberId,
        movie as MovieId,
    )
    .fetch_optional(tx)
    .await?;
    Ok(locked)
}

async fn change(tx: &mut PgConnection, locked: &LockedComment, draft: &Draft) -> Result<(), Error> {
    if locked.text != draft.text.as_str() {
        return edit(tx, locked, draft).await;
    }
    if locked.spoiler == draft.spoiler {
        return Ok(());
    }
    // The text is the same, so the filters need not judge it again because of the author's spoiler mark.
    let version = sqlx::query_scalar!(
        "update comments set spoiler = $2, version = version + 1 where id = $1 returning version",
        locked.id as CommentId,
        draft.spoiler,
    )
    .fetch_one(&mut *tx)
    .await?;
    if locked.state == State::Public && !locked.spoiler_suspected {
        let changed = Changed {
            id: locked.id,
            member: draft.member,
            movie: draft.movie,
            is_public: true,
            is_veiled: draft.spoiler,
            version,
        };
        outbox::push(tx, &changed.event()).await?;
    }
    Ok(())
}

/// Replaces the text. The comment stops being public at once, and the new text starts the pipeline.
async fn edit(tx: &mut PgConnection, locked: &LockedComment, draft: &Draft) -> Result<(), Error> {
    let edited = sqlx::query!(
        "update comments
         set text = $2, fingerprint = md5($3)::uuid, spoiler = $4, spoiler_suspected = false, hidden_for = null,
             revision = revision + 1, version = version + 1, next_filter = $5,
             edited_at = now(), submitted_at = clock_timestamp(), moved_at = now()
         where id = $1 returning revision, version",
        locked.id as CommentId,
        draft.text.as_str(),
        spam::fingerprint(draft.text.as_str()),
        draft.spoiler,
        Filter::FIRST as Filter,
    )
    .fetch_one(&mut *tx)
    .await?;
    let mut events = vec![Filter::FIRST.event(locked.id, edited.revision, edited.version)];
    if locked.state == State::Public {
        add_to_count(tx, draft.movie, -1).await?;
        events.push(Changed::withdrawn(locked.id, draft.member, draft.movie, edited.version).event());
    }
    Ok(outbox::push_all(tx, &events).await?)
}

pub(crate) async fn delete(
    service: &Service,
    member: MemberId,
    request: DeleteCommentRequest,
) -> Result<DeleteCommentResponse, Error> {
    let movie = MovieId::parse(&request.movie_id)?;
    postgres::write(&service.db, move |tx| {
        Box::pin(async move { remove(tx, member, movie).await })
    })
    .await?;
    service.nudge.nudge();
    Ok(DeleteCommentResponse {})
}

/// Deletes the member's comment on the movie, if there is one.
pub(crate) async fn remove(tx: &mut PgConnection, member: MemberId, movie: MovieId) -> Result<(), Error> {
    let deleted = sqlx::query!(
        r#"delete from comments where member_id = $1 and movie_id = $2
           returning id as "id: CommentId", state as "state!: State", version + 1 as "version!""#,
        member as MemberId,
        movie as MovieId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(deleted) = deleted.filter(|deleted| deleted.state == State::Public) {
        add_to_count(tx, movie, -1).await?;
        let withdrawn = Changed::withdrawn(deleted.id, member, movie, deleted.version);
        outbox::push(tx, &withdrawn.event()).await?;
    }
    Ok(())
}

/// Validates the text of an imported comment.
pub(crate) fn parse_text(text: &str) -> Result<String, Error> {
    Ok(Text::parse(text, MAX_CHARS)?.as_str().to_owned())
}

/// Writes an imported comment, which starts the pipeline like any other; returns its id and revision. A new comment gets the
/// dates of the file; a change of an existing comment is an edit of today.
pub(crate) async fn write_imported(
    tx: &mut PgConnection,
    member: MemberId,
    movie: MovieId,
    text: &str,
    spoiler: bool,
    written: Option<Written>,
) -> Result<(CommentId, i64), Error> {
    let draft = Draft {
        member,
        movie,
        text: Text::parse(text, MAX_CHARS)?,
        spoiler,
        written,
    };
    let row = save(tx, &draft).await?;
    let revision = sqlx::query_scalar!("select revision from comments where id = $1", row.id as CommentId)
        .fetch_one(tx)
        .await?;
    Ok((row.id, revision))
}

/// Restores the text from before an import. It starts the pipeline again, but keeps the date of its last edit, if that is known.
pub(crate) async fn restore(
    tx: &mut PgConnection,
    member: MemberId,
    movie: MovieId,
    text: &str,
    spoiler: bool,
    last_edit: Option<OffsetDateTime>,
) -> Result<(), Error> {
    let (id, _) = write_imported(tx, member, movie, text, spoiler, None).await?;
    sqlx::query!(
        "update comments set edited_at = case when last_edit > created_at then last_edit end
         from (select $2::timestamptz as last_edit) as given where id = $1 and last_edit is not null",
        id as CommentId,
        last_edit,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn get(
    service: &Service,
    caller: Option<MemberId>,
    request: GetCommentsRequest,
) -> Result<GetCommentsResponse, Error> {
    let ids: Vec<CommentId> = parse_all("comment_ids", &request.comment_ids, MAX_IDS)?;
    let rows = query_comments!(
        "where comment.id = any($2) and (comment.state = 2 or comment.member_id = $1)",
        caller as Option<MemberId>,
        &ids as &[CommentId],
    );
    let rows = rows.fetch_all(&service.db).await?;
    Ok(GetCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
    })
}

/// The public ones of these comments, by id, as the caller sees them.
pub(crate) async fn read_public(
    db: &PgPool,
    caller: Option<MemberId>,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, Comment>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = query_comments!(
        "where comment.id = any($2) and comment.state = 2",
        caller as Option<MemberId>,
        ids as &[CommentId],
    );
    let rows = rows.fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
}

pub(crate) async fn get_mine(
    service: &Service,
    member: MemberId,
    request: GetMyCommentsRequest,
) -> Result<GetMyCommentsResponse, Error> {
    let movies = MovieId::parse_all(&request.movie_ids)?;
    ensure_at_most("movie_ids", movies.len(), MAX_IDS)?;
    let rows = query_comments!(
        "where comment.member_id = $1 and comment.movie_id = any($2)",
        member as MemberId,
        &movies as &[MovieId],
    );
    let rows = rows.fetch_all(&service.db).await?;
    Ok(GetMyCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
    })
}

/// What the event `comment.changed` reports: what everybody may see of a comment after a change.
pub(crate) struct Changed {
    pub(crate) id: CommentId,
    pub(crate) member: MemberId,
    pub(crate) movie: MovieId,
    pub(crate) is_public: bool,
    pub(crate) is_veiled: bool,
    pub(crate) version: i64,
}

impl Changed {
    fn withdrawn(id: CommentId, member: MemberId, movie: MovieId, version: i64) -> Self {
        Self {
            id,
            member,
            movie,
            is_public: false,
            is_veiled: false,
            version,
        }
    }

    pub(crate) fn event(&self) -> Event {
        let changed = CommentChanged {
            comment_id: self.id.to_string(),
            member_id: self.member.to_string(),
            movie_id: self.movie.to_string(),
            is_public: self.is_public,
            is_veiled: self.is_veiled,
            version: self.version,
            changed_at: OffsetDateTime::now_utc().unix_timestamp(),
        };
        Event::new("comment.changed", self.id.to_string(), self.version, &changed)
    }
}

/// Changes a movie's number of public comments. The comment itself is locked before, always in this order, so that two writers
/// cannot deadlock.
pub(crate) async fn add_to_count(tx: &mut PgConnection, movie: MovieId, difference: i64) -> Result<(), Error> {
    sqlx::query!(
        "insert into comment_counts as counts (movie_id, comment_count) values ($1, $2)
         on conflict (movie_id) do update set comment_count = counts.comment_count + excluded.comment_count",
        movie as MovieId,
        difference,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Rebuilds the counts of public comments while members write: the table lock makes their changes wait and come on top.
pub(crate) async fn recount(db: &PgPool) -> Result<(), Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            sqlx::query!("set local statement_timeout = 0")
                .execute(&mut *tx)
                .await?;
            sqlx::query!("lock table comment_counts in share row exclusive mode")
                .execute(&mut *tx)
                .await?;
            sqlx::query!("delete from comment_counts").execute(&mut *tx).await?;
            sqlx::query!(
                "insert into comment_counts (movie_id, comment_count)
                 select movie_id, count(*) from comments where state = 2 group by movie_id"
            )
            .execute(&mut *tx)
            .await?;
            Ok(())
        })
    })
    .await
}

/// Locks a public comment, whose likes and replies are counted on its row; returns the author. The author too can like and
/// reply to public comments only.
async fn lock_public(tx: &mut PgConnection, id: CommentId) -> Result<MemberId, Error> {
    let author = sqlx::query_scalar!(
        r#"select member_id as "member_id: MemberId" from comments where id = $1 and state = 2 for no key update"#,
        id as CommentId,
    )
    .fetch_optional(tx)
    .await?;
    author.ok_or_else(unknown_comment)
}

fn unknown_comment() -> Error {
    Error::not_found("comment_id", "there is no such comment")
}

fn own_comment() -> Error {
    Error::forbidden("a member cannot like their own comment")
}
