// The choices of the filters (facets), with labels in the language of the page.
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

/** The choices per kind. A chosen value is always among them, also before the facets are loaded. */
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
