// GraphQL queries of the taste pages.
import { graphql, type ResultOf, type VariablesOf } from '$lib/api/graphql';
import { CardMovie } from '$lib/api/fragments';

/** One query for the caller's own taste and for that of another member. */
export const TasteQuery = graphql(`
  query Taste($handle: String!) {
    member(handle: $handle) {
      handle
      displayName
      visible
      likesReceived
      taste {
        ratedCount
        minutesWatched
        mean
        distribution
        persona
        genres {
          key
          score
          certainty
          count
        }
        countries {
          key
          score
          certainty
          count
        }
        decades {
          key
          score
          certainty
          count
        }
        directors {
          key
          score
          certainty
          count
          person {
            nameKo
            nameEn
          }
        }
        actors {
          key
          score
          certainty
          count
          person {
            nameKo
            nameEn
          }
        }
        tags {
          name
          score
          certainty
          count
        }
      }
    }
  }
`);
export type TasteData = NonNullable<NonNullable<ResultOf<typeof TasteQuery>['member']>['taste']>;
export type TastePersonData = NonNullable<TasteData['actors'][number]['person']>;

export const TasteMoviesQuery = graphql(
  `
    query TasteMovies($handle: String!, $group: TasteGroup!, $key: String, $after: String) {
      member(handle: $handle) {
        displayName
        visible
        taste {
          movies: films(group: $group, key: $key, first: 30, after: $after) {
            total
            nextCursor
            person {
              nameKo
              nameEn
            }
            items {
              stars
              movie {
                ...CardMovie
              }
            }
          }
        }
      }
    }
  `,
  [CardMovie]
);
export type TasteGroup = VariablesOf<typeof TasteMoviesQuery>['group'];
