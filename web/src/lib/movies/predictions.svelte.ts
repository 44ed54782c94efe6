// After a rating the predictions of what is on the screen are asked for again, so that they change within two seconds.
import { browser } from '$app/environment';
import { PredictionsQuery } from './documents';
import { request } from '$lib/api/request';
import { onTabMessage } from '$lib/session/tabs';
import { viewerStates, type ViewerMovieState } from './viewerStates.svelte';

// The model usually knows within milliseconds; the later looks are for a busy server.
const LOOKS_MS = [300, 1_200, 2_500];
// As many as PredictionsQuery has aliases.
const BATCH = 8;
// A little beyond the edge, so that what is scrolled into view has changed already.
const NEARBY = { rootMargin: '300px' };
// A wall of posters must not become a wall of requests.
const MOST = 48;

// eslint-disable-next-line svelte/prefer-svelte-reactivity -- read by timers, shown nowhere
const onScreen = new Map<Element, string>();
// eslint-disable-next-line svelte/prefer-svelte-reactivity -- read by timers, shown nowhere
const asOf = new Map<string, number>();
// Counts ratings: a prediction that was read before the last one is old.
let round = $state(0);
/** Another number after each rating, for what is to be read again then. */
export const ratingRound = () => round;
let ratedAt = 0;

// Recommended movies are chosen anew a moment after a rating; the later number is for a busy server.
const ROWS_SOON_MS = 400;
const ROWS_LATE_MS = 1_500;
let rows = $state(0);
/** Another number each time rows of recommended movies are to be read again. */
export const rowsRound = () => rows;
let soon: ReturnType<typeof setTimeout> | undefined;
let late: ReturnType<typeof setTimeout> | undefined;

function rowsChanged() {
  // Not put off by the next rating: who rates quickly sees the rows follow all the same.
  soon ??= setTimeout(() => {
    soon = undefined;
    rows += 1;
  }, ROWS_SOON_MS);
  clearTimeout(late);
  late = setTimeout(() => (rows += 1), ROWS_LATE_MS);
}

let timers: ReturnType<typeof setTimeout>[] = [];
let scrolled: ReturnType<typeof setTimeout> | undefined;

const observer =
  browser && 'IntersectionObserver' in window
    ? new IntersectionObserver((entries) => {
        for (const entry of entries) {
          const movieId = (entry.target as HTMLElement).dataset.movie;
          if (entry.isIntersecting && movieId) onScreen.set(entry.target, movieId);
          else onScreen.delete(entry.target);
        }
        // What scrolls into view after a rating is looked up then.
        clearTimeout(scrolled);
        if (round > 0) scrolled = setTimeout(() => void look(round), 200);
      }, NEARBY)
    : null;

/** Attachment for whatever shows a movie's line: `<article {@attach visible} data-movie={id}>`. */
export function visible(element: HTMLElement) {
  observer?.observe(element);
  return () => {
    observer?.unobserve(element);
    onScreen.delete(element);
  };
}

/** A rating has changed, here or in another tab. */
export function ratingChanged() {
  round += 1;
  rowsChanged();
  ratedAt = Date.now();
  timers.forEach(clearTimeout);
  timers = [];
  const mineRound = round;
  timers = LOOKS_MS.map((ms) =>
    setTimeout(async () => {
      const changed = await look(mineRound);
      if (changed && mineRound === round) timers.forEach(clearTimeout);
    }, ms)
  );
}

/** Reads what is on the screen and not read since `since`; says whether any prediction changed. */
async function look(since: number): Promise<boolean> {
  const ids = [...new Set(onScreen.values())]
    .filter((id) => (asOf.get(id) ?? 0) < since && viewerStates.of(id).stars === null)
    .slice(0, MOST);
  const batches = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, i) => ids.slice(i * BATCH, (i + 1) * BATCH));
  const answers = await Promise.all(batches.map(read));
  // An answer that set out before the last rating knows nothing of it: then it may speak of predictions only.
  const movies = answers
    .flat()
    .map(({ id, mine: { stars, predicted } }) => ({ id, mine: round === since ? { stars, predicted } : { predicted } }));
  const changed = movies.some(({ id, mine: now }) => !same(viewerStates.of(id).predicted, now.predicted));
  viewerStates.learn(movies);
  // Nothing moved although the model had its time: then this is what it says.
  if (changed || Date.now() - ratedAt > 2_000) movies.forEach(({ id }) => asOf.set(id, since));
  return changed;
}

async function read(ids: string[]): Promise<{ id: string; mine: Pick<ViewerMovieState, 'stars' | 'predicted'> }[]> {
  const at = (place: number) => ids[place] ?? ids[0] ?? '';
  const variables = { a: at(0), b: at(1), c: at(2), d: at(3), e: at(4), f: at(5), g: at(6), h: at(7) };
  try {
    const answer = await request(PredictionsQuery, variables);
    return Object.values(answer).flatMap((movie) => (movie?.mine ? [{ id: movie.id, mine: movie.mine }] : []));
  } catch {
    // The old prediction stays; the next look or the next page brings the new one.
    return [];
  }
}

function same(a: ViewerMovieState['predicted'], b: ViewerMovieState['predicted']): boolean {
  return a?.stars === b?.stars && a?.confidence === b?.confidence;
}

onTabMessage((message) => {
  if (message.type === 'rated') {
    viewerStates.saved(message.movieId, { stars: message.stars, predicted: null, shelf: message.shelf });
    ratingChanged();
  }
  if (message.type === 'shelved') viewerStates.saved(message.movieId, { shelf: message.shelf });
});
