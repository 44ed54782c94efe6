// The rows of the home page: the link of each, and how new data replaces them on an open page.

import type { Messages } from '$lib/text/ko';

export interface Row {
  kind: string;
  personal: boolean;
  becauseOf: { id: string } | null;
}
export type Keyed<R> = R & { key: string };

/** Gives each row a key: its kind, and its place among the rows of that kind. */
export function keyed<R extends { kind: string }>(rows: readonly R[]): Keyed<R>[] {
  const counts = new Map<string, number>();
  return rows.map((row) => {
    const place = counts.get(row.kind) ?? 0;
    counts.set(row.kind, place + 1);
    return { ...row, key: `${row.kind} ${place}` };
  });
}

/**
 * Merges newer rows into those shown without moving the page. A row is replaced in its place, where all cards have one size.
 * A row in use (the pointer or the focus is in it) keeps its movies. New rows are appended, and rows that are missing from the
 * newer data stay, as long as the tab is visible (`watched`): inserting or removing one would shift the page under the reader. The
 * movies of rows that stay are left out of the others, so that none stands in two rows.
 */
export function renewed<R extends { key: string; movies: readonly { id: string }[] }>(
  shown: readonly R[],
  fresh: readonly R[],
  inUse: (key: string) => boolean,
  watched: boolean
): readonly R[] {
  if (!watched || shown.length === 0) return fresh;
  const news = new Map(fresh.map((row) => [row.key, row]));
  const known = new Set(shown.map(({ key }) => key));
  const stays = ({ key }: R) => inUse(key) || !news.has(key);
  const taken = new Set(shown.filter(stays).flatMap(({ movies }) => movies.map(({ id }) => id)));
  const without = (row: R): R => ({ ...row, movies: row.movies.filter(({ id }) => !taken.has(id)) });
  const changed = shown.map((row) => (stays(row) ? row : without(news.get(row.key) ?? row)));
  return [...changed, ...fresh.filter(({ key }) => !known.has(key)).map(without)];
}

/** The heading of the row "for you" and the line below it. `enough`: the member has rated enough for predictions. */
export function forYouHeading(personal: boolean, enough: boolean, messages: Messages['home']): [string, string] {
  const [title, line] = (personal && messages.rows['FOR_YOU']) || messages.forEveryone;
  // The member has rated enough, but the recommendations are not computed yet.
  return [title, !personal && enough ? messages.onTheirWay : line];
}

/** The address of the page that continues the row; null for the kinds RISING and ESPECIALLY_YOU, which have none. */
export function addressOf({ kind, personal, becauseOf }: Row): string | null {
  if (kind === 'BEST_RATED') return '/search?sort=average';
  if (kind === 'FOR_YOU' && personal) return '/for-you';
  // The default sort of the search page is by popularity.
  if (kind === 'MOST_RATED' || kind === 'FOR_YOU') return '/search';
  if (kind === 'BECAUSE_YOU_LIKED' && becauseOf) return `/movies/${becauseOf.id}`;
  return null;
}
