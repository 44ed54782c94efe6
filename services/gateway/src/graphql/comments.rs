//! Comments and replies as screens see them, and the writes that make them.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use chassis::client::request;
use matcha_protos::{
    rating::v1::{
        self as proto, DeleteCommentRequest, DeleteReplyRequest, GetCommentsRequest, LikeCommentRequest,
        ListCommentsRequest, ListMyCommentsRequest, ListRepliesRequest, PutCommentRequest, PutReplyRequest,
        UnlikeCommentRequest,
    },
    user::v1::Member,
};
use tonic::Code;
use uuid::Uuid;

use super::{
    limits::list_cost,
    loaders::{Asker, asker},
    member::moment,
    movie::Movie,
    mutation::WRITE,
};
use crate::{
    http::{
        extract::{cursor, limit, uuid},
        problem::Problem,
    },
    stars,
};

/// A comment as it was read for the asker.
pub(super) struct Comment(proto::Comment);

impl From<proto::Comment> for Comment {
    fn from(found: proto::Comment) -> Self {
        Self(found)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum CommentSort {
    Likes,
    StarsHigh,
    StarsLow,
    Newest,
}

impl CommentSort {
    fn inside(self) -> proto::CommentSort {
        match self {
            Self::Likes => proto::CommentSort::Likes,
            Self::StarsHigh => proto::CommentSort::StarsHigh,
            Self::StarsLow => proto::CommentSort::StarsLow,
            Self::Newest => proto::CommentSort::Newest,
        }
    }
}

/// How far a comment has come.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum CommentState {
    Checking,
    Public,
    Hidden,
}

/// Which filter held a comment back.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum HiddenReason {
    Spam,
    Language,
}

#[derive(SimpleObject)]
pub(super) struct CommentConnection {
    items: Vec<Comment>,
    next_cursor: Option<String>,
    total: i64,
}

impl CommentConnection {
    pub(super) fn new(comments: Vec<proto::Comment>, next_cursor: String, total: i64) -> Self {
        Self {
            items: comments.into_iter().map(Comment).collect(),
            next_cursor: Some(next_cursor).filter(|cursor| !cursor.is_empty()),
            total,
        }
    }
}

/// What everybody may know of a member.
#[derive(SimpleObject)]
pub(super) struct Author {
    id: ID,
    handle: String,
    display_name: String,
}

#[derive(SimpleObject)]
pub(super) struct ReplyConnection {
    items: Vec<Reply>,
    next_cursor: Option<String>,
    total: i64,
}

pub(super) struct Reply(proto::Reply);

#[derive(SimpleObject)]
pub(super) struct LikePayload {
    comment_id: ID,
    likes: i64,
    liked_by_me: bool,
}

/// Whoever wrote it; nobody where members cannot be had.
pub(super) async fn author(asker: &Asker, id: &str) -> Option<Author> {
    let id: Uuid = id.parse().ok()?;
    let found = asker.part("user", asker.members.load_one(id).await)??;
    let Member {
        id,
        handle,
        display_name,
        ..
    } = found.as_ref().clone();
    Some(Author {
        id: ID(id),
        handle,
        display_name,
    })
}

pub(super) fn is_mine(asker: &Asker, member: &str) -> bool {
    let me = asker.caller.member_if_any();
    me.is_some_and(|me| member.parse() == Ok(me))
}

/// The public comments on a movie; null when rating cannot say.
pub(super) async fn of_movie(
    asker: &Asker,
    movie: Uuid,
    sort: Option<CommentSort>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<CommentConnection>, Problem> {
    let message = ListCommentsRequest {
        movie_id: movie.to_string(),
        sort: sort.unwrap_or(CommentSort::Likes).inside().into(),
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
    };
    asker.take_comments()?;
    let mut rating = asker.clients.rating.clone();
    let answer = match rating.list_comments(request(message, &asker.caller)).await {
        // A cursor of another list: the client's doing.
        Err(status) if status.code() == Code::InvalidArgument => return Err(status.into()),
        // The page is whole without them.
        answer => asker.part("rating", answer),
    };
    let connection = answer.map(|answer| {
        let answer = answer.into_inner();
        CommentConnection {
            items: answer.comments.into_iter().map(Comment).collect(),
            next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
            total: answer.total,
        }
    });
    Ok(connection)
}

/// The asker's comments on all movies.
pub(super) async fn of_asker(
    asker: &Asker,
    first: Option<i32>,
    after: Option<String>,
) -> Result<CommentConnection, Problem> {
    let message = ListMyCommentsRequest {
        cursor: cursor("after", after)?,
        limit: limit("first", first, 20, 50)?,
    };
    let mut rating = asker.clients.rating.clone();
    let answer = rating.list_my_comments(request(message, &asker.caller)).await?;
    let answer = answer.into_inner();
    Ok(CommentConnection {
        items: answer.comments.into_iter().map(Comment).collect(),
        next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
        total: answer.total,
    })
}

/// One comment that the asker may see.
pub(super) async fn one(asker: &Asker, id: Uuid) -> Result<Option<Comment>, Problem> {
    let message = GetCommentsRequest {
        comment_ids: vec![id.to_string()],
    };
    let mut rating = asker.clients.rating.clone();
    let answer = rating.get_comments(request(message, &asker.caller)).await?;
    Ok(answer.into_inner().comments.pop().map(Comment))
}

#[Object]
impl Comment {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    async fn movie(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        match self.0.movie_id.parse() {
            Ok(id) => asker(ctx).movie(id).await,
            Err(_) => Ok(None),
        }
    }

    /// Who wrote it; null when members cannot be had.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(asker(ctx), &self.0.member_id).await
    }

    /// Whether the asker wrote it.
    async fn mine(&self, ctx: &Context<'_>) -> bool {
        is_mine(asker(ctx), &self.0.member_id)
    }

    /// The author's stars for the movie.
    async fn stars(&self) -> Option<f64> {
        self.0.stars.map(stars::outside)
    }

    /// As it was typed; it is text, whatever it looks like.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// Its author says that it gives the film away.
    async fn spoiler(&self) -> bool {
        self.0.spoiler
    }

    /// To be read behind a veil: its author says so, or it reads as if.
    async fn veiled(&self) -> bool {
        self.0.spoiler || self.0.spoiler_suspected
    }

    async fn likes(&self) -> i64 {
        self.0.like_count
    }

    async fn liked_by_me(&self) -> bool {
        self.0.liked
    }

    async fn reply_count(&self) -> i64 {
        self.0.reply_count
    }

    /// Oldest first; null when rating cannot say.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn replies(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<ReplyConnection>, Problem> {
        let asker = asker(ctx);
        let message = ListRepliesRequest {
            comment_id: self.0.id.clone(),
            cursor: cursor("after", after)?,
            limit: limit("first", first, 20, 50)?,
        };
        asker.take_replies()?;
        let mut rating = asker.clients.rating.clone();
        let answer = match rating.list_replies(request(message, &asker.caller)).await {
            Err(status) if matches!(status.code(), Code::InvalidArgument | Code::NotFound) => {
                return Err(status.into());
            }
            answer => asker.part("rating", answer),
        };
        let connection = answer.map(|answer| {
            let answer = answer.into_inner();
            ReplyConnection {
                items: answer.replies.into_iter().map(Reply).collect(),
                next_cursor: Some(answer.next_cursor).filter(|cursor| !cursor.is_empty()),
                total: answer.total,
            }
        });
        Ok(connection)
    }

    /// For its author; null for everybody else, who sees only what is public.
    async fn state(&self, ctx: &Context<'_>) -> Option<CommentState> {
        if !is_mine(asker(ctx), &self.0.member_id) {
            return None;
        }
        match self.0.state() {
            proto::CommentState::Unspecified => None,
            proto::CommentState::Checking => Some(CommentState::Checking),
            proto::CommentState::Public => Some(CommentState::Public),
            proto::CommentState::Hidden => Some(CommentState::Hidden),
        }
    }

    /// With HIDDEN: which filter held it back.
    async fn hidden_for(&self, ctx: &Context<'_>) -> Option<HiddenReason> {
        if !is_mine(asker(ctx), &self.0.member_id) {
            return None;
        }
        match self.0.reason() {
            proto::HiddenReason::Unspecified => None,
            proto::HiddenReason::Spam => Some(HiddenReason::Spam),
            proto::HiddenReason::Language => Some(HiddenReason::Language),
        }
    }

    /// RFC 3339.
    async fn created_at(&self) -> String {
        moment(self.0.created_at)
    }

    /// Whether the text is another than the first one.
    async fn edited(&self) -> bool {
        self.0.edited_at.is_some()
    }
}

#[Object]
impl Reply {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// Who wrote it; null when members cannot be had.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(asker(ctx), &self.0.member_id).await
    }

    /// Whether the asker wrote it.
    async fn mine(&self, ctx: &Context<'_>) -> bool {
        is_mine(asker(ctx), &self.0.member_id)
    }

    async fn text(&self) -> &str {
        &self.0.text
    }

    /// To be read behind a veil.
    async fn veiled(&self) -> bool {
        self.0.spoiler_suspected
    }

    /// RFC 3339.
    async fn created_at(&self) -> String {
        moment(self.0.created_at)
    }
}

/// The writes.
pub(super) struct CommentMutation;

#[Object]
impl CommentMutation {
    /// Writes the comment on a movie or changes it. A new text is checked before anybody else sees it.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_comment(
        &self,
        ctx: &Context<'_>,
        movie_id: ID,
        text: String,
        #[graphql(default = false)] spoiler: bool,
    ) -> Result<Comment, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = PutCommentRequest {
            movie_id: uuid("movieId", &movie_id)?.to_string(),
            text,
            spoiler,
        };
        let mut rating = asker.clients.rating.clone();
        let answer = rating.put_comment(request(message, &asker.caller)).await?;
        Ok(Comment(answer.into_inner().comment.unwrap_or_default()))
    }

    /// Deletes the comment on a movie, with its likes and replies; there need not be one.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_comment(&self, ctx: &Context<'_>, movie_id: ID) -> Result<bool, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = DeleteCommentRequest {
            movie_id: uuid("movieId", &movie_id)?.to_string(),
        };
        let mut rating = asker.clients.rating.clone();
        rating.delete_comment(request(message, &asker.caller)).await?;
        Ok(true)
    }

    /// Likes somebody else's comment.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn like_comment(&self, ctx: &Context<'_>, comment_id: ID) -> Result<LikePayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = LikeCommentRequest {
            comment_id: uuid("commentId", &comment_id)?.to_string(),
        };
        let mut rating = asker.clients.rating.clone();
        let answer = rating.like_comment(request(message, &asker.caller)).await?;
        Ok(LikePayload {
            comment_id,
            likes: answer.into_inner().like_count,
            liked_by_me: true,
        })
    }

    /// Takes the like back; there need not be one.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn unlike_comment(&self, ctx: &Context<'_>, comment_id: ID) -> Result<LikePayload, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = UnlikeCommentRequest {
            comment_id: uuid("commentId", &comment_id)?.to_string(),
        };
        let mut rating = asker.clients.rating.clone();
        let answer = rating.unlike_comment(request(message, &asker.caller)).await?;
        Ok(LikePayload {
            comment_id,
            likes: answer.into_inner().like_count,
            liked_by_me: false,
        })
    }

    /// Replies to a comment. The client draws the reply's id: the same again is no second reply.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn reply(&self, ctx: &Context<'_>, comment_id: ID, reply_id: ID, text: String) -> Result<Reply, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = PutReplyRequest {
            comment_id: uuid("commentId", &comment_id)?.to_string(),
            reply_id: uuid("replyId", &reply_id)?.to_string(),
            text,
        };
        let mut rating = asker.clients.rating.clone();
        let answer = rating.put_reply(request(message, &asker.caller)).await?;
        Ok(Reply(answer.into_inner().reply.unwrap_or_default()))
    }

    /// Deletes a reply of one's own; it need not be there.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_reply(&self, ctx: &Context<'_>, reply_id: ID) -> Result<bool, Problem> {
        let asker = asker(ctx);
        asker.member()?;
        let message = DeleteReplyRequest {
            reply_id: uuid("replyId", &reply_id)?.to_string(),
        };
        let mut rating = asker.clients.rating.clone();
        rating.delete_reply(request(message, &asker.caller)).await?;
        Ok(true)
    }
}
