// Who is signed in.
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
