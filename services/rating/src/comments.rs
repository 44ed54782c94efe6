//! Comments: what there is to say about one, writing it, deleting it, and reading it by id.
//!
//! A member has one comment for each movie. A new text is public only after the filters have passed it (see `moderation`),
//! which this file begins by noting the first event of the pipeline in the transaction that takes the text.

pub(crate) mod bulk_import;
pub(crate) mod likes;
pub(crate) mod list;
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

use self::text::Text;
use crate::{
    Service,
    error::{Error, ensure_at_most},
    ids::{CommentId, MemberId, MovieId, parse_all},
    moderation::{Filter, Reason, spam},
    timestamp::micros,
};

/// Characters of a comment.
const LONGEST: usize = 10_000;
/// Comments in one answer: fifty of the longest are two megabytes.
const MOST_READ: usize = 50;

/// How far a comment has come; the numbers are those of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[repr(i16)]
pub(crate) enum State {
    Checking = 1,
    Public = 2,
    Hidden = 3,
}

/// A comment as one member, or a visitor, sees it.
#[derive(sqlx::FromRow)]
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

/// Reads `Row`s as the member `$1` (null: a visitor) sees them; what follows says which.
macro_rules! select_comments {
    ($which:literal) => {
        concat!(
            "select comment.id, comment.movie_id, comment.member_id, text, spoiler, spoiler_suspected, state, hidden_for,
                    stars, like_count, reply_count, created_at, edited_at,
                    exists (select from comment_likes as liked
                            where liked.comment_id = comment.id and liked.member_id = $1) as liked
             from comments as comment
             left join ratings as rating on rating.member_id = comment.member_id and rating.movie_id = comment.movie_id ",
            $which
        )
    };
}
pub(crate) use select_comments;

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

/// What a member wants their comment on a movie to be.
struct Draft {
    member: MemberId,
    movie: MovieId,
    text: Text,
    spoiler: bool,
    /// None: now.
    written: Option<Written>,
}

/// When a comment that is brought along was written.
pub(crate) struct Written {
    created_at: OffsetDateTime,
    edited_at: Option<OffsetDateTime>,
}

impl Written {
    /// As a row of a file has it: what it says last, and perhaps when it was first said.
    pub(crate) fn of(last: OffsetDateTime, first: Option<OffsetDateTime>) -> Self {
        let created_at = first.unwrap_or(last).min(last);
        Self {
            created_at,
            edited_at: (created_at < last).then_some(last),
        }
    }
}

/// What of a comment decides what a change of it means.
#[derive(sqlx::FromRow)]
struct Standing {
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
        text: Text::parse(&request.text, LONGEST)?,
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
        if let Some(standing) = standing(tx, draft.member, draft.movie).await? {
            change(tx, &standing, draft).await?;
            break;
        }
        // It was deleted between the two; now there is room for a new one.
    }
    let row = sqlx::query_as(select_comments!(
        "where comment.member_id = $1 and comment.movie_id = $2"
    ))
    .bind(draft.member)
    .bind(draft.movie)
    .fetch_one(tx)
    .await?;
    Ok(row)
}

/// The new comment, where the member had none on the movie yet.
async fn insert(tx: &mut PgConnection, draft: &Draft) -> Result<Option<CommentId>, Error> {
    let id = CommentId(Uuid::now_v7());
    let inserted = sqlx::query(
        "insert into comments (id, member_id, movie_id, text, fingerprint, spoiler, revision, version, next_filter,
                               created_at, edited_at, submitted_at, moved_at)
         values ($1, $2, $3, $4, md5($5)::uuid, $6, 1, 1, $7, coalesce($8, now()), $9, clock_timestamp(), now())
         on conflict (member_id, movie_id) do nothing",
    )
    .bind(id)
    .bind(draft.member)
    .bind(draft.movie)
    .bind(draft.text.as_str())
    .bind(spam::fingerprint(draft.text.as_str()))
    .bind(draft.spoiler)
    .bind(Filter::FIRST)
    .bind(draft.written.as_ref().map(|written| written.created_at))
    .bind(draft.written.as_ref().and_then(|written| written.edited_at))
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    outbox::push(tx, &Filter::FIRST.event(id, 1, 1)).await?;
    Ok(Some(id))
}

/// The member's comment on the movie, locked until the end of the transaction.
async fn standing(tx: &mut PgConnection, member: MemberId, movie: MovieId) -> Result<Option<Standing>, Error> {
    let standing = sqlx::query_as(
        "select id, text, spoiler, spoiler_suspected, state from comments
         where member_id = $1 and movie_id = $2 for no key update",
    )
    .bind(member)
    .bind(movie)
    .fetch_optional(tx)
    .await?;
    Ok(standing)
}

async fn change(tx: &mut PgConnection, standing: &Standing, draft: &Draft) -> Result<(), Error> {
    if standing.text != draft.text.as_str() {
        return edit(tx, standing, draft).await;
    }
    if standing.spoiler == draft.spoiler {
        return Ok(());
    }
    // The text has been judged, or is about to be: the author's own word on the veil needs no filter.
    let version: i64 =
        sqlx::query_scalar("update comments set spoiler = $2, version = version + 1 where id = $1 returning version")
            .bind(standing.id)
            .bind(draft.spoiler)
            .fetch_one(&mut *tx)
            .await?;
    if standing.state == State::Public && !standing.spoiler_suspected {
        let changed = Changed {
            id: standing.id,
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

/// The old text goes out of sight at once; the new one begins the pipeline.
async fn edit(tx: &mut PgConnection, standing: &Standing, draft: &Draft) -> Result<(), Error> {
    let (revision, version): (i64, i64) = sqlx::query_as(
        "update comments
         set text = $2, fingerprint = md5($3)::uuid, spoiler = $4, spoiler_suspected = false, hidden_for = null,
             revision = revision + 1, version = version + 1, next_filter = $5,
             edited_at = now(), submitted_at = clock_timestamp(), moved_at = now()
         where id = $1 returning revision, version",
    )
    .bind(standing.id)
    .bind(draft.text.as_str())
    .bind(spam::fingerprint(draft.text.as_str()))
    .bind(draft.spoiler)
    .bind(Filter::FIRST)
    .fetch_one(&mut *tx)
    .await?;
    let mut events = vec![Filter::FIRST.event(standing.id, revision, version)];
    if standing.state == State::Public {
        count(tx, draft.movie, -1).await?;
        events.push(Changed::gone(standing.id, draft.member, draft.movie, version).event());
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

/// There need not be one.
pub(crate) async fn remove(tx: &mut PgConnection, member: MemberId, movie: MovieId) -> Result<(), Error> {
    let deleted: Option<(CommentId, State, i64)> =
        sqlx::query_as("delete from comments where member_id = $1 and movie_id = $2 returning id, state, version + 1")
            .bind(member)
            .bind(movie)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some((id, State::Public, version)) = deleted {
        count(tx, movie, -1).await?;
        outbox::push(tx, &Changed::gone(id, member, movie, version).event()).await?;
    }
    Ok(())
}

/// A text as a comment may have it; what an import brings is measured by it.
pub(crate) fn fit(text: &str) -> Result<String, Error> {
    Ok(Text::parse(text, LONGEST)?.as_str().to_owned())
}

/// Writes a comment that came with an import; answers its id and which revision its text is. It begins the pipeline like
/// any other. A new one was written when the file says; to change one that is there is an edit of today.
pub(crate) async fn take(
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
        text: Text::parse(text, LONGEST)?,
        spoiler,
        written,
    };
    let row = save(tx, &draft).await?;
    let revision = sqlx::query_scalar("select revision from comments where id = $1")
        .bind(row.id)
        .fetch_one(tx)
        .await?;
    Ok((row.id, revision))
}

/// As it was before an import: its text goes through the pipeline again, but was last said `last`, not today. None: not known.
pub(crate) async fn put_back(
    tx: &mut PgConnection,
    member: MemberId,
    movie: MovieId,
    text: &str,
    spoiler: bool,
    last: Option<OffsetDateTime>,
) -> Result<(), Error> {
    let (id, _) = take(tx, member, movie, text, spoiler, None).await?;
    sqlx::query(
        "update comments set edited_at = case when $2 > created_at then $2 end where id = $1 and $2 is not null",
    )
    .bind(id)
    .bind(last)
    .execute(tx)
    .await?;
    Ok(())
}

pub(crate) async fn get(
    service: &Service,
    viewer: Option<MemberId>,
    request: GetCommentsRequest,
) -> Result<GetCommentsResponse, Error> {
    let ids: Vec<CommentId> = parse_all("comment_ids", &request.comment_ids, MOST_READ)?;
    let rows: Vec<Row> = sqlx::query_as(select_comments!(
        "where comment.id = any($2) and (comment.state = 2 or comment.member_id = $1)"
    ))
    .bind(viewer)
    .bind(ids)
    .fetch_all(&service.db)
    .await?;
    Ok(GetCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
    })
}

/// Those of these that are public, by id, as this viewer sees them.
pub(crate) async fn read_public(
    db: &PgPool,
    viewer: Option<MemberId>,
    ids: &[CommentId],
) -> Result<HashMap<CommentId, Comment>, Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<Row> = sqlx::query_as(select_comments!("where comment.id = any($2) and comment.state = 2"))
        .bind(viewer)
        .bind(ids)
        .fetch_all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
}

pub(crate) async fn get_mine(
    service: &Service,
    member: MemberId,
    request: GetMyCommentsRequest,
) -> Result<GetMyCommentsResponse, Error> {
    let movies = MovieId::parse_all(&request.movie_ids)?;
    ensure_at_most("movie_ids", movies.len(), MOST_READ)?;
    let rows: Vec<Row> = sqlx::query_as(select_comments!(
        "where comment.member_id = $1 and comment.movie_id = any($2)"
    ))
    .bind(member)
    .bind(movies)
    .fetch_all(&service.db)
    .await?;
    Ok(GetMyCommentsResponse {
        comments: rows.into_iter().map(Comment::from).collect(),
    })
}

/// What everybody sees of a comment, after a change of it.
pub(crate) struct Changed {
    pub(crate) id: CommentId,
    pub(crate) member: MemberId,
    pub(crate) movie: MovieId,
    pub(crate) is_public: bool,
    pub(crate) is_veiled: bool,
    pub(crate) version: i64,
}

impl Changed {
    fn gone(id: CommentId, member: MemberId, movie: MovieId, version: i64) -> Self {
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

/// Moves a movie's number of public comments. Always after the comment itself is locked, so that nobody waits in a circle.
pub(crate) async fn count(tx: &mut PgConnection, movie: MovieId, difference: i64) -> Result<(), Error> {
    sqlx::query(
        "insert into comment_counts as counts (movie_id, comment_count) values ($1, $2)
         on conflict (movie_id) do update set comment_count = counts.comment_count + excluded.comment_count",
    )
    .bind(movie)
    .bind(difference)
    .execute(tx)
    .await?;
    Ok(())
}

/// Counts every movie's public comments anew, while members write: who waits for the table adds to the new count.
pub(crate) async fn recount(db: &PgPool) -> Result<(), Error> {
    postgres::write(db, |tx| {
        Box::pin(async move {
            for statement in [
                "set local statement_timeout = 0",
                "lock table comment_counts in share row exclusive mode",
                "delete from comment_counts",
                "insert into comment_counts (movie_id, comment_count)
                 select movie_id, count(*) from comments where state = 2 group by movie_id",
            ] {
                sqlx::query(statement).execute(&mut *tx).await?;
            }
            Ok(())
        })
    })
    .await
}

/// A public comment, locked so that what hangs on it can be counted on it; for its author too, only a public one.
async fn public(tx: &mut PgConnection, id: CommentId) -> Result<MemberId, Error> {
    let author = sqlx::query_scalar("select member_id from comments where id = $1 and state = 2 for no key update")
        .bind(id)
        .fetch_optional(tx)
        .await?;
    author.ok_or_else(|| unknown_comment(id))
}

fn unknown_comment(id: CommentId) -> Error {
    Error::not_found("comment_id", format!("there is no comment {id}"))
}

fn own_comment() -> Error {
    Error::forbidden("a member cannot like their own comment")
}
