// GraphQL queries and mutations of the settings.
import { graphql, type ResultOf } from '$lib/api/graphql';

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
