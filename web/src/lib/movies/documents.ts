// GraphQL queries and mutations for movies, ratings and shelves.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CardMovie, CommentCard, ListsPage, WatchLine } from '$lib/api/fragments';

export const HomeQuery = graphql(
  `
    query Home($variation: Int!) {
      me {
        ratedCount
        unlockAt
      }
      home(variation: $variation) {
        rows {
          kind
          personal
          becauseOf {
            id
            title {
              ko
              en
              original
            }
          }
          movies {
            ...CardMovie
          }
          reasons {
            movieId
            because {
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
  [CardMovie]
);
export type HomeRow = ResultOf<typeof HomeQuery>['home']['rows'][number];

export const ForYouQuery = graphql(
  `
    query ForYou($variation: Int!) {
      row(kind: FOR_YOU, variation: $variation) {
        personal
        movies {
          ...CardMovie
        }
        reasons {
          movieId
          because {
            title {
              ko
              en
              original
            }
          }
        }
      }
    }
  `,
  [CardMovie]
);

export const FacetsQuery = graphql(`
  query Facets {
    facets {
      genres {
        value
        count
      }
      countries {
        value
        count
      }
      decades {
        value
        count
      }
    }
  }
`);
export type FacetsData = ResultOf<typeof FacetsQuery>['facets'];

export const MovieQuery = graphql(
  `
    query Movie($id: ID!) {
      movie(id: $id) {
        ...CardMovie
        runtime
        cast {
          id
          nameKo
          nameEn
        }
        histogram
        mine {
          predicted {
            because {
              id
              title {
                ko
                en
                original
              }
            }
          }
        }
        similar {
          ...CardMovie
        }
        myComment {
          ...CommentCard
        }
        comments(first: 4) {
          total
          items {
            ...CommentCard
          }
        }
        lists(first: 4) {
          ...ListsPage
        }
        myWatchCount
        myWatches {
          ...WatchLine
        }
      }
    }
  `,
  [CardMovie, CommentCard, ListsPage, WatchLine]
);
export type MovieData = NonNullable<ResultOf<typeof MovieQuery>['movie']>;

/** The fields of a movie page that change after a rating. */
export const BecauseQuery = graphql(`
  query Because($id: ID!) {
    movie(id: $id) {
      id
      average {
        stars
        count
      }
      histogram
      mine {
        stars
        shelf
        predicted {
          stars
          confidence
          because {
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
`);

export const MyRatingsQuery = graphql(
  `
    query MyRatings($sort: RatingSort!, $stars: Float, $after: String) {
      me {
        ratings(first: 30, after: $after, sort: $sort, stars: $stars) {
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

export const MyShelfQuery = graphql(
  `
    query MyShelf($state: ShelfState!, $after: String) {
      me {
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

export const RateMutation = graphql(`
  mutation Rate($movieId: ID!, $stars: Float!) {
    rate(movieId: $movieId, stars: $stars) {
      ratedCount
      movie {
        id
        mine {
          shelf
        }
      }
    }
  }
`);

export const ClearRatingMutation = graphql(`
  mutation ClearRating($movieId: ID!) {
    clearRating(movieId: $movieId) {
      ratedCount
      movie {
        id
        mine {
          shelf
        }
      }
    }
  }
`);

export const PutShelfMutation = graphql(`
  mutation PutShelf($movieId: ID!, $state: ShelfState!) {
    putShelf(movieId: $movieId, state: $state) {
      movie {
        id
      }
    }
  }
`);

export const ClearShelfMutation = graphql(`
  mutation ClearShelf($movieId: ID!) {
    clearShelf(movieId: $movieId) {
      movie {
        id
      }
    }
  }
`);

// Eight aliases, below the gateway's limit of ten; see movies/predictions.svelte.ts.
const Predicted = graphql(`
  fragment PredictedNow on Movie {
    id
    mine {
      stars
      predicted {
        stars
        confidence
      }
    }
  }
`);

export const PredictionsQuery = graphql(
  `
    query Predictions($a: ID!, $b: ID!, $c: ID!, $d: ID!, $e: ID!, $f: ID!, $g: ID!, $h: ID!) {
      a: movie(id: $a) {
        ...PredictedNow
      }
      b: movie(id: $b) {
        ...PredictedNow
      }
      c: movie(id: $c) {
        ...PredictedNow
      }
      d: movie(id: $d) {
        ...PredictedNow
      }
      e: movie(id: $e) {
        ...PredictedNow
      }
      f: movie(id: $f) {
        ...PredictedNow
      }
      g: movie(id: $g) {
        ...PredictedNow
      }
      h: movie(id: $h) {
        ...PredictedNow
      }
    }
  `,
  [Predicted]
);
export type PredictedNow = ResultOf<typeof Predicted>;
