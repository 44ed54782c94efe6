// A list that grows page by page: search results, my ratings, my shelf.
import { untrack } from 'svelte';
import { Problem } from './problem';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  total?: number | null;
}

/** What is shown and, after it, what is new. A movie that is rated meanwhile may move from one page to the next. */
export function append<T extends { id: string }>(shown: readonly T[], page: readonly T[]): T[] {
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- gone when the function returns
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

  /** `plan` is read reactively; another plan starts the list anew. */
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

  /** Reads the first page again, quietly: what is new comes in front, and of what is shown only that goes which `keep` lets go. */
  async renew(keep: (item: T) => boolean) {
    const { signal } = this.#abort;
    // The first page is on its way anyway, or there is none to compare with.
    if (this.loading || this.error) return;
    try {
      const page = await this.#fetch(null, signal);
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may have changed while the page was fetched
      if (signal.aborted || this.loading) return;
      this.items = append(page.items, this.items.filter(keep));
      this.total = page.total ?? null;
    } catch {
      // What is shown is only a little older.
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
