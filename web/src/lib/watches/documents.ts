// GraphQL queries and mutations of the diary.
import { graphql } from '$lib/api/graphql';
import { CardMovie, WatchLine } from '$lib/api/fragments';

export const TheirWatchesQuery = graphql(
  `
    query TheirWatches($handle: String!, $tag: String, $after: String) {
      member(handle: $handle) {
        watches(first: 20, after: $after, tag: $tag) {
          total
          nextCursor
          items {
            ...WatchLine
            movie {
              ...CardMovie
            }
          }
        }
      }
    }
  `,
  [CardMovie, WatchLine]
);

export const MyWatchesQuery = graphql(
  `
    query MyWatches($tag: String, $after: String) {
      me {
        watches(first: 20, after: $after, tag: $tag) {
          total
          nextCursor
          items {
            ...WatchLine
            movie {
              ...CardMovie
            }
          }
        }
      }
    }
  `,
  [CardMovie, WatchLine]
);

export const PutWatchMutation = graphql(
  `
    mutation PutWatch($watchId: ID!, $watch: WatchInput!) {
      putWatch(watchId: $watchId, watch: $watch) {
        ...WatchLine
      }
    }
  `,
  [WatchLine]
);

export const DeleteWatchMutation = graphql(`
  mutation DeleteWatch($watchId: ID!) {
    deleteWatch(watchId: $watchId)
  }
`);
