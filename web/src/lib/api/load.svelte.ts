// Loads what a screen shows: again when what it depends on changes, aborted when the screen goes, kept for the way back.
import { untrack } from 'svelte';
import { Problem } from './problem';

interface Kept {
  at: number;
  value: unknown;
}

// Going back should not show a skeleton; a minute is short enough that nobody reads old news.
const FRESH_MS = 60_000;
const MOST = 30;
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
    const { key, subject = key, run } = plan();
    const before = kept.get(key);
    if (before) value = before.value as T;
    else if (subject !== shown) value = null;
    shown = subject;
    asked = key;
    error = null;
    loading = untrack(() => value === null);
    if (before && Date.now() - before.at < FRESH_MS) return;

    const abort = new AbortController();
    run(abort.signal)
      .then((loaded) => {
        if (abort.signal.aborted) return;
        value = loaded;
        keep(key, loaded);
      })
      .catch((cause: unknown) => {
        if (!abort.signal.aborted) error = cause instanceof Problem ? cause : new Problem('INTERNAL', String(cause));
      })
      .finally(() => {
        if (!abort.signal.aborted) loading = false;
      });
    return () => abort.abort();
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

function keep(key: string, value: unknown) {
  kept.delete(key);
  kept.set(key, { at: Date.now(), value });
  const oldest = kept.keys().next().value;
  if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
}
