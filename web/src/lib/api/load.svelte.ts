// Loads the data of a screen: reloads when its inputs change, aborts when the screen closes, and caches the result.
import { untrack } from 'svelte';
import { keptPages } from '$lib/navigation/entry';
import { degradedParts } from './degradedParts.svelte';
import { Problem } from './problem';

interface Kept {
  at: number;
  asOf: number;
  value: unknown;
}

// A page that is opened again within this time is shown from the cache and not requested again.
const FRESH_MS = 60_000;
// A degraded answer is requested again after this time.
const AGAIN_MS = 10_000;
const MAX_ENTRIES = 30;
// eslint-disable-next-line svelte/prefer-svelte-reactivity -- a cache that no screen renders
const kept = new Map<string, Kept>();

/** Empties the cache, after a write or when another member signs in. */
export function clearLoaded() {
  kept.clear();
  keptPages.dropContents();
}

export interface Loaded<T> {
  readonly value: T | null;
  readonly error: Problem | null;
  readonly loading: boolean;
  retry(): void;
}

export interface Plan<T> {
  /** The cache key: what is loaded and for which member. */
  key: string;
  /** Blanks the screen when it changes. While it stays, the old value is shown during a reload. Default: the key. */
  subject?: string;
  /** A version number. When it changes, the cached value is out of date; it is shown until the new one has been loaded. */
  asOf?: number;
  run: (signal: AbortSignal) => Promise<T>;
}

/**
 * Must be called while a component is initialised. `plan` is read reactively: when it changes, the data are loaded again.
 * When the subject changes, the old value is dropped at once, so that no page shows the data of another movie or member.
 */
export function load<T>(plan: () => Plan<T>): Loaded<T> {
  let value = $state.raw<T | null>(null);
  let error = $state.raw<Problem | null>(null);
  let loading = $state(true);
  let attempt = $state(0);
  let shown: string | null = null;
  let asked = '';

  $effect(() => {
    void attempt;
    const { key, subject = key, asOf = 0, run } = plan();
    const before = kept.get(key);
    if (before) value = before.value as T;
    else if (subject !== shown) value = null;
    shown = subject;
    asked = key;
    error = null;
    loading = untrack(() => value === null);
    if (before?.asOf === asOf && Date.now() - before.at < FRESH_MS) return;

    const abort = new AbortController();
    let again: ReturnType<typeof setTimeout> | undefined;
    const retryOnline = () => {
      if (error?.code === 'NETWORK') attempt += 1;
    };
    window.addEventListener('online', retryOnline);
    run(abort.signal)
      .then((loaded) => {
        if (abort.signal.aborted) return;
        value = loaded;
        const whole = degradedParts.wereComplete(abort.signal);
        keep(key, { at: whole ? Date.now() : 0, asOf, value: loaded });
        if (!whole) again = setTimeout(() => (attempt += 1), AGAIN_MS);
      })
      .catch((cause: unknown) => {
        if (!abort.signal.aborted) error = cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause));
      })
      .finally(() => {
        if (!abort.signal.aborted) loading = false;
      });
    return () => {
      abort.abort();
      clearTimeout(again);
      window.removeEventListener('online', retryOnline);
    };
  });

  return {
    get value() {
      return value;
    },
    get error() {
      return error;
    },
    get loading() {
      return loading;
    },
    retry() {
      // Drops a degraded value too, which would otherwise be shown from the cache.
      kept.delete(asked);
      attempt += 1;
    }
  };
}

function keep(key: string, loaded: Kept) {
  kept.delete(key);
  kept.set(key, loaded);
  const oldest = kept.keys().next().value;
  if (kept.size > MAX_ENTRIES && oldest !== undefined) kept.delete(oldest);
}
