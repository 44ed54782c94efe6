//! Members' comments on movies, and likes of comments.

use async_graphql::SimpleObject;
use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{
    self as proto, DeleteCommentRequest, GetCommentsRequest, LikeCommentRequest, ListCommentsRequest,
    ListMemberCommentsRequest, ListMyCommentsRequest, PutCommentRequest, UnlikeCommentRequest,
};
use serde::{Deserialize, Serialize};
use tonic::Status;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    features::{
        authors::{self, Author, Authors, is_caller},
        page::{Counted, Page, PageRequest, page_names},
    },
    id::Id,
    stars,
    timestamp::Timestamp,
    upstream::{batch_reads, clients::Clients, degraded::Degraded},
    wire_enum::wire_enum,
};

/// A comment as the caller may see it.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(complex)]
pub(crate) struct Comment {
    #[schema(value_type = Uuid)]
    pub(crate) id: Id,
    #[graphql(skip)]
    #[schema(value_type = Uuid)]
    pub(crate) movie_id: Id,
    #[graphql(skip)]
    #[serde(skip)]
    pub(crate) author: Id,
    /// The author; null if members cannot be read at the moment.
    #[graphql(skip)]
    member: Option<Author>,
    /// Whether the caller wrote it.
    #[serde(skip)]
    mine: bool,
    /// The author's stars for the movie, 0.5-5.0.
    stars: Option<f64>,
    /// Plain text as it was typed; it is never markup.
    text: String,
    /// The author marked it as a spoiler.
    spoiler: bool,
    /// Hide the text until the reader asks for it: the author marked it as a spoiler, or it looks like one.
    veiled: bool,
    likes: i64,
    liked_by_me: bool,
    reply_count: i64,
    /// Null unless the caller wrote it: others see public comments only.
    state: Option<CommentState>,
    /// If the state is hidden: the filter that hid it.
    hidden_for: Option<HiddenReason>,
    /// RFC 3339.
    #[schema(value_type = OffsetDateTime)]
    created_at: Timestamp,
    /// Null: the text has never been changed.
    #[graphql(skip)]
    #[schema(value_type = Option<OffsetDateTime>)]
    edited_at: Option<Timestamp>,
    /// Whether the text has been changed.
    #[serde(skip)]
    edited: bool,
}

wire_enum! {
    /// How far the check of a comment has come.
    pub(crate) enum CommentState = proto::CommentState {
        Checking,
        Public,
        Hidden,
    }
}

wire_enum! {
    /// The filter that hid a comment.
    pub(crate) enum HiddenReason = proto::HiddenReason {
        Spam,
        Language,
    }
}

wire_enum! {
    /// The order of a movie's comments.
    pub(crate) enum CommentSort = proto::CommentSort {
        Likes,
        StarsHigh,
        StarsLow,
        Newest,
    }
}

impl Comment {
    /// Without the author's names: see [`Comment::with_member`] and [`Comments::with_members`].
    pub(crate) fn new(comment: proto::Comment, caller: &Caller) -> Self {
        let author = Id::from_proto(&comment.member_id);
        let mine = is_caller(caller, author);
        Self {
            id: Id::from_proto(&comment.id),
            movie_id: Id::from_proto(&comment.movie_id),
            author,
            member: None,
            mine,
            stars: comment.stars.map(stars::from_half_steps),
            state: CommentState::from_proto(comment.state()).filter(|_| mine),
            hidden_for: HiddenReason::from_proto(comment.reason()).filter(|_| mine),
            text: comment.text,
            spoiler: comment.spoiler,
            veiled: comment.spoiler || comment.spoiler_suspected,
            likes: comment.like_count,
            liked_by_me: comment.liked,
            reply_count: comment.reply_count,
            created_at: Timestamp::from_seconds(comment.created_at),
            edited_at: comment.edited_at.map(Timestamp::from_seconds),
            edited: comment.edited_at.is_some(),
        }
    }

    /// Reads the author's names.
    pub(crate) async fn with_member(mut self, clients: &Clients, caller: &Caller) -> Self {
        self.member = authors::read_one(clients, caller, self.author).await;
        self
    }

    /// Takes the author's names from those that were read for the whole answer.
    pub(crate) fn with_member_of(mut self, authors: &Authors) -> Self {
        self.member = authors.get(self.author);
        self
    }
}

/// A page of comments.
pub(crate) type Comments = Page<Comment, Counted>;

page_names!(Comments, "CommentConnection", "A page of comments.");

impl Comments {
    fn from_proto(comments: Vec<proto::Comment>, next_cursor: String, total: i64, caller: &Caller) -> Self {
        let comments = comments.into_iter().map(|comment| Comment::new(comment, caller));
        Self::new(comments.collect(), next_cursor, Counted::new(total))
    }

    /// Reads the authors' names with one call.
    pub(crate) async fn with_members(mut self, clients: &Clients, caller: &Caller) -> Self {
        let degraded = Degraded::default();
        let ids = self.items.iter().map(|comment| comment.author);
        let authors = Authors::read(clients, caller, ids, &degraded).await;
        let comments = self.items.into_iter();
        self.items = comments.map(|comment| comment.with_member_of(&authors)).collect();
        self.extra.degraded = degraded.names();
        self
    }
}

/// What a member writes.
#[derive(Deserialize, ToSchema)]
#[schema(as = Draft)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommentDraft {
    /// 1 to 10,000 characters.
    #[schema(min_length = 1, max_length = 10_000, pattern = "\\S")]
    pub(crate) text: String,
    /// Whether the text is a spoiler.
    #[serde(default)]
    pub(crate) spoiler: bool,
}

/// How many members like a comment.
#[derive(SimpleObject, Serialize, ToSchema)]
#[graphql(name = "LikePayload")]
#[schema(as = Likes)]
pub(crate) struct CommentLikes {
    #[serde(skip)]
    comment_id: Id,
    likes: i64,
    liked_by_me: bool,
}

/// Reads a comment. `None` if there is none that the caller may see.
pub(crate) async fn get(clients: &Clients, caller: &Caller, id: Uuid) -> Result<Option<Comment>, Status> {
    let message = GetCommentsRequest {
        comment_ids: vec![id.to_string()],
    };
    let answer = clients.comments.clone().get_comments(request(message, caller)).await?;
    let comment = answer.into_inner().comments.pop();
    Ok(comment.map(|comment| Comment::new(comment, caller)))
}

/// Reads the caller's own comment on a movie, in any state.
pub(crate) async fn mine(clients: &Clients, caller: &Caller, movie: Uuid) -> Result<Option<Comment>, Status> {
    let comment = batch_reads::my_comments(clients, caller, &[movie])
        .await?
        .remove(&movie);
    Ok(comment.map(|comment| Comment::new(comment, caller)))
}

/// Reads the public comments on a movie.
pub(crate) async fn of_movie(
    clients: &Clients,
    caller: &Caller,
    movie: Uuid,
    sort: Option<CommentSort>,
    page: PageRequest,
) -> Result<Comments, Status> {
    let message = ListCommentsRequest {
        movie_id: movie.to_string(),
        sort: sort.unwrap_or(CommentSort::Likes).to_proto().into(),
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients.comments.clone().list_comments(request(message, caller)).await?;
    let answer = answer.into_inner();
    Ok(Comments::from_proto(
        answer.comments,
        answer.next_cursor,
        answer.total,
        caller,
    ))
}

/// Reads the caller's comments on all movies, newest first, in any state.
pub(crate) async fn of_caller(clients: &Clients, caller: &Caller, page: PageRequest) -> Result<Comments, Status> {
    let message = ListMyCommentsRequest {
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients
        .comments
        .clone()
        .list_my_comments(request(message, caller))
        .await?;
    let answer = answer.into_inner();
    Ok(Comments::from_proto(
        answer.comments,
        answer.next_cursor,
        answer.total,
        caller,
    ))
}

/// Reads another member's public comments on all movies, newest first.
pub(crate) async fn of_member(
    clients: &Clients,
    caller: &Caller,
    member: Id,
    page: PageRequest,
) -> Result<Comments, Status> {
    let message = ListMemberCommentsRequest {
        member_id: member.to_string(),
        cursor: page.cursor,
        limit: page.limit,
    };
    let answer = clients
        .comments
        .clone()
        .list_member_comments(request(message, caller))
        .await?;
    let answer = answer.into_inner();
    Ok(Comments::from_proto(
        answer.comments,
        answer.next_cursor,
        answer.total,
        caller,
    ))
}

/// Creates or changes the caller's comment on a movie. A new text is checked before others see it.
pub(crate) async fn put(
    clients: &Clients,
    caller: &Caller,
    movie: Uuid,
    draft: CommentDraft,
) -> Result<Comment, Status> {
    let message = PutCommentRequest {
        movie_id: movie.to_string(),
        text: draft.text,
        spoiler: draft.spoiler,
    };
    let answer = clients.comments.clone().put_comment(request(message, caller)).await?;
    Ok(Comment::new(answer.into_inner().comment.unwrap_or_default(), caller))
}

/// Deletes the caller's comment on a movie, with its likes and replies. Succeeds if there is none.
pub(crate) async fn delete(clients: &Clients, caller: &Caller, movie: Uuid) -> Result<(), Status> {
    let message = DeleteCommentRequest {
        movie_id: movie.to_string(),
    };
    clients
        .comments
        .clone()
        .delete_comment(request(message, caller))
        .await?;
    Ok(())
}

/// Likes another member's comment.
pub(crate) async fn like(clients: &Clients, caller: &Caller, comment: Uuid) -> Result<CommentLikes, Status> {
    let message = LikeCommentRequest {
        comment_id: comment.to_string(),
    };
    let answer = clients.comments.clone().like_comment(request(message, caller)).await?;
    Ok(CommentLikes {
        comment_id: comment.into(),
        likes: answer.into_inner().like_count,
        liked_by_me: true,
    })
}

/// Takes the caller's like back. Succeeds if there is none.
pub(crate) async fn unlike(clients: &Clients, caller: &Caller, comment: Uuid) -> Result<CommentLikes, Status> {
    let message = UnlikeCommentRequest {
        comment_id: comment.to_string(),
    };
    let answer = clients
        .comments
        .clone()
        .unlike_comment(request(message, caller))
        .await?;
    Ok(CommentLikes {
        comment_id: comment.into(),
        likes: answer.into_inner().like_count,
        liked_by_me: false,
    })
}
