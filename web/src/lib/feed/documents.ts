// What is new of those one follows.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CardMovie, CommentCard, MemberRow } from '$lib/api/fragments';

/** What the members whom one follows did. */
export const FeedQuery = graphql(
  `
    query Feed($after: String) {
      me {
        feed(first: 30, after: $after) {
          nextCursor
          followingCount
          items {
            id
            kind
            actedAt
            stars
            member {
              handle
              displayName
            }
            movie {
              ...CardMovie
            }
            comment {
              ...CommentCard
            }
          }
        }
      }
    }
  `,
  [CardMovie, CommentCard]
);
export type FeedItemData = NonNullable<ResultOf<typeof FeedQuery>['me']>['feed']['items'][number];

/** Whom one could follow. */
export const SuggestedMembersQuery = graphql(
  `
    query SuggestedMembers {
      me {
        suggestedMembers(first: 6) {
          ...MemberRow
        }
      }
    }
  `,
  [MemberRow]
);
