// GraphQL query of the status page.
import { graphql } from '$lib/api/graphql';

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
