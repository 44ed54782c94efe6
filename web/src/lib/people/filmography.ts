// The sections of a person's filmography.
import type { FilmographyData, Role } from './documents';

/** The sorts of a filmography; the first is the default. */
export const FILMOGRAPHY_SORTS = ['NEWEST', 'POPULARITY', 'AVERAGE', 'TITLE'] as const;
export type FilmographySort = (typeof FILMOGRAPHY_SORTS)[number];

/** Reads the sort from an address; an unknown one means the default. */
export const filmographySortIn = (address: URLSearchParams): FilmographySort =>
  FILMOGRAPHY_SORTS.find((known) => known.toLowerCase() === address.get('sort')) ?? 'NEWEST';

interface Person {
  roles: readonly Role[] | null;
  directed: FilmographyData | null;
  acted: FilmographyData | null;
}

/**
 * One list per role, the more frequent role first. If the roles are unavailable, every list that has items or is itself
 * unavailable, so that the page shows a notice in its place.
 */
export function lists({ roles, directed, acted }: Person): { role: Role; first: FilmographyData | null }[] {
  const firsts = { DIRECTOR: directed, ACTOR: acted };
  const shown = roles ?? (['DIRECTOR', 'ACTOR'] as const).filter((role) => firsts[role]?.items.length !== 0);
  return shown.map((role) => ({ role, first: firsts[role] }));
}
