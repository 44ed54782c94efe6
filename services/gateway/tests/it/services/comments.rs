//! Stands in for `CommentService`: comments with their likes and replies.

use matcha_protos::rating::v1::{comment_service_server::*, *};
use tonic::{Request, Status};
use uuid::Uuid;

use super::{Answer, Services, answer, asking, first_page_only, invalid, not_found};

#[tonic::async_trait]
impl CommentService for Services {
    async fn put_comment(&self, request: Request<PutCommentRequest>) -> Answer<PutCommentResponse> {
        self.enter("rating.PutComment").await?;
        let member_id = asking(&request);
        let PutCommentRequest {
            movie_id,
            text,
            spoiler,
        } = request.into_inner();
        if text.trim().is_empty() {
            return Err(invalid("text"));
        }
        self.ensure_movie(&movie_id)?;
        let comment = self.state(|state| {
            let there = state
                .comments
                .iter()
                .position(|comment| comment.member_id == member_id && comment.movie_id == movie_id);
            // A member has one comment on a movie: an edit keeps its id.
            let before = there.map(|place| state.comments.remove(place));
            let comment = Comment {
                id: before
                    .as_ref()
                    .map_or_else(|| Uuid::now_v7().to_string(), |comment| comment.id.clone()),
                movie_id,
                member_id,
                text,
                spoiler,
                state: CommentState::Checking.into(),
                created_at: 1_700_000_000,
                edited_at: before.map(|_| 1_700_000_100),
                ..Comment::default()
            };
            state.comments.push(comment.clone());
            comment
        });
        answer(PutCommentResponse { comment: Some(comment) })
    }

    async fn delete_comment(&self, request: Request<DeleteCommentRequest>) -> Answer<DeleteCommentResponse> {
        self.enter("rating.DeleteComment").await?;
        let member = asking(&request);
        let movie = request.into_inner().movie_id;
        let mine = |comment: &Comment| comment.member_id == member && comment.movie_id == movie;
        self.state(|state| state.comments.retain(|comment| !mine(comment)));
        answer(DeleteCommentResponse {})
    }

    async fn get_my_comments(&self, request: Request<GetMyCommentsRequest>) -> Answer<GetMyCommentsResponse> {
        self.enter("rating.GetMyComments").await?;
        let member = asking(&request);
        let movies = request.into_inner().movie_ids;
        if movies.len() > 50 {
            return Err(invalid("movie_ids"));
        }
        let mine = |comment: &&Comment| comment.member_id == member && movies.contains(&comment.movie_id);
        let comments = self.state(|state| state.comments.iter().filter(mine).cloned().collect());
        answer(GetMyCommentsResponse { comments })
    }

    async fn get_comments(&self, request: Request<GetCommentsRequest>) -> Answer<GetCommentsResponse> {
        self.enter("rating.GetComments").await?;
        let ids = request.into_inner().comment_ids;
        let wanted = |comment: &&Comment| ids.contains(&comment.id);
        let comments = self.state(|state| state.comments.iter().filter(wanted).cloned().collect());
        answer(GetCommentsResponse { comments })
    }

    /// All there are, whatever the movie.
    async fn list_comments(&self, request: Request<ListCommentsRequest>) -> Answer<ListCommentsResponse> {
        self.enter("rating.ListComments").await?;
        let request = request.into_inner();
        first_page_only(&request.cursor)?;
        let most = request.limit as usize;
        let comments = self.state(|state| state.comments.iter().take(most).cloned().collect::<Vec<_>>());
        answer(ListCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    async fn list_my_comments(&self, request: Request<ListMyCommentsRequest>) -> Answer<ListMyCommentsResponse> {
        self.enter("rating.ListMyComments").await?;
        let member = asking(&request);
        let mine = |comment: &&Comment| comment.member_id == member;
        let comments = self.state(|state| state.comments.iter().filter(mine).cloned().collect::<Vec<_>>());
        answer(ListMyCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    async fn list_member_comments(
        &self,
        request: Request<ListMemberCommentsRequest>,
    ) -> Answer<ListMemberCommentsResponse> {
        self.enter("rating.ListMemberComments").await?;
        let member = request.into_inner().member_id;
        let theirs = |comment: &&Comment| comment.member_id == member;
        let comments = self.state(|state| {
            state.lists_of = member.clone();
            state.comments.iter().filter(theirs).cloned().collect::<Vec<_>>()
        });
        answer(ListMemberCommentsResponse {
            total: comments.len() as i64,
            comments,
            next_cursor: String::new(),
        })
    }

    async fn like_comment(&self, request: Request<LikeCommentRequest>) -> Answer<LikeCommentResponse> {
        self.enter("rating.LikeComment").await?;
        self.ensure_comment(&request.into_inner().comment_id)?;
        answer(LikeCommentResponse { like_count: 3 })
    }

    async fn unlike_comment(&self, _: Request<UnlikeCommentRequest>) -> Answer<UnlikeCommentResponse> {
        self.enter("rating.UnlikeComment").await?;
        answer(UnlikeCommentResponse { like_count: 2 })
    }

    async fn put_reply(&self, request: Request<PutReplyRequest>) -> Answer<PutReplyResponse> {
        self.enter("rating.PutReply").await?;
        let member_id = asking(&request);
        let request = request.into_inner();
        self.ensure_comment(&request.comment_id)?;
        let reply = Reply {
            id: request.reply_id,
            comment_id: request.comment_id,
            member_id,
            text: request.text,
            ..Reply::default()
        };
        self.state(|state| state.replies.push(reply.clone()));
        answer(PutReplyResponse { reply: Some(reply) })
    }

    async fn delete_reply(&self, _: Request<DeleteReplyRequest>) -> Answer<DeleteReplyResponse> {
        self.enter("rating.DeleteReply").await?;
        answer(DeleteReplyResponse {})
    }

    async fn list_replies(&self, request: Request<ListRepliesRequest>) -> Answer<ListRepliesResponse> {
        self.enter("rating.ListReplies").await?;
        let comment = request.into_inner().comment_id;
        let of = |reply: &&Reply| reply.comment_id == comment;
        let replies = self.state(|state| state.replies.iter().filter(of).cloned().collect::<Vec<_>>());
        answer(ListRepliesResponse {
            total: replies.len() as i64,
            replies,
            next_cursor: String::new(),
        })
    }
}

impl Services {
    /// Somebody's public comment of this id on the first movie.
    pub(crate) fn add_comment(&self, id: &str) {
        self.state(|state| {
            let movie_id = state.movies.first().map(|movie| movie.id.clone());
            state.comments.push(Comment {
                id: id.to_owned(),
                movie_id: movie_id.unwrap_or_default(),
                member_id: Uuid::from_u128(9).to_string(),
                text: "fine".to_owned(),
                state: CommentState::Public.into(),
                created_at: 1_700_000_000,
                ..Comment::default()
            });
        });
    }

    fn ensure_comment(&self, id: &str) -> Result<(), Status> {
        let there = self.state(|state| state.comments.iter().any(|comment| comment.id == id));
        if there { Ok(()) } else { Err(not_found("comment_id")) }
    }
}
