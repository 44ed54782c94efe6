// Addresses of the movies and watches that are counted in a figure of the taste page.
import type { TasteGroup } from './documents';
import { profileAddress } from '$lib/members/address';

export interface Figure {
  group: TasteGroup;
  /** Null for all movies. */
  key: string | null;
}

const KINDS = {
  stars: 'STARS',
  genre: 'GENRE',
  country: 'COUNTRY',
  decade: 'DECADE',
  director: 'DIRECTOR',
  actor: 'ACTOR'
} as const;
export type Kind = keyof typeof KINDS;

const isHalfStep = (key: string) => /^([1-4](\.[05])?|0\.5|5(\.0)?)$/.test(key);

/** Reads the figure from an address; an invalid one means all movies. */
export function figureIn(address: URLSearchParams): Figure {
  for (const [kind, group] of Object.entries(KINDS)) {
    const key = address.get(kind);
    if (key && key.length <= 64 && (group !== 'STARS' || isHalfStep(key))) return { group, key };
  }
  return { group: 'ALL', key: null };
}

export const tasteAddress = (handle: string) => `/members/${handle}/taste`;

/** The address of the movies counted in a figure; without a kind, of all movies. */
export function tasteMoviesAddress(handle: string, kind?: Kind, key = ''): string {
  const address = `${tasteAddress(handle)}/movies`;
  return kind ? `${address}?${new URLSearchParams({ [kind]: key })}` : address;
}

/** The address of the watches with a tag; the caller's own are in My movies, where they can be changed. */
export function taggedAddress(handle: string, own: boolean, tag: string): string {
  const diary = own ? '/me?tab=watches' : profileAddress(handle, 'watches');
  return `${diary}&${new URLSearchParams({ tag })}`;
}
