// How a person's movies are laid out.
import type { FilmographyData, Role } from './documents';

/** The orders of a filmography; the first is the usual one. */
export const FILMOGRAPHY_SORTS = ['NEWEST', 'POPULARITY', 'AVERAGE', 'TITLE'] as const;
export type FilmographySort = (typeof FILMOGRAPHY_SORTS)[number];

interface Person {
  roles: readonly Role[] | null;
  directed: FilmographyData | null;
  acted: FilmographyData | null;
}

/**
 * A list per role, what the person did more often first. Where the roles are not known, every list that has something or
 * could not be had: that one says so itself.
 */
export function lists({ roles, directed, acted }: Person): { role: Role; first: FilmographyData | null }[] {
  const firsts = { DIRECTOR: directed, ACTOR: acted };
  const shown = roles ?? (['DIRECTOR', 'ACTOR'] as const).filter((role) => firsts[role]?.items.length !== 0);
  return shown.map((role) => ({ role, first: firsts[role] }));
}
