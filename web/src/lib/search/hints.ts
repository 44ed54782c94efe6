// What to try when a search finds no movies.
import { isFiltered, type Filters } from '$lib/movies/filters';

export type Hint = 'spelling' | 'otherTitle' | 'fewerWords' | 'noFilters';

/** The hints that can help this search, in the order to try them. */
export function hintsFor(filters: Filters): Hint[] {
  const hints: Hint[] = [];
  if (filters.q) hints.push('spelling', 'otherTitle');
  if (/\S\s+\S/.test(filters.q)) hints.push('fewerWords');
  if (isFiltered(filters)) hints.push('noFilters');
  return hints;
}
