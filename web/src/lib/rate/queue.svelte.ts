// The movies offered for rating: twenty, then ten at a time. Rows stay after they are rated or shelved, and when the member comes
// back to the page.
import type { CardMovieData } from '$lib/api/fragments';
import { ToRateQuery } from './documents';
import type { Picked } from './picked';
import { Problem } from '$lib/api/problem';
import { request } from '$lib/api/request';
import { keptPages, slotHere } from '$lib/navigation/entry';
import { viewerStates } from '$lib/movies/viewerStates.svelte';

const FIRST = 20;
const NEXT = 10;
// Keeps the request below the gateway's limit of 16 KiB; an id takes about 40 bytes.
const MAX_EXCLUDED = 300;

export class RateQueue {
  movies = $state.raw<CardMovieData[]>([]);
  picked = $state.raw<Picked>({ kind: 'FOR_YOU' });
  loading = $state(false);
  ended = $state(false);
  error = $state.raw<Problem | null>(null);
  #abort = new AbortController();
  #slot: string | null = null;
  /** Movies are loaded until there are as many as when the list was left. */
  #wanted = FIRST;

  start(picked: Picked) {
    this.stop();
    this.#abort = new AbortController();
    this.picked = picked;
    const slot = slotHere('movies');
    // The same choice again starts the list anew.
    const kept = slot === this.#slot ? null : keptPages.find(slot);
    this.#slot = slot;
    this.#wanted = Math.max(FIRST, kept?.size ?? 0);
    this.movies = (kept?.content as CardMovieData[] | null | undefined) ?? [];
    this.ended = false;
    this.loading = false;
    this.error = null;
    if (this.movies.length === 0) void this.more();
  }

  stop() {
    this.#abort.abort();
    this.#keep();
  }

  #keep() {
    if (this.#slot !== null && this.movies.length > 0)
      keptPages.keep(this.#slot, { size: this.movies.length, content: this.movies, lasting: true });
  }

  async more() {
    if (this.loading || this.ended) return;
    const { signal } = this.#abort;
    this.loading = true;
    this.error = null;
    try {
      do {
        const first = this.movies.length ? NEXT : FIRST;
        const { toRate } = await request(ToRateQuery, { first, exclude: this.#shown(), ...this.#narrowing() }, signal);
        if (signal.aborted) return;
        viewerStates.learn(toRate);
        // eslint-disable-next-line svelte/prefer-svelte-reactivity -- local to the method
        const shown = new Set(this.movies.map(({ id }) => id));
        const added = toRate.filter(({ id }) => !shown.has(id));
        this.ended = added.length === 0;
        this.movies = [...this.movies, ...added];
      } while (this.movies.length < this.#wanted && !this.ended);
    } catch (cause) {
      if (signal.aborted) return;
      this.error = cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause));
    }
    this.loading = false;
    this.#keep();
  }

  // The server leaves out rated and shelved movies itself, so only the others are listed.
  #shown(): string[] {
    const untouched = this.movies.filter(({ id }) => viewerStates.of(id).stars === null && viewerStates.of(id).shelf === null);
    return untouched.map(({ id }) => id).slice(-MAX_EXCLUDED);
  }

  #narrowing() {
    const picked = this.picked;
    const shelf: 'FOR_YOU' | 'POPULAR' = picked.kind === 'POPULAR' ? 'POPULAR' : 'FOR_YOU';
    if (picked.kind === 'genre') return { shelf, genre: picked.value };
    if (picked.kind === 'country') return { shelf, country: picked.value };
    return picked.kind === 'decade' ? { shelf, decade: Number(picked.value) } : { shelf };
  }
}
