// Rating and shelving: an optimistic update, reverted with a message on failure; a success can be undone for five seconds.
import { ClearRatingMutation, ClearShelfMutation, PutShelfMutation, RateMutation } from './documents';
import { request } from '$lib/api/request';
import { Problem } from '$lib/api/problem';
import { session } from '$lib/session/session.svelte';
import { notifyTabs } from '$lib/session/tabs';
import { toasts } from '$lib/components/toasts.svelte';
import { formatStars } from '$lib/text/numbers';
import { text } from '$lib/text/text.svelte';
import { viewerStates, type Shelf } from './viewerStates.svelte';
import { ratingChanged } from './predictions.svelte';

interface Titled {
  id: string;
  title: { ko: string; en: string; original: string };
}

// Writes to one movie are sent one after the other, so that the last tap wins.
const queues = new Map<string, Promise<unknown>>();

function enqueue<T>(movieId: string, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(movieId) ?? Promise.resolve()).then(work, work);
  queues.set(
    movieId,
    turn.catch(() => {})
  );
  return turn;
}

/** Rates a movie, or clears the rating with null. */
export function rate(movie: Titled, stars: number | null) {
  session.whenSignedIn(() => void save(movie, stars, true));
}

async function save(movie: Titled, stars: number | null, undoable: boolean) {
  const before = viewerStates.of(movie.id);
  if (before.stars === stars) return;
  viewerStates.change(movie.id, { stars, predicted: null });
  const title = text.title(movie);
  try {
    const { ratedCount, shelf } = await viewerStates.whileSaving(movie.id, () => enqueue(movie.id, () => send(movie.id, stars)));
    session.updateCount(ratedCount);
    // The first rating removes a wish from the shelf; clearing the rating restores it.
    viewerStates.change(movie.id, { shelf });
    notifyTabs({ type: 'rated', movieId: movie.id, stars, ratedCount, shelf });
    ratingChanged();
    const { saved, cleared } = text.messages.rating;
    if (!undoable) return;
    toasts.show(stars === null ? cleared(title) : saved(title, formatStars(stars)), {
      undo: () => void save(movie, before.stars, false)
    });
  } catch (problem) {
    viewerStates.change(movie.id, before);
    toasts.show(text.messages.rating.failed(title) + reason(problem), { tone: 'error' });
  }
}

async function send(movieId: string, stars: number | null): Promise<{ ratedCount: number; shelf: Shelf | null }> {
  const saved =
    stars === null
      ? (await request(ClearRatingMutation, { movieId })).clearRating
      : (await request(RateMutation, { movieId, stars })).rate;
  // A null movie means that the server could not read the shelf back: assume that it is unchanged.
  const shelf = saved.movie?.mine ? saved.movie.mine.shelf : viewerStates.of(movieId).shelf;
  return { ratedCount: saved.ratedCount, shelf };
}

/** Puts a movie on a shelf, or takes it off if it is on that shelf. */
export function toggleShelf(movie: Titled, state: Shelf) {
  session.whenSignedIn(() => void shelve(movie, viewerStates.of(movie.id).shelf === state ? null : state, true));
}

async function shelve(movie: Titled, shelf: Shelf | null, undoable: boolean) {
  const before = viewerStates.of(movie.id).shelf;
  if (before === shelf) return;
  viewerStates.change(movie.id, { shelf });
  const title = text.title(movie);
  const words = text.messages.shelf;
  try {
    await viewerStates.whileSaving(movie.id, () =>
      enqueue<unknown>(movie.id, () =>
        shelf === null
          ? request(ClearShelfMutation, { movieId: movie.id })
          : request(PutShelfMutation, { movieId: movie.id, state: shelf })
      )
    );
    notifyTabs({ type: 'shelved', movieId: movie.id, shelf });
    if (!undoable) return;
    const said = shelf === 'NOT_INTERESTED' ? words.refused : words.put;
    toasts.show(shelf === null ? words.cleared(title) : said(title, words[shelf]), {
      undo: () => void shelve(movie, before, false)
    });
  } catch (problem) {
    viewerStates.change(movie.id, { shelf: before });
    toasts.show(words.failed(title) + reason(problem), { tone: 'error' });
  }
}

function reason(problem: unknown): string {
  if (!(problem instanceof Problem)) return '';
  const { network, tooMany } = text.messages.error;
  if (problem.code === 'NETWORK') return ` · ${network}`;
  return problem.code === 'TOO_MANY' ? ` · ${tooMany}` : '';
}
