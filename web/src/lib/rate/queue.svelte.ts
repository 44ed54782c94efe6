// The movies offered for rating: twenty, then ten at a time. Rows stay after they are rated or shelved.
import type { CardMovieData } from '$lib/api/fragments';
import { ToRateQuery } from './documents';
import { Problem } from '$lib/api/problem';
import { request } from '$lib/api/request';
import { viewerStates } from '$lib/movies/viewerStates.svelte';

export type Picked = { kind: 'FOR_YOU' | 'POPULAR' } | { kind: 'genre' | 'country' | 'decade'; value: string };

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

  start(picked: Picked) {
    this.stop();
    this.#abort = new AbortController();
    this.picked = picked;
    this.movies = [];
    this.ended = false;
    this.loading = false;
    void this.more();
  }

  stop() {
    this.#abort.abort();
  }

  async more() {
    if (this.loading || this.ended) return;
    const { signal } = this.#abort;
    this.loading = true;
    this.error = null;
    try {
      const first = this.movies.length ? NEXT : FIRST;
      const { toRate } = await request(ToRateQuery, { first, exclude: this.#shown(), ...this.#narrowing() }, signal);
      if (signal.aborted) return;
      viewerStates.learn(toRate);
      // eslint-disable-next-line svelte/prefer-svelte-reactivity -- local to the method
      const shown = new Set(this.movies.map(({ id }) => id));
      const added = toRate.filter(({ id }) => !shown.has(id));
      this.ended = added.length === 0;
      this.movies = [...this.movies, ...added];
    } catch (cause) {
      if (signal.aborted) return;
      this.error = cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause));
    }
    this.loading = false;
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
