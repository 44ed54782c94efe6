// Answers that came without some of their parts: a service was away, and the page says so until the same question is answered whole.
import { SvelteSet } from 'svelte/reactivity';

export class DegradedParts {
  #missing = new SvelteSet<string>();
  #degraded = new WeakSet<AbortSignal>();

  /** Whether something on the page is missing. */
  readonly missing = $derived(this.#missing.size > 0);

  /** What an answer says of itself: the services that could not answer, if any. */
  record(query: string, degraded: readonly string[] | undefined, signal?: AbortSignal) {
    if (!degraded?.length) return void this.#missing.delete(query);
    this.#missing.add(query);
    if (signal) this.#degraded.add(signal);
  }

  /** Whether every answer to the requests of this signal was whole. */
  wereComplete(signal: AbortSignal): boolean {
    return !this.#degraded.has(signal);
  }

  /** Another page is about other things; also by hand. */
  forget() {
    this.#missing.clear();
  }
}

export const degradedParts = new DegradedParts();
