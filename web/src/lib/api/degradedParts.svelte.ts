// Degraded answers, for which a service was unavailable. A notice is shown until the same query is answered completely.
import { SvelteSet } from 'svelte/reactivity';

export class DegradedParts {
  #missing = new SvelteSet<string>();
  #degraded = new WeakSet<AbortSignal>();

  /** Whether something on the page is missing. */
  readonly missing = $derived(this.#missing.size > 0);

  /** Records whether the answer to a query was degraded; `degraded` names the services that could not answer. */
  record(query: string, degraded: readonly string[] | undefined, signal?: AbortSignal) {
    if (!degraded?.length) return void this.#missing.delete(query);
    this.#missing.add(query);
    if (signal) this.#degraded.add(signal);
  }

  /** Whether no answer to the requests with this signal was degraded. */
  wereComplete(signal: AbortSignal): boolean {
    return !this.#degraded.has(signal);
  }

  /** Clears the notice: on another page, or when the reader closes it. */
  forget() {
    this.#missing.clear();
  }
}

export const degradedParts = new DegradedParts();
