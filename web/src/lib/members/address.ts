// Where a member's profile is, and which part of it an address means.

export const TABS = ['ratings', 'wish', 'watching', 'watches', 'comments', 'lists'] as const;
export type Tab = (typeof TABS)[number];
/** Lists that the head of a profile leads to. */
export const LISTS = ['followers', 'following'] as const;
export type List = (typeof LISTS)[number];

export const profileAddress = (handle: string, part?: Tab | List) =>
  part ? `/members/${handle}?tab=${part}` : `/members/${handle}`;

/** What makes no sense in the address is ignored: then it is about the ratings. */
export function partIn(address: URLSearchParams): Tab | List {
  const wanted = address.get('tab');
  return [...TABS, ...LISTS].find((known) => known === wanted) ?? 'ratings';
}
