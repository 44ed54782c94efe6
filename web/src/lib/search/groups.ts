// Groups the suggestions of the search box by kind.
import { profileAddress } from '$lib/members/address';

export type Kind = 'Movie' | 'Person' | 'List' | 'PublicMember';

export interface Group<Item> {
  kind: Kind;
  items: readonly Item[];
  /** The index of the group's first item in the whole list, through which the arrow keys move. */
  from: number;
}

/** One group per kind, ordered by the best item of each; items keep their order within a group. */
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

/** The address of an item; unique, so that it also serves as a key. */
export function addressOf(item: Found): string {
  if (item.__typename === 'PublicMember') return profileAddress(item.handle);
  return `${PAGES[item.__typename]}/${item.id}`;
}
