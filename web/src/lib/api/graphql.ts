// The typed `graphql()`: a query that does not fit the gateway's schema does not compile.
import { initGraphQLTada } from 'gql.tada';
import type { introspection } from './schema';

export const graphql = initGraphQLTada<{ introspection: introspection; disableMasking: true }>();
export type { ResultOf, VariablesOf, TadaDocumentNode } from 'gql.tada';
