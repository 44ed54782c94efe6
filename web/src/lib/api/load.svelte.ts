// Loads what a screen shows: again when what it depends on changes, aborted when the screen goes, kept for the way back.
import { untrack } from 'svelte';
import { degradedParts } from './degradedParts.svelte';
import { Problem } from './problem';

interface Kept {
  at: number;
  asOf: number;
  value: unknown;
}

// Going back should not show a skeleton; a minute is short enough that nobody reads old news.
const FRESH_MS = 60_000;
// What came without some of its parts is asked for again after a while.
const AGAIN_MS = 10_000;
const MOST = 30;
// eslint-disable-next-line svelte/prefer-svelte-reactivity -- no screen shows what is in here
const kept = new Map<string, Kept>();

/** Forgets everything: another member must not see it. */
export function clearLoaded() {
  kept.clear();
}

export interface Loaded<T> {
  readonly value: T | null;
  readonly error: Problem | null;
  readonly loading: boolean;
  retry(): void;
}

export interface Plan<T> {
  /** What is loaded and for whom; the value is kept under it. */
  key: string;
  /** What the screen is about, when that is less than the key: while it stays, the old value is shown until the new one comes. */
  subject?: string;
  /** Another number: what is shown or kept is out of date. It stays until the new one comes, and no skeleton is seen. */
  asOf?: number;
  run: (signal: AbortSignal) => Promise<T>;
}

/**
 * Call it while a component starts. `plan` is read reactively and names what to load.
 * A value about another subject is dropped at once, so that no page shows another page's movie.
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
      // Also what came, but not whole.
      kept.delete(asked);
      attempt += 1;
    }
  };
}

function keep(key: string, loaded: Kept) {
  kept.delete(key);
  kept.set(key, loaded);
  const oldest = kept.keys().next().value;
  if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}
