// Cursor pagination: a list that grows page by page, such as search results or a shelf.
import { untrack } from 'svelte';
import { Problem } from './problem';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  total?: number | null;
}

/** Appends a page without repeating items: a movie that is rated between two requests may come again on the next page. */
export function append<T extends { id: string }>(shown: readonly T[], page: readonly T[]): T[] {
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- local to the function
  const ids = new Set(shown.map(({ id }) => id));
  return [...shown, ...page.filter(({ id }) => !ids.has(id))];
}

export class Paged<T extends { id: string }> {
  items = $state.raw<T[]>([]);
  total = $state<number | null>(null);
  error = $state.raw<Problem | null>(null);
  loading = $state(true);
  #cursor = $state<string | null>(null);
  #fetch: (after: string | null, signal: AbortSignal) => Promise<Page<T>> = () =>
    Promise.resolve({ items: [], nextCursor: null });
  #abort = new AbortController();

  readonly hasMore = $derived(this.#cursor !== null);

  /** `plan` is read reactively; when it changes, the list starts again from the first page. */
  constructor(plan: () => (after: string | null, signal: AbortSignal) => Promise<Page<T>>) {
    $effect(() => {
      this.#fetch = plan();
      untrack(() => this.restart());
      const retryOnline = () => {
        if (this.error?.code === 'NETWORK') this.retry();
      };
      window.addEventListener('online', retryOnline);
      return () => {
        this.#abort.abort();
        window.removeEventListener('online', retryOnline);
      };
    });
  }

  restart() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.items = [];
    this.total = null;
    this.#cursor = null;
    void this.#get(null);
  }

  /** Reads the first page again without a loading state. New items come first; shown items stay while `keep` returns true. */
  async renew(keep: (item: T) => boolean) {
    const { signal } = this.#abort;
    // The first page is being loaded or has failed, so there is nothing to renew.
    if (this.loading || this.error) return;
    try {
      const page = await this.#fetch(null, signal);
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may have changed while the page was fetched
      if (signal.aborted || this.loading) return;
      this.items = append(page.items, this.items.filter(keep));
      this.total = page.total ?? null;
    } catch {
      // A failed renewal leaves the items that are shown.
    }
  }

  more() {
    if (!this.loading && this.#cursor !== null) void this.#get(this.#cursor);
  }

  retry() {
    void this.#get(this.items.length ? this.#cursor : null);
  }

  async #get(after: string | null) {
    const { signal } = this.#abort;
    this.loading = true;
    this.error = null;
    try {
      const page = await this.#fetch(after, signal);
      if (signal.aborted) return;
      this.items = append(this.items, page.items);
      this.#cursor = page.nextCursor;
      this.total = page.total ?? null;
    } catch (cause) {
      if (signal.aborted) return;
      this.error = cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause));
    }
    this.loading = false;
  }
}
