//! `/api/v1/movies/{id}/comment` is the member's own comment, `…/comments` everybody's; likes and replies hang on
//! `/api/v1/comments/{id}`. Every write may be repeated.

pub(super) mod replies;

use std::collections::HashMap;

use axum::extract::State;
use chassis::{client::request, identity::Caller};
use http::StatusCode;
use matcha_protos::{
    rating::v1::{
        self as proto, DeleteCommentRequest, GetMyCommentsRequest, LikeCommentRequest, ListCommentsRequest,
        ListMyCommentsRequest, PutCommentRequest, UnlikeCommentRequest,
    },
    user::v1 as user,
};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::me::moment;
use crate::{
    http::{
        auth::{Anyone, SignedIn},
        extract::{Json, PathId, Query, cursor, limit},
        problem::Problem,
    },
    stars,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
};

/// What a member writes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    /// 1 to 10,000 characters.
    text: String,
    /// It gives the film away.
    #[serde(default)]
    spoiler: bool,
}

/// A comment as the caller may see it.
#[derive(Serialize, ToSchema)]
pub(super) struct Comment {
    #[schema(value_type = Uuid)]
    id: String,
    #[schema(value_type = Uuid)]
    movie_id: String,
    /// Null: members cannot be had at the moment.
    member: Option<Author>,
    /// The author's stars for the movie, 0.5-5.0.
    stars: Option<f64>,
    /// As it was typed; it is text, whatever it looks like.
    text: String,
    /// Its author says that it gives the film away.
    spoiler: bool,
    /// To be read behind a veil: its author says so, or it reads as if.
    veiled: bool,
    likes: i64,
    liked_by_me: bool,
    reply_count: i64,
    /// For its author; null for everybody else, who sees only what is public.
    state: Option<CommentState>,
    /// With `hidden`: which filter held it back.
    hidden_for: Option<HiddenReason>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// Null: the text is the first one.
    #[serde(with = "time::serde::rfc3339::option")]
    edited_at: Option<OffsetDateTime>,
}

/// What everybody may know of a member.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Author {
    #[schema(value_type = Uuid)]
    id: String,
    handle: String,
    display_name: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CommentState {
    Checking,
    Public,
    Hidden,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum HiddenReason {
    Spam,
    Language,
}

impl From<user::Member> for Author {
    fn from(member: user::Member) -> Self {
        Self {
            id: member.id,
            handle: member.handle,
            display_name: member.display_name,
        }
    }
}

impl Comment {
    pub(super) fn new(found: proto::Comment, caller: &Caller, authors: &Authors) -> Self {
        let is_mine = caller
            .member_if_any()
            .is_some_and(|me| found.member_id.parse() == Ok(me));
        let state = match found.state() {
            proto::CommentState::Unspecified => None,
            proto::CommentState::Checking => Some(CommentState::Checking),
            proto::CommentState::Public => Some(CommentState::Public),
            proto::CommentState::Hidden => Some(CommentState::Hidden),
        };
        let hidden_for = match found.reason() {
            proto::HiddenReason::Unspecified => None,
            proto::HiddenReason::Spam => Some(HiddenReason::Spam),
            proto::HiddenReason::Language => Some(HiddenReason::Language),
        };
        Self {
            member: authors.of(&found.member_id),
            stars: found.stars.map(stars::outside),
            text: found.text,
            spoiler: found.spoiler,
            veiled: found.spoiler || found.spoiler_suspected,
            likes: found.like_count,
            liked_by_me: found.liked,
            reply_count: found.reply_count,
            state: state.filter(|_| is_mine),
            hidden_for: hidden_for.filter(|_| is_mine),
            created_at: moment(found.created_at),
            edited_at: found.edited_at.map(moment),
            id: found.id,
            movie_id: found.movie_id,
        }
    }
}

/// The members behind a page of comments or replies: one call for all of them.
pub(super) struct Authors(HashMap<Uuid, user::Member>);

impl Authors {
    pub(super) async fn read<'a>(
        clients: &Clients,
        caller: &Caller,
        ids: impl Iterator<Item = &'a String>,
        degraded: &mut Degraded,
    ) -> Self {
        let mut ids = batch_reads::ids(ids);
        ids.sort_unstable();
        ids.dedup();
        let members = batch_reads::members(clients, caller, &ids).await;
        Self(degraded.part("user", members).unwrap_or_default())
    }

    pub(super) fn of(&self, id: &str) -> Option<Author> {
        let id: Uuid = id.parse().ok()?;
        self.0.get(&id).cloned().map(Author::from)
    }
}

/// One comment, with its author.
async fn shown(clients: &Clients, caller: &Caller, found: proto::Comment) -> Json<Comment> {
    let ids = [found.member_id.clone()];
    // Without its author it is still the comment.
    let authors = Authors::read(clients, caller, ids.iter(), &mut Degraded::default()).await;
    Json(Comment::new(found, caller, &authors))
}

/// The member's own comment, in whatever state.
#[utoipa::path(get, path = "/api/v1/movies/{id}/comment", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = Comment)))]
pub(super) async fn mine(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<Comment>, Problem> {
    let message = GetMyCommentsRequest {
        movie_ids: vec![id.to_string()],
    };
    let answer = clients
        .rating
        .clone()
        .get_my_comments(request(message, &caller))
        .await?;
    let found = answer.into_inner().comments.pop();
    let found = found.ok_or_else(|| Problem::not_found("comment"))?;
    Ok(shown(&clients, &caller, found).await)
}

/// Writes the comment or changes it. A new text is checked before anybody else sees it.
#[utoipa::path(put, path = "/api/v1/movies/{id}/comment", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), request_body = Draft, responses((status = 200, body = Comment)))]
pub(super) async fn write(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
    Json(draft): Json<Draft>,
) -> Result<Json<Comment>, Problem> {
    let message = PutCommentRequest {
        movie_id: id.to_string(),
        text: draft.text,
        spoiler: draft.spoiler,
    };
    let answer = clients.rating.clone().put_comment(request(message, &caller)).await?;
    let found = answer.into_inner().comment.unwrap_or_default();
    Ok(shown(&clients, &caller, found).await)
}

/// Deletes the comment, with its likes and replies; there need not be one.
#[utoipa::path(delete, path = "/api/v1/movies/{id}/comment", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 204, description = "There is no comment now.")))]
pub(super) async fn delete(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    let message = DeleteCommentRequest {
        movie_id: id.to_string(),
    };
    clients.rating.clone().delete_comment(request(message, &caller)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CommentsFilter {
    /// Usually the most liked first; before all others those by members whom the caller follows.
    #[param(inline)]
    sort: Option<CommentSort>,
    /// `next_cursor` of the page before; it belongs to its list.
    cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<i32>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CommentSort {
    Likes,
    StarsHigh,
    StarsLow,
    Newest,
}

/// A page of comments.
#[derive(Serialize, ToSchema)]
pub(super) struct Comments {
    items: Vec<Comment>,
    /// Null: this was the last page.
    next_cursor: Option<String>,
    /// On all pages together.
    total: i64,
    degraded: Vec<&'static str>,
}

impl Comments {
    pub(super) async fn new(
        clients: &Clients,
        caller: &Caller,
        comments: Vec<proto::Comment>,
        next_cursor: String,
        total: i64,
    ) -> Self {
        let mut degraded = Degraded::default();
        let ids = comments.iter().map(|comment| &comment.member_id);
        let authors = Authors::read(clients, caller, ids, &mut degraded).await;
        let comments = comments.into_iter();
        Self {
            items: comments.map(|found| Comment::new(found, caller, &authors)).collect(),
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            total,
            degraded: degraded.into_names(),
        }
    }
}

/// The public comments on a movie.
#[utoipa::path(get, path = "/api/v1/movies/{id}/comments", tag = "comments", security((), ("bearer" = [])),
    params(("id" = Uuid, Path), CommentsFilter), responses((status = 200, body = Comments)))]
pub(super) async fn of_movie(
    State(clients): State<Clients>,
    Anyone(caller): Anyone,
    PathId(id): PathId,
    Query(filter): Query<CommentsFilter>,
) -> Result<Json<Comments>, Problem> {
    let sort = match filter.sort {
        None | Some(CommentSort::Likes) => proto::CommentSort::Likes,
        Some(CommentSort::StarsHigh) => proto::CommentSort::StarsHigh,
        Some(CommentSort::StarsLow) => proto::CommentSort::StarsLow,
        Some(CommentSort::Newest) => proto::CommentSort::Newest,
    };
    let message = ListCommentsRequest {
        movie_id: id.to_string(),
        sort: sort.into(),
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients.rating.clone().list_comments(request(message, &caller)).await?;
    let answer = answer.into_inner();
    // Only who has none may be nobody's; and while movie is away, there are none.
    if answer.total == 0 && clients.movies.read(&[id]).await.is_ok_and(|found| found.is_empty()) {
        return Err(Problem::not_found("movie"));
    }
    let page = Comments::new(&clients, &caller, answer.comments, answer.next_cursor, answer.total);
    Ok(Json(page.await))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PageFilter {
    /// `next_cursor` of the page before; it belongs to its list.
    pub(super) cursor: Option<String>,
    /// 1-50, usually 20.
    #[param(minimum = 1, maximum = 50)]
    pub(super) limit: Option<i32>,
}

/// The member's own comments, newest first, in whatever state.
#[utoipa::path(get, path = "/api/v1/me/comments", tag = "me", security(("bearer" = [])),
    params(PageFilter), responses((status = 200, body = Comments)))]
pub(super) async fn of_member(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    Query(filter): Query<PageFilter>,
) -> Result<Json<Comments>, Problem> {
    let message = ListMyCommentsRequest {
        cursor: cursor("cursor", filter.cursor)?,
        limit: limit("limit", filter.limit, 20, 50)?,
    };
    let answer = clients
        .rating
        .clone()
        .list_my_comments(request(message, &caller))
        .await?;
    let answer = answer.into_inner();
    let page = Comments::new(&clients, &caller, answer.comments, answer.next_cursor, answer.total);
    Ok(Json(page.await))
}

/// How many like a comment now.
#[derive(Serialize, ToSchema)]
pub(super) struct Likes {
    likes: i64,
    liked_by_me: bool,
}

/// Likes somebody else's comment.
#[utoipa::path(put, path = "/api/v1/comments/{id}/like", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = Likes)))]
pub(super) async fn like(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<Likes>, Problem> {
    let message = LikeCommentRequest {
        comment_id: id.to_string(),
    };
    let answer = clients.rating.clone().like_comment(request(message, &caller)).await?;
    Ok(Json(Likes {
        likes: answer.into_inner().like_count,
        liked_by_me: true,
    }))
}

/// Takes the like back; there need not be one.
#[utoipa::path(delete, path = "/api/v1/comments/{id}/like", tag = "comments", security(("bearer" = [])),
    params(("id" = Uuid, Path)), responses((status = 200, body = Likes)))]
pub(super) async fn unlike(
    State(clients): State<Clients>,
    SignedIn(caller): SignedIn,
    PathId(id): PathId,
) -> Result<Json<Likes>, Problem> {
    let message = UnlikeCommentRequest {
        comment_id: id.to_string(),
    };
    let answer = clients.rating.clone().unlike_comment(request(message, &caller)).await?;
    Ok(Json(Likes {
        likes: answer.into_inner().like_count,
        liked_by_me: false,
    }))
}
