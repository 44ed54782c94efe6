//! Comments: CommentService.

use chassis::{client::request, identity::Caller};
use matcha_protos::rating::v1::{
    CommentState, DeleteCommentRequest, GetCommentsRequest, GetMyCommentsRequest, LikeCommentRequest,
    ListCommentsRequest, PutCommentRequest, PutReplyRequest,
};
use tonic::Code;

use super::{World, refused, unknown};

/// One comment per member and movie, invisible to others until it is public.
pub async fn comments(world: &World) {
    let (mut comments, member) = (world.comments(), &world.member);
    let movie = world.movies[0].clone();
    let put = |movie_id: &str, text: &str| {
        let (movie_id, text) = (movie_id.to_owned(), text.to_owned());
        request(
            PutCommentRequest {
                movie_id,
                text,
                spoiler: true,
            },
            member,
        )
    };
    let written = comments
        .put_comment(put(&movie, "조용하다"))
        .await
        .unwrap()
        .into_inner()
        .comment
        .unwrap();
    assert_eq!(written.state(), CommentState::Checking);
    assert_eq!(
        (written.member_id.as_str(), written.text.as_str()),
        (world.member_id().as_str(), "조용하다")
    );
    assert!(written.spoiler && written.edited_at.is_none());
    let edited = comments
        .put_comment(put(&movie, "아주 조용하다"))
        .await
        .unwrap()
        .into_inner()
        .comment
        .unwrap();
    assert_eq!((&edited.id, edited.text.as_str()), (&written.id, "아주 조용하다"));
    refused(
        comments.put_comment(put(&unknown(), "x")).await,
        Code::NotFound,
        "movie_id",
    );
    refused(
        comments.put_comment(put(&movie, " ")).await,
        Code::InvalidArgument,
        "text",
    );

    let mine = |movie_ids: Vec<String>| request(GetMyCommentsRequest { movie_ids }, member);
    let found = comments
        .get_my_comments(mine(world.movies.clone()))
        .await
        .unwrap()
        .into_inner()
        .comments;
    assert_eq!(
        found.iter().map(|comment| &comment.id).collect::<Vec<_>>(),
        [&written.id]
    );
    let many = (0..51).map(|_| unknown()).collect();
    refused(
        comments.get_my_comments(mine(many)).await,
        Code::InvalidArgument,
        "movie_ids",
    );

    let by_id = |caller: &Caller| {
        let comment_ids = vec![written.id.clone(), unknown()];
        request(GetCommentsRequest { comment_ids }, caller)
    };
    assert_eq!(
        comments
            .get_comments(by_id(member))
            .await
            .unwrap()
            .into_inner()
            .comments
            .len(),
        1
    );
    let page = |cursor: &str| {
        let (movie_id, cursor) = (movie.clone(), cursor.to_owned());
        request(
            ListCommentsRequest {
                movie_id,
                cursor,
                limit: 20,
                ..Default::default()
            },
            member,
        )
    };
    refused(
        comments.list_comments(page("no cursor")).await,
        Code::InvalidArgument,
        "cursor",
    );
    let like = |comment_id: String| request(LikeCommentRequest { comment_id }, member);
    refused(
        comments.like_comment(like(unknown())).await,
        Code::NotFound,
        "comment_id",
    );
    let reply = PutReplyRequest {
        comment_id: unknown(),
        reply_id: unknown(),
        text: "그래요".to_owned(),
    };
    refused(
        comments.put_reply(request(reply, member)).await,
        Code::NotFound,
        "comment_id",
    );

    for _ in 0..2 {
        let delete = DeleteCommentRequest {
            movie_id: movie.clone(),
        };
        comments.delete_comment(request(delete, member)).await.unwrap();
    }
    assert!(
        comments
            .get_my_comments(mine(vec![movie.clone()]))
            .await
            .unwrap()
            .into_inner()
            .comments
            .is_empty()
    );
}
