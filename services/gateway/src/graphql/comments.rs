//! Comments and replies: the fields that a query selects by themselves, and the writes.

use async_graphql::{ComplexObject, Context, ID, Object};
use tonic::Code;
use uuid::Uuid;

use super::{
    authors::author,
    limits::list_cost,
    mutation::WRITE,
    pages::page,
    request_context::{RequestContext, request_context},
};
use crate::{
    features::{
        authors::Author,
        comments::{self, Comment, CommentDraft, CommentLikes, CommentSort, Comments},
        movies::Movie,
        replies::{self, Replies, Reply, ReplyDraft},
    },
    http::{extract::uuid, problem::Problem},
};

/// Reads the public comments on a movie; null if the rating service did not answer.
pub(super) async fn of_movie(
    context: &RequestContext,
    movie: Uuid,
    sort: Option<CommentSort>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Option<Comments>, Problem> {
    let page = page(first, after)?;
    context.take_comments()?;
    let comments = comments::of_movie(&context.clients, &context.caller, movie, sort, page).await;
    context.part_if_valid("rating", comments)
}

/// Reads the caller's comments on all movies.
pub(super) async fn of_caller(
    context: &RequestContext,
    first: Option<i32>,
    after: Option<String>,
) -> Result<Comments, Problem> {
    let page = page(first, after)?;
    Ok(comments::of_caller(&context.clients, &context.caller, page).await?)
}

/// Reads a comment that the caller may see.
pub(super) async fn one(context: &RequestContext, id: Uuid) -> Result<Option<Comment>, Problem> {
    Ok(comments::get(&context.clients, &context.caller, id).await?)
}

#[ComplexObject]
impl Comment {
    async fn movie(&self, ctx: &Context<'_>) -> Result<Option<Movie>, Problem> {
        request_context(ctx).movie(self.movie_id.0).await
    }

    /// The author; null if members cannot be read at the moment.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(request_context(ctx), self.author).await
    }

    /// The replies, oldest first; null if the rating service did not answer.
    #[graphql(complexity = "list_cost(first, child_complexity)")]
    async fn replies(
        &self,
        ctx: &Context<'_>,
        #[graphql(default_with = "Some(20)")] first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Replies>, Problem> {
        let context = request_context(ctx);
        let page = page(first, after)?;
        context.take_replies()?;
        match replies::of_comment(&context.clients, &context.caller, self.id, page).await {
            // The comment is gone, or the cursor belongs to another list.
            Err(status) if matches!(status.code(), Code::InvalidArgument | Code::NotFound) => Err(status.into()),
            replies => Ok(context.part("rating", replies)),
        }
    }
}

#[ComplexObject]
impl Reply {
    /// The author; null if members cannot be read at the moment.
    async fn member(&self, ctx: &Context<'_>) -> Option<Author> {
        author(request_context(ctx), self.author).await
    }
}

/// The writes about comments and replies. Each may be repeated.
pub(super) struct CommentMutation;

#[Object]
impl CommentMutation {
    /// Creates or changes the caller's comment on a movie. A new text is checked before others see it.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn put_comment(
        &self,
        ctx: &Context<'_>,
        movie_id: ID,
        text: String,
        #[graphql(default = false)] spoiler: bool,
    ) -> Result<Comment, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let movie = uuid("movieId", &movie_id)?;
        let draft = CommentDraft { text, spoiler };
        Ok(comments::put(&context.clients, &context.caller, movie, draft).await?)
    }

    /// Deletes the caller's comment on a movie, with its likes and replies. Succeeds if there is none.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_comment(&self, ctx: &Context<'_>, movie_id: ID) -> Result<bool, Problem> {
        let context = request_context(ctx);
        context.member()?;
        comments::delete(&context.clients, &context.caller, uuid("movieId", &movie_id)?).await?;
        Ok(true)
    }

    /// Likes another member's comment.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn like_comment(&self, ctx: &Context<'_>, comment_id: ID) -> Result<CommentLikes, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let comment = uuid("commentId", &comment_id)?;
        Ok(comments::like(&context.clients, &context.caller, comment).await?)
    }

    /// Takes the like back. Succeeds if there is none.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn unlike_comment(&self, ctx: &Context<'_>, comment_id: ID) -> Result<CommentLikes, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let comment = uuid("commentId", &comment_id)?;
        Ok(comments::unlike(&context.clients, &context.caller, comment).await?)
    }

    /// Replies to a comment. The client generates the reply's id: the same reply again is no second one.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn reply(&self, ctx: &Context<'_>, comment_id: ID, reply_id: ID, text: String) -> Result<Reply, Problem> {
        let context = request_context(ctx);
        context.member()?;
        let comment = uuid("commentId", &comment_id)?;
        let draft = ReplyDraft {
            id: uuid("replyId", &reply_id)?,
            text,
        };
        Ok(replies::put(&context.clients, &context.caller, comment, draft).await?)
    }

    /// Deletes a reply of the caller's. Succeeds if there is none.
    #[graphql(complexity = "WRITE + child_complexity")]
    async fn delete_reply(&self, ctx: &Context<'_>, reply_id: ID) -> Result<bool, Problem> {
        let context = request_context(ctx);
        context.member()?;
        replies::delete(&context.clients, &context.caller, uuid("replyId", &reply_id)?).await?;
        Ok(true)
    }
}
