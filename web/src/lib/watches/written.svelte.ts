// The caller's watches that were written on this page; lists that were loaded earlier are updated from them.
import { SvelteMap } from 'svelte/reactivity';
import type { WatchData } from '$lib/api/fragments';
import { keptPages } from '$lib/navigation/entry';
import { ofMovie, updated, type Written } from './order';

class WrittenWatches {
  #written = new SvelteMap<string, Written<WatchData>>();

  /** `watch` is null after a deletion. */
  wrote(movieId: string, id: string, watch: WatchData | null) {
    this.#written.set(id, { movieId, watch });
    keptPages.dropContents();
  }

  in<W extends WatchData>(loaded: readonly W[]): W[] {
    return updated<WatchData, W>(loaded, this.#written);
  }

  ofMovie(movieId: string, loaded: readonly WatchData[]): WatchData[] {
    return ofMovie(movieId, loaded, this.#written);
  }

  clear() {
    this.#written.clear();
  }
}

export const written = new WrittenWatches();
