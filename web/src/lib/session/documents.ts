// GraphQL query of the session.
import { graphql } from '$lib/api/graphql';

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
