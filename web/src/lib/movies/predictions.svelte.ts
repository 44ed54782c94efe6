// Refreshes the predictions on the screen after a rating, so that they change within two seconds.
import { browser } from '$app/environment';
import { PredictionsQuery } from './documents';
import { request } from '$lib/api/request';
import { onTabMessage } from '$lib/session/tabs';
import { viewerStates, type ViewerMovieState } from './viewerStates.svelte';

// Delays of the refreshes. The model usually has the rating within milliseconds; the later ones are for a busy server.
const REFRESH_DELAYS_MS = [300, 1_200, 2_500];
// The number of aliases in PredictionsQuery.
const BATCH = 8;
// Movies just outside the viewport are refreshed too, before they are scrolled into view.
const OBSERVER_MARGIN = { rootMargin: '300px' };
// The maximum number of movies in one refresh: six requests.
const MAX_REFRESHED = 48;

// eslint-disable-next-line svelte/prefer-svelte-reactivity -- read by timers and not rendered
const onScreen = new Map<Element, string>();
// eslint-disable-next-line svelte/prefer-svelte-reactivity -- read by timers and not rendered
const asOf = new Map<string, number>();
// The number of ratings so far. A prediction that was read before the last rating is out of date.
let round = $state(0);
/** Changes after each rating. Data that depend on the ratings read it reactively, to be reloaded. */
export const ratingRound = () => round;
let ratedAt = 0;

// Delays after which rows of recommendations are reloaded; the later one is for a busy server.
const ROWS_SOON_MS = 400;
const ROWS_LATE_MS = 1_500;
let rows = $state(0);
/** Changes when rows of recommendations should be reloaded. */
export const rowsRound = () => rows;
let soon: ReturnType<typeof setTimeout> | undefined;
let late: ReturnType<typeof setTimeout> | undefined;

function rowsChanged() {
  // Not debounced, so that the rows are also reloaded while the member keeps rating.
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
        // After a rating, movies are also refreshed when they are scrolled into view.
        clearTimeout(scrolled);
        if (round > 0) scrolled = setTimeout(() => void refresh(round), 200);
      }, OBSERVER_MARGIN)
    : null;

/** An attachment that registers an element as showing a movie: `<article {@attach visible} data-movie={id}>`. */
export function visible(element: HTMLElement) {
  observer?.observe(element);
  return () => {
    observer?.unobserve(element);
    onScreen.delete(element);
  };
}

/** To be called after a rating changed, in this tab or another. */
export function ratingChanged() {
  round += 1;
  rowsChanged();
  ratedAt = Date.now();
  timers.forEach(clearTimeout);
  timers = [];
  const ownRound = round;
  timers = REFRESH_DELAYS_MS.map((ms) =>
    setTimeout(async () => {
      const changed = await refresh(ownRound);
      if (changed && ownRound === round) timers.forEach(clearTimeout);
    }, ms)
  );
}

/** Reads the visible movies that were not read since round `since`; returns whether a prediction changed. */
async function refresh(since: number): Promise<boolean> {
  const ids = [...new Set(onScreen.values())]
    .filter((id) => (asOf.get(id) ?? 0) < since && viewerStates.of(id).stars === null)
    .slice(0, MAX_REFRESHED);
  const batches = Array.from({ length: Math.ceil(ids.length / BATCH) }, (_, i) => ids.slice(i * BATCH, (i + 1) * BATCH));
  const answers = await Promise.all(batches.map(read));
  // If there was another rating since the request, the answer's stars may be out of date: take only its predictions.
  const movies = answers
    .flat()
    .map(({ id, mine: { stars, predicted } }) => ({ id, mine: round === since ? { stars, predicted } : { predicted } }));
  const changed = movies.some(({ id, mine: now }) => !same(viewerStates.of(id).predicted, now.predicted));
  viewerStates.learn(movies);
  // After two seconds without a change, take the predictions as up to date.
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
    // Keep the old prediction; a later refresh or page load replaces it.
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
