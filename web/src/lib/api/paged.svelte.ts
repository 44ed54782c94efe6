// Cursor pagination: a list that grows page by page, such as search results or a shelf.
import { untrack } from 'svelte';
import { keptPages, slotHere } from '$lib/navigation/entry';
import { Problem } from './problem';

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  total?: number | null;
}

interface Content<T, About> {
  items: T[];
  total: number | null;
  cursor: string | null;
  about: About | null;
}

/** Appends a page without repeating items: a movie that is rated between two requests may come again on the next page. */
export function append<T extends { id: string }>(shown: readonly T[], page: readonly T[]): T[] {
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- local to the function
  const ids = new Set(shown.map(({ id }) => id));
  return [...shown, ...page.filter(({ id }) => !ids.has(id))];
}

export class Paged<T extends { id: string }, About = null> {
  items = $state.raw<T[]>([]);
  total = $state<number | null>(null);
  /** What came with the first page and is no item, such as the movie of comments; set by the plan and kept with the list. */
  about = $state.raw<About | null>(null);
  error = $state.raw<Problem | null>(null);
  loading = $state(true);
  #cursor = $state<string | null>(null);
  #fetch: (after: string | null, signal: AbortSignal) => Promise<Page<T>> = () =>
    Promise.resolve({ items: [], nextCursor: null });
  #abort = new AbortController();
  #slot: string | null = null;
  /** Pages are loaded until the list has as many items as when it was left. */
  #wanted = 0;
  /** The generation of the kept pages in which the list was requested. */
  #generation = 0;

  readonly hasMore = $derived(this.#cursor !== null);

  /**
   * `plan` is read reactively; when it changes, the list starts again from the first page. A list with a name, which must be
   * unique on its page, is shown as it was left when the member goes back to its page.
   */
  constructor(name: string | null, plan: () => (after: string | null, signal: AbortSignal) => Promise<Page<T>>) {
    $effect(() => {
      this.#fetch = plan();
      untrack(() => this.#open(name));
      const retryOnline = () => {
        if (this.error?.code === 'NETWORK') this.retry();
      };
      window.addEventListener('online', retryOnline);
      return () => {
        this.#abort.abort();
        this.#keep();
        window.removeEventListener('online', retryOnline);
      };
    });
  }

  restart() {
    this.#wanted = 0;
    this.#reset();
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

  #open(name: string | null) {
    const slot = name === null ? null : slotHere(name);
    // The same slot again: the plan has changed on an open page, for example because the member has signed in.
    const kept = slot === null || slot === this.#slot ? null : keptPages.find(slot);
    this.#slot = slot;
    this.#wanted = kept?.size ?? 0;
    if (!kept?.content) return this.#reset();
    const { items, total, cursor, about } = kept.content as Content<T, About>;
    this.#abort = new AbortController();
    Object.assign(this, { items, total, about, error: null, loading: false });
    this.#cursor = cursor;
    this.#generation = keptPages.generation;
  }

  #keep() {
    if (this.#slot === null || this.items.length === 0) return;
    const content: Content<T, About> = { items: this.items, total: this.total, cursor: this.#cursor, about: this.about };
    // Requested again: a list that is still being loaded, one whose page has failed, and one that a write may have changed.
    const whole = !this.loading && !this.error && this.#generation === keptPages.generation;
    keptPages.keep(this.#slot, {
      size: Math.max(this.#wanted, this.items.length),
      content: whole ? content : null
    });
  }

  #reset() {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.items = [];
    this.total = null;
    this.#cursor = null;
    this.#generation = keptPages.generation;
    void this.#get(null);
  }

  async #get(after: string | null) {
    const { signal } = this.#abort;
    this.loading = true;
    this.error = null;
    try {
      do {
        const page = await this.#fetch(after, signal);
        if (signal.aborted) return;
        this.items = append(this.items, page.items);
        this.#cursor = after = page.nextCursor;
        this.total = page.total ?? null;
      } while (after !== null && this.items.length < this.#wanted);
    } catch (cause) {
      if (signal.aborted) return;
      this.error = cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause));
    }
    this.loading = false;
    this.#keep();
  }
}
