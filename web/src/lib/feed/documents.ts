// GraphQL queries of the feed page.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CardMovie, CommentCard, MemberRow } from '$lib/api/fragments';

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
