// Whether the handle in the sign-up form is taken, asked while the member still types.
import { SvelteSet } from 'svelte/reactivity';
import { graphql } from '$lib/api/graphql';
import { request } from '$lib/api/request';
import { wrongWith } from './signUp';

const HandleQuery = graphql(`
  query Handle($handle: String!) {
    member(handle: $handle) {
      handle
    }
  }
`);

/** Quick typists ask once, when they pause. */
const PAUSE_MS = 350;

export class TakenHandle {
  /** The handles that are known to be taken, in lower case. */
  readonly #taken = new SvelteSet<string>();

  has(handle: string): boolean {
    return this.#taken.has(handle.trim().toLowerCase());
  }

  /** Asks after a pause; the returned function stops that. */
  ask(handle: string): () => void {
    const asked = handle.trim().toLowerCase();
    if (wrongWith('handle', asked) || this.#taken.has(asked)) return () => {};
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { member } = await request(HandleQuery, { handle: asked }, stop.signal);
        if (member) this.#taken.add(asked);
      } catch {
        // The answer to signing up says it too.
      }
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }
}
