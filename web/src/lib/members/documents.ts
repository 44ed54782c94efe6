// GraphQL queries of profiles, and the mutations for following.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CardMovie, CommentCard, MemberRow } from '$lib/api/fragments';

export const ProfileQuery = graphql(
  `
    query Profile($handle: String!) {
      member(handle: $handle) {
        ...MemberRow
        registeredAt
        followerCount
        followingCount
        visible
        ratedCount
        commentCount
        tasteMatch {
          percent
          commonCount
          needed
        }
      }
    }
  `,
  [MemberRow]
);
export type ProfileData = NonNullable<ResultOf<typeof ProfileQuery>['member']>;
export type ProfileSection = NonNullable<ProfileData['visible']>[number];

export const MemberRatingsQuery = graphql(
  `
    query MemberRatings($handle: String!, $sort: RatingSort!, $after: String) {
      member(handle: $handle) {
        ratings(first: 30, after: $after, sort: $sort) {
          total
          nextCursor
          items {
            stars
            movie {
              ...CardMovie
            }
          }
        }
      }
    }
  `,
  [CardMovie]
);

export const MemberShelfQuery = graphql(
  `
    query MemberShelf($handle: String!, $state: ShownShelf!, $after: String) {
      member(handle: $handle) {
        shelf(state: $state, first: 30, after: $after) {
          total
          nextCursor
          items {
            movie {
              ...CardMovie
            }
          }
        }
      }
    }
  `,
  [CardMovie]
);

export const MemberCommentsQuery = graphql(
  `
    query MemberComments($handle: String!, $after: String) {
      member(handle: $handle) {
        comments(first: 20, after: $after) {
          total
          nextCursor
          items {
            ...CommentCard
            movie {
              id
              title {
                ko
                en
                original
              }
            }
          }
        }
      }
    }
  `,
  [CommentCard]
);

export const FollowersQuery = graphql(
  `
    query Followers($handle: String!, $after: String) {
      member(handle: $handle) {
        followers(first: 24, after: $after) {
          total
          nextCursor
          items {
            ...MemberRow
          }
        }
      }
    }
  `,
  [MemberRow]
);

export const FollowingQuery = graphql(
  `
    query Following($handle: String!, $after: String) {
      member(handle: $handle) {
        following(first: 24, after: $after) {
          total
          nextCursor
          items {
            ...MemberRow
          }
        }
      }
    }
  `,
  [MemberRow]
);

export const FollowMutation = graphql(`
  mutation Follow($handle: String!) {
    follow(handle: $handle) {
      followedByMe
      followerCount
    }
  }
`);

export const UnfollowMutation = graphql(`
  mutation Unfollow($handle: String!) {
    unfollow(handle: $handle) {
      followedByMe
      followerCount
    }
  }
`);
