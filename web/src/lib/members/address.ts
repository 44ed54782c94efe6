// Addresses of profiles and of their tabs.

export const TABS = ['ratings', 'wish', 'watching', 'watches', 'comments', 'lists'] as const;
export type Tab = (typeof TABS)[number];
/** The lists that the head of a profile links to. */
export const LISTS = ['followers', 'following'] as const;
export type List = (typeof LISTS)[number];

export const profileAddress = (handle: string, part?: Tab | List) =>
  part ? `/members/${handle}?tab=${part}` : `/members/${handle}`;

/** Reads the tab from the address; an unknown one means the ratings. */
export function partIn(address: URLSearchParams): Tab | List {
  const wanted = address.get('tab');
  return [...TABS, ...LISTS].find((known) => known === wanted) ?? 'ratings';
}
