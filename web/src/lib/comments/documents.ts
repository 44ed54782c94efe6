// GraphQL queries and mutations for comments and replies.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CommentCard } from '$lib/api/fragments';

export const CommentsQuery = graphql(
  `
    query Comments($id: ID!, $sort: CommentSort!, $after: String) {
      movie(id: $id) {
        id
        title {
          ko
          en
          original
        }
        year
        comments(sort: $sort, first: 20, after: $after) {
          total
          nextCursor
          items {
            ...CommentCard
          }
        }
      }
    }
  `,
  [CommentCard]
);

/** Polled while the comment is being moderated. */
export const MyCommentQuery = graphql(
  `
    query MyComment($id: ID!) {
      movie(id: $id) {
        myComment {
          ...CommentCard
        }
      }
    }
  `,
  [CommentCard]
);

export const PutCommentMutation = graphql(
  `
    mutation PutComment($movieId: ID!, $text: String!, $spoiler: Boolean!) {
      putComment(movieId: $movieId, text: $text, spoiler: $spoiler) {
        ...CommentCard
      }
    }
  `,
  [CommentCard]
);

export const DeleteCommentMutation = graphql(`
  mutation DeleteComment($movieId: ID!) {
    deleteComment(movieId: $movieId)
  }
`);

export const LikeCommentMutation = graphql(`
  mutation LikeComment($commentId: ID!) {
    likeComment(commentId: $commentId) {
      likes
      likedByMe
    }
  }
`);

export const UnlikeCommentMutation = graphql(`
  mutation UnlikeComment($commentId: ID!) {
    unlikeComment(commentId: $commentId) {
      likes
      likedByMe
    }
  }
`);

export const ReplyLine = graphql(`
  fragment ReplyLine on Reply {
    id
    mine
    member {
      handle
      displayName
    }
    text
    veiled
    createdAt
  }
`);
export type ReplyData = ResultOf<typeof ReplyLine>;

export const RepliesQuery = graphql(
  `
    query Replies($commentId: ID!, $after: String) {
      comment(id: $commentId) {
        replies(first: 20, after: $after) {
          total
          nextCursor
          items {
            ...ReplyLine
          }
        }
      }
    }
  `,
  [ReplyLine]
);

export const ReplyMutation = graphql(
  `
    mutation Reply($commentId: ID!, $replyId: ID!, $text: String!) {
      reply(commentId: $commentId, replyId: $replyId, text: $text) {
        ...ReplyLine
      }
    }
  `,
  [ReplyLine]
);

export const DeleteReplyMutation = graphql(`
  mutation DeleteReply($replyId: ID!) {
    deleteReply(replyId: $replyId)
  }
`);
