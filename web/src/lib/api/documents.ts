// One query per page. Cards everywhere ask for the same fields, so that a card looks the same everywhere.
import { graphql, type ResultOf } from './graphql';

export const CardMovie = graphql(`
  fragment CardMovie on Movie {
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
    average {
      stars
      count
    }
    mine {
      stars
      shelf
      predicted {
        stars
        confidence
      }
    }
  }
`);
export type CardMovieData = ResultOf<typeof CardMovie>;

/** A comment wherever one is shown. */
export const CommentCard = graphql(`
  fragment CommentCard on Comment {
    id
    mine
    member {
      handle
      displayName
    }
    stars
    text
    spoiler
    veiled
    likes
    likedByMe
    replyCount
    state
    hiddenFor
    createdAt
    edited
  }
`);
export type CommentData = ResultOf<typeof CommentCard>;

export const HomeQuery = graphql(
  `
    query Home($variation: Int!) {
      home(variation: $variation) {
        degraded
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
        }
      }
    }
  `,
  [CardMovie]
);
export type HomeRow = ResultOf<typeof HomeQuery>['home']['rows'][number];

export const SearchQuery = graphql(
  `
    query Search($q: String, $genre: String, $country: String, $decade: Int, $sort: MovieSort, $after: String) {
      movies(q: $q, genre: $genre, country: $country, decade: $decade, sort: $sort, first: 30, after: $after) {
        items {
          ...CardMovie
        }
        nextCursor
      }
    }
  `,
  [CardMovie]
);

export const SuggestQuery = graphql(`
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
        id
        nameKo
        nameEn
      }
    }
  }
`);
export type SuggestionData = ResultOf<typeof SuggestQuery>['suggest'][number];

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
      }
    }
  `,
  [CardMovie, CommentCard]
);
export type MovieData = NonNullable<ResultOf<typeof MovieQuery>['movie']>;

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

/** While a comment is being checked: how far it has come. */
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

/** After a rating: what changed for one movie page. */
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

export const MeQuery = graphql(`
  query Me {
    me {
      id
      handle
      displayName
      language
      ratedCount
      unlockAt
    }
  }
`);

export const MyRatingsQuery = graphql(
  `
    query MyRatings($sort: RatingSort!, $after: String) {
      me {
        ratings(first: 30, after: $after, sort: $sort) {
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
    }
  }
`);
export const ClearRatingMutation = graphql(`
  mutation ClearRating($movieId: ID!) {
    clearRating(movieId: $movieId) {
      ratedCount
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

// A fixed number of aliases, well below the gateway's limits; see movies/predictions.svelte.ts.
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

export const ModelQuery = graphql(`
  query Model {
    model {
      version
      trainedAt
      ratings
      members
      movies
      factors
      heldOutRmse
      heldOutRmseAverage
      trainingSeconds
      lists {
        recallAt20
        ndcgAt100
        coverage
        diversity
      }
      training {
        state
        stage
        round
        rounds
        detail
      }
    }
  }
`);
