// The access token is kept only in this module's memory; the refresh token is in an HttpOnly cookie, which scripts cannot read.
import { browser } from '$app/environment';
import { Problem, problemOf, reach } from '$lib/api/problem';

export interface SignedIn {
  member: { id: string; handle: string; display_name: string; language: string };
  access_token: string;
  expires_in: number;
}

// The member who was signed in on this device, so that a reload, also one offline, shows the member at once. Without it no refresh
// is attempted.
const HINT = 'matcha.signed-in';
// The token is renewed this long before it expires, so that it does not expire while a request is under way.
const MARGIN_MS = 30_000;

let accessToken: string | null = null;
let expiresAt = 0;
let refreshing: Promise<SignedIn | null> | null = null;

export const wasSignedIn = () => browser && localStorage.getItem(HINT) !== null;
export const currentToken = () => accessToken;
/** Whether a request needs a refresh first: there is a session, but no token that is still good. */
export const isStale = () => (accessToken === null ? wasSignedIn() : Date.now() > expiresAt - MARGIN_MS);

/** The member who was signed in when the page was left; null if there was none. */
export function rememberedMember(): SignedIn['member'] | null {
  try {
    const member = JSON.parse(localStorage.getItem(HINT) ?? 'null') as Partial<SignedIn['member']> | null;
    return typeof member?.id === 'string' ? (member as SignedIn['member']) : null;
  } catch {
    return null;
  }
}

export function keep(signedIn: SignedIn) {
  accessToken = signedIn.access_token;
  expiresAt = Date.now() + signedIn.expires_in * 1000;
  const { id, handle, display_name, language } = signedIn.member;
  localStorage.setItem(HINT, JSON.stringify({ id, handle, display_name, language }));
}

export function forget() {
  accessToken = null;
  expiresAt = 0;
  localStorage.removeItem(HINT);
}

/** Refreshes the access token; null if the session has ended. Concurrent callers share one request. */
export function refresh(): Promise<SignedIn | null> {
  refreshing ??= oneTabAtATime(exchange).finally(() => (refreshing = null));
  return refreshing;
}

async function exchange(): Promise<SignedIn | null> {
  const response = await reach('/api/v1/sessions/refresh', { method: 'POST', credentials: 'same-origin' });
  if (response.status === 401) {
    forget();
    return null;
  }
  if (!response.ok) throw await problemOf(response);
  const signedIn = (await response.json()) as SignedIn;
  keep(signedIn);
  return signedIn;
}

// A refresh token that is used twice counts as stolen, so a Web Lock serialises the refreshes of all tabs.
function oneTabAtATime<T>(work: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? navigator.locks.request('matcha.refresh', work) : work();
}

/** Posts JSON to an endpoint that answers with a session. */
export async function post(path: string, body: unknown): Promise<SignedIn> {
  const response = await reach(path, {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body)
  });
  if (!response.ok) throw await problemOf(response);
  const signedIn = (await response.json()) as SignedIn;
  if (!signedIn.access_token) throw new Problem('INTERNAL', 'the answer has no token');
  keep(signedIn);
  return signedIn;
}

/** Ends the session on the server. The device deletes its state even if this fails. */
export async function end() {
  const token = accessToken;
  forget();
  await reach('/api/v1/sessions/current', {
    method: 'DELETE',
    credentials: 'same-origin',
    headers: token ? { authorization: `Bearer ${token}` } : {}
  });
}
