// GraphQL queries of the person pages.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CardMovie, CardPerson } from '$lib/api/fragments';

const FilmographyPage = graphql(
  `
    fragment FilmographyPage on MovieConnection {
      items {
        ...CardMovie
      }
      nextCursor
    }
  `,
  [CardMovie]
);
export type FilmographyData = ResultOf<typeof FilmographyPage>;
export type Role = 'DIRECTOR' | 'ACTOR';

export const PersonQuery = graphql(
  `
    query Person($id: ID!) {
      person(id: $id) {
        ...CardPerson
        counts {
          movies
          directed
          acted
        }
        directed: filmography(role: DIRECTOR, first: 24) {
          ...FilmographyPage
        }
        acted: filmography(role: ACTOR, first: 24) {
          ...FilmographyPage
        }
      }
    }
  `,
  [CardPerson, FilmographyPage]
);
export type PersonData = NonNullable<ResultOf<typeof PersonQuery>['person']>;

/** Further pages of a filmography, and its first page in another sort. */
export const FilmographyQuery = graphql(
  `
    query Filmography($id: ID!, $role: CreditRole!, $sort: MovieSort!, $after: String) {
      person(id: $id) {
        filmography(role: $role, sort: $sort, first: 24, after: $after) {
          ...FilmographyPage
        }
      }
    }
  `,
  [FilmographyPage]
);
