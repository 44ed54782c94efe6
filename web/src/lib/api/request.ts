// The GraphQL client: waits for the session, sends the access token, and renews the token once when it is refused.
import { print, type DocumentNode } from '@0no-co/graphql.web';
import type { TadaDocumentNode } from './graphql';
import { degradedParts } from './degradedParts.svelte';
import { Problem, problemOf, reach, type Code } from './problem';
import { currentToken, isStale, refresh } from '$lib/session/tokens';

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: Code; field?: string; trace_id?: string } }[];
  /** The services that could not answer; their fields are null in the data. */
  extensions?: { degraded?: string[] };
}

let ready: Promise<unknown> = Promise.resolve();
let onSessionOver: () => void = () => {};

/** Holds all requests until the first token refresh has ended, so that no page is loaded twice: signed out, then as a member. */
export function waitFor(session: Promise<unknown>, over: () => void) {
  ready = session.catch(() => {});
  onSessionOver = over;
}

export async function request<Data, Variables>(
  document: TadaDocumentNode<Data, Variables>,
  variables: Variables,
  signal?: AbortSignal
): Promise<Data> {
  await ready;
  const away = await renew();
  const token = currentToken();
  const answer = await send<Data>(document, variables, signal);
  if (answer !== 'unauthenticated') {
    // Without a token, the answer is that for a visitor; what is the member's own is missing from it.
    if (away && Object.values(answer as object).every((part) => part === null)) throw away;
    return answer;
  }
  if (away) throw away;
  // The token was refused before it expired: the session was ended elsewhere, or the signing keys have changed.
  if (token && (await refresh())) {
    const second = await send<Data>(document, variables, signal);
    if (second !== 'unauthenticated') return second;
  }
  if (token) onSessionOver();
  throw new Problem('UNAUTHENTICATED', 'sign in first');
}

/** Renews the token if needed. Returns why that is impossible at the moment; the public parts of a page are shown nevertheless. */
async function renew(): Promise<Problem | null> {
  if (!isStale()) return null;
  try {
    if (!(await refresh())) onSessionOver();
    return null;
  } catch (cause) {
    return cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause));
  }
}

async function send<Data>(document: DocumentNode, variables: unknown, signal?: AbortSignal): Promise<Data | 'unauthenticated'> {
  const token = currentToken();
  const response = await reach('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {})
    },
    body: JSON.stringify({ query: print(document), variables }),
    signal: signal ?? null
  });
  if (response.status === 401) return 'unauthenticated';
  if (!response.ok) throw await problemOf(response);
  const answer = (await response.json()) as Answer<Data>;
  const [error] = answer.errors ?? [];
  if (error?.extensions?.code === 'UNAUTHENTICATED') return 'unauthenticated';
  // A failed field is null, and the page shows the others. The request fails only if every field has failed.
  if (!answer.data || (error && Object.values(answer.data).every((part) => part === null))) {
    const { code = 'INTERNAL', field, trace_id: trace = null } = error?.extensions ?? {};
    const message = error?.message ?? 'no data';
    throw new Problem(code, message, trace, field ? [{ field, detail: message }] : []);
  }
  const query = queryName(document);
  if (query) degradedParts.record(query, answer.extensions?.degraded, signal);
  return answer.data;
}

/* eslint-disable @typescript-eslint/no-unsafe-enum-comparison -- the enums' objects would come into the bundle for two strings */
/** The name of a query. Null for a mutation: the code that sends it shows its failure, so degradedParts does not record it. */
function queryName({ definitions }: DocumentNode): string | null {
  const operation = definitions.find((definition) => definition.kind === 'OperationDefinition');
  return operation?.operation === 'query' ? (operation.name?.value ?? null) : null;
}
