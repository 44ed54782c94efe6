// GraphQL queries of the search page and of the search box.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CardMovie, CardPerson, ListsPage, MembersPage, PeoplePage } from '$lib/api/fragments';

/** Movies and, if `people` is true, also people, lists and members, which are requested only with the first page. */
export const SearchQuery = graphql(
  `
    query Search(
      $q: String!
      $genre: String
      $country: String
      $decade: Int
      $rated: Boolean
      $sort: MovieSort
      $after: String
      $people: Boolean!
    ) {
      movies(q: $q, genre: $genre, country: $country, decade: $decade, rated: $rated, sort: $sort, first: 30, after: $after) {
        items {
          ...CardMovie
        }
        nextCursor
      }
      people(q: $q, first: 6) @include(if: $people) {
        ...PeoplePage
      }
      lists(q: $q, first: 6) @include(if: $people) {
        ...ListsPage
      }
      members(q: $q, first: 6) @include(if: $people) {
        ...MembersPage
      }
    }
  `,
  [CardMovie, PeoplePage, ListsPage, MembersPage]
);

/** The next page of people, whose cursor is separate from that of the movies. */
export const PeopleQuery = graphql(
  `
    query People($q: String!, $after: String) {
      people(q: $q, first: 12, after: $after) {
        ...PeoplePage
      }
    }
  `,
  [PeoplePage]
);

/** The next page of lists. */
export const ListsQuery = graphql(
  `
    query Lists($q: String!, $after: String) {
      lists(q: $q, first: 12, after: $after) {
        ...ListsPage
      }
    }
  `,
  [ListsPage]
);

/** The next page of members. */
export const MembersQuery = graphql(
  `
    query Members($q: String!, $after: String) {
      members(q: $q, first: 12, after: $after) {
        ...MembersPage
      }
    }
  `,
  [MembersPage]
);

export const SuggestQuery = graphql(
  `
    query Suggest($q: String!) {
      suggest(q: $q, first: 8) {
        __typename
        ... on Movie {
          id
          title {
            ko
            en
            original
          }
          year
          genres
          countries
          posterUrl
          directors {
            nameKo
            nameEn
          }
        }
        ... on Person {
          ...CardPerson
        }
        ... on PublicMember {
          handle
          displayName
        }
      }
      lists(q: $q, first: 3) {
        items {
          __typename
          id
          title
          movieCount
        }
      }
    }
  `,
  [CardPerson]
);
type Suggested = ResultOf<typeof SuggestQuery>;
export type SuggestionData = Suggested['suggest'][number] | NonNullable<Suggested['lists']>['items'][number];
