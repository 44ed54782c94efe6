// The suggestions of the search box. Only the answer to the newest input is shown; older requests are aborted.
import { SuggestQuery, type SuggestionData } from '$lib/search/documents';
import { request } from '$lib/api/request';
import { grouped, type Group } from '$lib/search/groups';

const PAUSE_MS = 70;

export class Suggestions {
  groups = $state.raw<readonly Group<SuggestionData>[]>([]);
  /** In the order in which the groups show them. */
  readonly items = $derived(this.groups.flatMap(({ items }) => items));
  #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  ask(query: string) {
    this.stop();
    if (!query) {
      this.groups = [];
      return;
    }
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#timer = setTimeout(async () => {
      try {
        const { suggest, lists } = await request(SuggestQuery, { q: query }, signal);
        if (!signal.aborted) this.groups = grouped<SuggestionData>([...suggest, ...(lists?.items ?? [])]);
      } catch {
        // A failure is ignored: Enter searches without suggestions.
        if (!signal.aborted) this.groups = [];
      }
    }, PAUSE_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }
}
