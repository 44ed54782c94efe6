//! `CommentService` of comments.proto.

use matcha_protos::{
    rating::v1::{
        DeleteCommentRequest, DeleteCommentResponse, DeleteReplyRequest, DeleteReplyResponse, GetCommentsRequest,
        GetCommentsResponse, GetMyCommentsRequest, GetMyCommentsResponse, LikeCommentRequest, LikeCommentResponse,
        ListCommentsRequest, ListCommentsResponse, ListMemberCommentsRequest, ListMemberCommentsResponse,
        ListMyCommentsRequest, ListMyCommentsResponse, ListRepliesRequest, ListRepliesResponse, PutCommentRequest,
        PutCommentResponse, PutReplyRequest, PutReplyResponse, UnlikeCommentRequest, UnlikeCommentResponse,
        comment_service_server::CommentService,
    },
    user::v1::Section,
};
use tonic::{Request, Response, Status};

use super::{authorize_section, member_if_any, require_member};
use crate::{
    Service,
    comments::{self, likes, list, replies},
};

#[tonic::async_trait]
impl CommentService for Service {
    async fn put_comment(&self, request: Request<PutCommentRequest>) -> Result<Response<PutCommentResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(comments::put(self, member, request.into_inner()).await?))
    }

    async fn delete_comment(
        &self,
        request: Request<DeleteCommentRequest>,
    ) -> Result<Response<DeleteCommentResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(
            comments::delete(self, member, request.into_inner()).await?,
        ))
    }

    async fn get_my_comments(
        &self,
        request: Request<GetMyCommentsRequest>,
    ) -> Result<Response<GetMyCommentsResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(
            comments::get_mine(self, member, request.into_inner()).await?,
        ))
    }

    async fn get_comments(
        &self,
        request: Request<GetCommentsRequest>,
    ) -> Result<Response<GetCommentsResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(comments::get(self, caller, request.into_inner()).await?))
    }

    async fn list_comments(
        &self,
        request: Request<ListCommentsRequest>,
    ) -> Result<Response<ListCommentsResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(list::of_movie(self, caller, request.into_inner()).await?))
    }

    async fn list_my_comments(
        &self,
        request: Request<ListMyCommentsRequest>,
    ) -> Result<Response<ListMyCommentsResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(
            list::of_member(self, member, request.into_inner()).await?,
        ))
    }

    async fn list_member_comments(
        &self,
        request: Request<ListMemberCommentsRequest>,
    ) -> Result<Response<ListMemberCommentsResponse>, Status> {
        let caller = member_if_any(&request)?;
        let member = authorize_section(self, caller, &request.get_ref().member_id, Section::Comments).await?;
        Ok(Response::new(
            list::of_other(self, caller, member, request.into_inner()).await?,
        ))
    }

    async fn like_comment(
        &self,
        request: Request<LikeCommentRequest>,
    ) -> Result<Response<LikeCommentResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(likes::like(self, member, request.into_inner()).await?))
    }

    async fn unlike_comment(
        &self,
        request: Request<UnlikeCommentRequest>,
    ) -> Result<Response<UnlikeCommentResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(likes::unlike(self, member, request.into_inner()).await?))
    }

    async fn put_reply(&self, request: Request<PutReplyRequest>) -> Result<Response<PutReplyResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(replies::put(self, member, request.into_inner()).await?))
    }

    async fn delete_reply(
        &self,
        request: Request<DeleteReplyRequest>,
    ) -> Result<Response<DeleteReplyResponse>, Status> {
        let member = require_member(&request)?;
        Ok(Response::new(
            replies::delete(self, member, request.into_inner()).await?,
        ))
    }

    async fn list_replies(
        &self,
        request: Request<ListRepliesRequest>,
    ) -> Result<Response<ListRepliesResponse>, Status> {
        let caller = member_if_any(&request)?;
        Ok(Response::new(replies::list(self, caller, request.into_inner()).await?))
    }
}
