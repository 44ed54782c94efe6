// A number of the taste page as it stands in an address, which leads to the films behind it.
import type { TasteGroup } from './documents';
import { profileAddress } from '$lib/members/address';

export interface Figure {
  group: TasteGroup;
  /** Null for all films. */
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

/** What makes no sense in the address is ignored: then it is about all films. */
export function figureIn(address: URLSearchParams): Figure {
  for (const [kind, group] of Object.entries(KINDS)) {
    const key = address.get(kind);
    if (key && key.length <= 64 && (group !== 'STARS' || isHalfStep(key))) return { group, key };
  }
  return { group: 'ALL', key: null };
}

export const tasteAddress = (handle: string) => `/members/${handle}/taste`;

/** Where the films behind a figure are; without a kind, all of them. */
export function tasteMoviesAddress(handle: string, kind?: Kind, key = ''): string {
  const address = `${tasteAddress(handle)}/movies`;
  return kind ? `${address}?${new URLSearchParams({ [kind]: key })}` : address;
}

/** Where the watches with a tag are; one's own can be changed there. */
export function taggedAddress(handle: string, own: boolean, tag: string): string {
  const diary = own ? '/me?tab=watches' : profileAddress(handle, 'watches');
  return `${diary}&${new URLSearchParams({ tag })}`;
}
