// GraphQL queries and mutations for lists.
import { graphql, type ResultOf } from '$lib/api/graphql';
import { CardMovie, ListCard, ListsPage } from '$lib/api/fragments';

/** The next page of lists that contain a movie. */
export const MovieListsQuery = graphql(
  `
    query MovieLists($id: ID!, $after: String) {
      movie(id: $id) {
        lists(first: 12, after: $after) {
          ...ListsPage
        }
      }
    }
  `,
  [ListsPage]
);

/** Popular movies with the public lists that contain them. The gateway refuses more than eight lists of lists in one query. */
export const PopularListsQuery = graphql(
  `
    query PopularLists($after: String) {
      movies(sort: POPULARITY, first: 8, after: $after) {
        items {
          id
          lists(first: 6) {
            items {
              ...ListCard
            }
          }
        }
        nextCursor
      }
    }
  `,
  [ListCard]
);

const ListMoviesPage = graphql(
  `
    fragment ListMoviesPage on ListMovieConnection {
      items {
        ...CardMovie
      }
      nextCursor
      total
    }
  `,
  [CardMovie]
);
export type ListMoviesPageData = ResultOf<typeof ListMoviesPage>;

export const ListQuery = graphql(
  `
    query List($id: ID!) {
      list(id: $id) {
        id
        title
        text
        public
        mine
        likes
        likedByMe
        movieCount
        member {
          handle
          displayName
        }
        order {
          movieIds
          version
        }
        movies(first: 30) {
          ...ListMoviesPage
        }
      }
    }
  `,
  [ListMoviesPage]
);
export type ListData = NonNullable<ResultOf<typeof ListQuery>['list']>;

/** The next page of a list's movies. */
export const ListMoviesQuery = graphql(
  `
    query ListMovies($id: ID!, $after: String) {
      list(id: $id) {
        movies(first: 30, after: $after) {
          ...ListMoviesPage
        }
      }
    }
  `,
  [ListMoviesPage]
);

export const MyListsQuery = graphql(
  `
    query MyLists($after: String) {
      me {
        lists(first: 24, after: $after) {
          ...ListsPage
        }
      }
    }
  `,
  [ListsPage]
);

export const MemberListsQuery = graphql(
  `
    query MemberLists($handle: String!, $after: String) {
      member(handle: $handle) {
        lists(first: 24, after: $after) {
          ...ListsPage
        }
      }
    }
  `,
  [ListsPage]
);

/** For the dialog that puts a movie into lists. */
export const ListChoicesQuery = graphql(`
  query ListChoices($contains: ID!, $after: String) {
    me {
      lists(first: 50, after: $after, contains: $contains) {
        items {
          id
          title
          public
          movieCount
          containsMovie
        }
        nextCursor
        total
      }
    }
  }
`);
type ListChoices = NonNullable<ResultOf<typeof ListChoicesQuery>['me']>['lists'];
export type ListChoiceData = ListChoices['items'][number];

export const CreateListMutation = graphql(`
  mutation CreateList($listId: ID!, $title: String!, $text: String!, $public: Boolean!, $movieIds: [ID!]!) {
    createList(listId: $listId, title: $title, text: $text, public: $public, movieIds: $movieIds) {
      id
      title
    }
  }
`);

export const UpdateListMutation = graphql(`
  mutation UpdateList($listId: ID!, $title: String!, $text: String!, $public: Boolean!) {
    updateList(listId: $listId, title: $title, text: $text, public: $public) {
      title
      text
      public
    }
  }
`);

export const DeleteListMutation = graphql(`
  mutation DeleteList($listId: ID!) {
    deleteList(listId: $listId)
  }
`);

export const AddListMovieMutation = graphql(`
  mutation AddListMovie($listId: ID!, $movieId: ID!) {
    addListMovie(listId: $listId, movieId: $movieId) {
      version
    }
  }
`);

export const RemoveListMovieMutation = graphql(`
  mutation RemoveListMovie($listId: ID!, $movieId: ID!) {
    removeListMovie(listId: $listId, movieId: $movieId) {
      version
    }
  }
`);

export const OrderListMoviesMutation = graphql(`
  mutation OrderListMovies($listId: ID!, $movieIds: [ID!]!, $version: Int!) {
    orderListMovies(listId: $listId, movieIds: $movieIds, version: $version) {
      version
    }
  }
`);

export const LikeListMutation = graphql(`
  mutation LikeList($listId: ID!) {
    likeList(listId: $listId) {
      likes
      likedByMe
    }
  }
`);

export const UnlikeListMutation = graphql(`
  mutation UnlikeList($listId: ID!) {
    unlikeList(listId: $listId) {
      likes
      likedByMe
    }
  }
`);
