// Which requests the service worker answers, and by which cache strategy. The browser handles all others by itself.

export type Strategy =
  /** Cache first: a file whose name contains a hash never changes. */
  | 'cache-first'
  /** Network first, the cache when offline. */
  | 'network-first'
  /** A page: network first, the cached shell of the site when offline. */
  | 'page'
  /** Not answered by the worker. */
  | null;

export interface Asked {
  method: string;
  url: string;
  mode: string;
}

/** Paths of the API; their answers are never cached. */
const API_PATHS = ['/api', '/graphql'];

export function strategyOf(
  { method, url, mode }: Asked,
  origin: string,
  build: ReadonlySet<string>,
  files: ReadonlySet<string>
): Strategy {
  const address = new URL(url);
  if (method !== 'GET' || address.origin !== origin) return null;
  const path = address.pathname;
  if (API_PATHS.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))) return null;
  if (build.has(path)) return 'cache-first';
  if (files.has(path)) return 'network-first';
  return mode === 'navigate' ? 'page' : null;
}
