// Viewer state: the caller's stars, shelf and prediction of each movie. Every card, row and page reads them here.
import { SvelteMap } from 'svelte/reactivity';

export type Shelf = 'WISH' | 'WATCHING' | 'NOT_INTERESTED';
export type Confidence = 'LOW' | 'MEDIUM' | 'HIGH';

export interface ViewerMovieState {
  stars: number | null;
  shelf: Shelf | null;
  predicted: { stars: number; confidence: Confidence } | null;
}

const nothing: ViewerMovieState = { stars: null, shelf: null, predicted: null };

class ViewerStates {
  #known = new SvelteMap<string, ViewerMovieState>();
  // Movies with a write under way: an answer to an earlier read must not revert the optimistic update.
  #saving = new Map<string, number>();

  /** Counts saved changes, in this tab or another; lists of the caller's movies reload when it changes. */
  saves = $state(0);

  of(movieId: string): ViewerMovieState {
    return this.#known.get(movieId) ?? nothing;
  }

  /** Null if no answer has had this movie yet. */
  known(movieId: string): ViewerMovieState | null {
    return this.#known.get(movieId) ?? null;
  }

  /** Takes over the viewer state of movies in an answer of the server. */
  learn(movies: readonly { id: string; mine: Partial<ViewerMovieState> | null }[]) {
    for (const { id, mine } of movies) {
      if (mine && !this.#saving.get(id)) this.#known.set(id, { ...this.of(id), ...pick(mine) });
    }
  }

  change(movieId: string, change: Partial<ViewerMovieState>) {
    this.#known.set(movieId, { ...this.of(movieId), ...change });
  }

  /** Takes over a change that was saved in another tab. */
  saved(movieId: string, change: Partial<ViewerMovieState>) {
    this.change(movieId, change);
    this.saves += 1;
  }

  /** Ignores answers about a movie until the write `work` has ended. */
  async whileSaving<T>(movieId: string, work: () => Promise<T>): Promise<T> {
    this.#saving.set(movieId, (this.#saving.get(movieId) ?? 0) + 1);
    try {
      return await work();
    } finally {
      this.#saving.set(movieId, (this.#saving.get(movieId) ?? 1) - 1);
      this.saves += 1;
    }
  }

  clear() {
    this.#known.clear();
  }
}

function pick(mine: Partial<ViewerMovieState>): Partial<ViewerMovieState> {
  const known: Partial<ViewerMovieState> = {};
  if (mine.stars !== undefined) known.stars = mine.stars;
  if (mine.shelf !== undefined) known.shelf = mine.shelf;
  if (mine.predicted !== undefined)
    known.predicted = mine.predicted && { stars: mine.predicted.stars, confidence: mine.predicted.confidence };
  return known;
}

export const viewerStates = new ViewerStates();
