// One query per page. Cards everywhere ask for the same fields, so that a card looks the same everywhere.
import { graphql, type ResultOf, type VariablesOf } from './graphql';

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
      id
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

/** A day on which a movie was seen, wherever one is shown. */
export const WatchLine = graphql(`
  fragment WatchLine on Watch {
    id
    watchedOn
    rewatch
    tags
  }
`);
export type WatchData = ResultOf<typeof WatchLine>;

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

const CardPerson = graphql(`
  fragment CardPerson on Person {
    id
    nameKo
    nameEn
    roles
  }
`);
export type CardPersonData = ResultOf<typeof CardPerson>;

const PeoplePage = graphql(
  `
    fragment PeoplePage on PersonConnection {
      items {
        ...CardPerson
      }
      nextCursor
    }
  `,
  [CardPerson]
);
export type PeoplePageData = ResultOf<typeof PeoplePage>;

/** A list wherever one is shown. */
export const ListCard = graphql(`
  fragment ListCard on List {
    id
    title
    public
    mine
    movieCount
    likes
    member {
      handle
      displayName
    }
    firstMovies {
      id
      title {
        ko
        en
        original
      }
      year
      genres
      posterUrl
      directors {
        nameKo
        nameEn
      }
    }
  }
`);
export type ListCardData = ResultOf<typeof ListCard>;

export const ListsPage = graphql(
  `
    fragment ListsPage on ListConnection {
      items {
        ...ListCard
      }
      nextCursor
      total
    }
  `,
  [ListCard]
);
export type ListsPageData = ResultOf<typeof ListsPage>;

/** A member in a list of members. */
export const MemberRow = graphql(`
  fragment MemberRow on PublicMember {
    handle
    displayName
    synthetic
    isMe
    followedByMe
  }
`);
export type MemberRowData = ResultOf<typeof MemberRow>;

const MembersPage = graphql(
  `
    fragment MembersPage on FoundMembers {
      items {
        ...MemberRow
      }
      nextCursor
    }
  `,
  [MemberRow]
);
export type MembersPageData = ResultOf<typeof MembersPage>;

/** With the people and members of that name and the lists of that title while `people` says so: they belong to the first page only. */
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

/** More people of that name; they page apart from the movies. */
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

/** More lists of that title; they page apart as well. */
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

/** Likewise, more members. */
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

/** What follows on the person page, and what another order begins with. */
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

/** More lists that contain a movie. */
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

/** What follows on a list's page. */
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
export const TheirListsQuery = graphql(
  `
    query TheirLists($handle: String!, $after: String) {
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
      settings {
        titleLanguage
      }
    }
  }
`);

/** Also one's own: the page is the same for everybody. */
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
          count
        }
        countries {
          key
          score
          count
        }
        decades {
          key
          score
          count
        }
        directors {
          key
          score
          count
          person {
            nameKo
            nameEn
          }
        }
        actors {
          key
          score
          count
          person {
            nameKo
            nameEn
          }
        }
        tags {
          name
          score
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
          films(group: $group, key: $key, first: 30, after: $after) {
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

export const TheirRatingsQuery = graphql(
  `
    query TheirRatings($handle: String!, $sort: RatingSort!, $after: String) {
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

export const TheirShelfQuery = graphql(
  `
    query TheirShelf($handle: String!, $state: ShownShelf!, $after: String) {
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

export const TheirCommentsQuery = graphql(
  `
    query TheirComments($handle: String!, $after: String) {
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

/** What the members whom one follows did. */
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
export type ActData = NonNullable<ResultOf<typeof FeedQuery>['me']>['feed']['items'][number];

/** Whom one could follow. */
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

const Settings = graphql(`
  fragment AllSettings on Settings {
    displayName
    language
    titleLanguage
    ratings
    shelf
    comments
    taste
  }
`);
export type SettingsData = ResultOf<typeof Settings>;

export const SettingsQuery = graphql(
  `
    query Settings {
      me {
        settings {
          ...AllSettings
        }
      }
    }
  `,
  [Settings]
);
export const PutSettingsMutation = graphql(
  `
    mutation PutSettings($settings: SettingsInput!) {
      putSettings(settings: $settings) {
        ...AllSettings
      }
    }
  `,
  [Settings]
);

export const SessionsQuery = graphql(`
  query Sessions {
    me {
      sessions {
        id
        current
        userAgent
        peerAddress
        lastUsedAt
      }
    }
  }
`);
export type SessionData = NonNullable<ResultOf<typeof SessionsQuery>['me']>['sessions'][number];

export const EndSessionMutation = graphql(`
  mutation EndSession($sessionId: ID!) {
    endSession(sessionId: $sessionId)
  }
`);
export const EndOtherSessionsMutation = graphql(`
  mutation EndOtherSessions {
    endOtherSessions
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
