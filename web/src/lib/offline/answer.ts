// Which requests the service worker answers, and how. Whatever it does not answer goes to the network as if it were not there.

export type Way =
  /** From the cache: its name carries a hash, so it never changes. */
  | 'kept'
  /** From the network; the cache when there is none. */
  | 'fresh'
  /** A page: from the network, and the shell of the site when there is none. */
  | 'page'
  /** Not the worker's business. */
  | null;

export interface Asked {
  method: string;
  url: string;
  mode: string;
}

/** Programs answer under these, and what they say is never kept. */
const PROGRAMS = ['/api', '/graphql'];

export function wayOf({ method, url, mode }: Asked, origin: string, build: ReadonlySet<string>, files: ReadonlySet<string>): Way {
  const address = new URL(url);
  if (method !== 'GET' || address.origin !== origin) return null;
  const path = address.pathname;
  if (PROGRAMS.some((program) => path === program || path.startsWith(`${program}/`))) return null;
  if (build.has(path)) return 'kept';
  if (files.has(path)) return 'fresh';
  return mode === 'navigate' ? 'page' : null;
}
