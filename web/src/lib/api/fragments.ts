// GraphQL fragments that several pages share, so that a card has the same fields everywhere.
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

/** One watch: a day on which a member saw a movie. */
export const WatchLine = graphql(`
  fragment WatchLine on Watch {
    id
    watchedOn
    rewatch
    tags
  }
`);
export type WatchData = ResultOf<typeof WatchLine>;

export const CardPerson = graphql(`
  fragment CardPerson on Person {
    id
    nameKo
    nameEn
    roles
  }
`);
export type CardPersonData = ResultOf<typeof CardPerson>;

export const PeoplePage = graphql(
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

export const MembersPage = graphql(
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
