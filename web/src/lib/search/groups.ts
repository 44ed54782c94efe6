// What the search box offers, put together by kind.
import { profileAddress } from '$lib/members/address';

export type Kind = 'Movie' | 'Person' | 'List' | 'PublicMember';

export interface Group<Item> {
  kind: Kind;
  items: readonly Item[];
  /** How many items the groups before have: arrows count through all of them. */
  from: number;
}

/** A group per kind: the kind of the best item first, and in each the order in which they came. */
export function grouped<Item extends { __typename: Kind }>(items: readonly Item[]): Group<Item>[] {
  const groups: Group<Item>[] = [];
  for (const kind of new Set(items.map(({ __typename }) => __typename))) {
    const last = groups.at(-1);
    const from = last ? last.from + last.items.length : 0;
    groups.push({ kind, items: items.filter(({ __typename }) => __typename === kind), from });
  }
  return groups;
}

type Found = { __typename: 'Movie' | 'Person' | 'List'; id: string } | { __typename: 'PublicMember'; handle: string };

const PAGES = { Movie: '/movies', Person: '/people', List: '/lists' };

/** Where an item leads; no two lead to the same place. */
export function addressOf(item: Found): string {
  if (item.__typename === 'PublicMember') return profileAddress(item.handle);
  return `${PAGES[item.__typename]}/${item.id}`;
}
