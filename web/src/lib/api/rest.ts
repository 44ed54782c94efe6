// The REST client, for uploads and downloads: sends the access token and renews it once when it is refused.
import { Problem, problemOf, reach } from './problem';
import { currentToken, isStale, refresh } from '$lib/session/tokens';

async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = currentToken();
  if (token) headers.set('authorization', `Bearer ${token}`);
  return reach(path, { ...init, headers });
}

async function answer(path: string, init: RequestInit): Promise<Response> {
  if (isStale()) await refresh();
  let response = await send(path, init);
  if (response.status === 401 && (await refresh())) response = await send(path, init);
  if (!response.ok) throw await problemOf(response);
  return response;
}

export async function rest<T>(path: string, init: RequestInit = {}): Promise<T> {
  return (await (await answer(path, init)).json()) as T;
}

/** Sends a PUT request with a JSON body. */
export function put<T>(path: string, body?: unknown): Promise<T> {
  const json = body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return rest<T>(path, { method: 'PUT', ...json });
}

/** Downloads the response as a file. A plain link could not send the access token. */
export async function download(path: string, name: string) {
  const blob = await (await answer(path, {})).blob();
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export const asProblem = (cause: unknown) => (cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause)));
