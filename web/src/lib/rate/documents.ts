// GraphQL queries of the rate page.
import { graphql } from '$lib/api/graphql';
import { CardMovie } from '$lib/api/fragments';

export const ToRateQuery = graphql(
  `
    query ToRate($first: Int!, $shelf: RateShelf!, $genre: String, $country: String, $decade: Int, $exclude: [ID!]) {
      toRate(first: $first, shelf: $shelf, genre: $genre, country: $country, decade: $decade, exclude: $exclude) {
        ...CardMovie
      }
    }
  `,
  [CardMovie]
);
