// What this member said of each movie and what is predicted, one truth for every card, row and page on the screen.
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
  // Movies whose rating is on its way to the server: an answer that set out earlier must not undo what was tapped.
  #saving = new Map<string, number>();

  /** Another number each time something was saved, here or in another tab: lists of my movies are then read again. */
  saves = $state(0);

  of(movieId: string): ViewerMovieState {
    return this.#known.get(movieId) ?? nothing;
  }

  /** Null: the server has not said anything about this movie yet. */
  known(movieId: string): ViewerMovieState | null {
    return this.#known.get(movieId) ?? null;
  }

  /** Takes over what an answer of the server says. */
  learn(movies: readonly { id: string; mine: Partial<ViewerMovieState> | null }[]) {
    for (const { id, mine } of movies) {
      if (mine && !this.#saving.get(id)) this.#known.set(id, { ...this.of(id), ...pick(mine) });
    }
  }

  change(movieId: string, change: Partial<ViewerMovieState>) {
    this.#known.set(movieId, { ...this.of(movieId), ...change });
  }

  /** What was saved in another tab. */
  saved(movieId: string, change: Partial<ViewerMovieState>) {
    this.change(movieId, change);
    this.saves += 1;
  }

  /** Holds back what the server says of a movie until `work` is done. */
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
