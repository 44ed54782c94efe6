// What can be chosen to narrow a list, named in the site's language.
import type { FacetsData } from './documents';
import { text } from '$lib/text/text.svelte';

export type FacetKind = 'genre' | 'country' | 'decade';
export interface Choice {
  value: string;
  label: string;
}

const nameOf: Record<FacetKind, (value: string) => string> = {
  genre: (value) => text.genre(value),
  country: (value) => text.country(value),
  decade: (value) => text.messages.search.decadeName(value)
};

/** The choices per kind. One that is chosen is always among them, also before the facets have come. */
export function facetChoices(
  facets: FacetsData | null,
  chosen: Partial<Record<FacetKind, string | null>> = {}
): Record<FacetKind, Choice[]> {
  const choices = (kind: FacetKind, found: readonly { value: string }[]) => {
    const values = found.map(({ value }) => value);
    const extra = chosen[kind];
    if (extra && !values.includes(extra)) values.push(extra);
    return values.map((value) => ({ value, label: nameOf[kind](value) }));
  };
  return {
    genre: choices('genre', facets?.genres ?? []),
    country: choices('country', facets?.countries ?? []),
    decade: choices('decade', facets?.decades ?? [])
  };
}
