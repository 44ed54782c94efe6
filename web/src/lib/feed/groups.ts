// Groups feed items: the ratings of one member on one day are shown together, as are the wishes; each comment stands alone.
import type { FeedItemData } from './documents';

export interface FeedGroup<Item> {
  /** The id of the newest item, so that it stays the same when the next page adds older ones. */
  id: string;
  kind: FeedItemData['kind'];
  /** Newest first. */
  items: [Item, ...Item[]];
}

type Groupable = Pick<FeedItemData, 'id' | 'kind' | 'actedAt'> & { member: { handle: string } | null };

/** The calendar day in the reader's time zone. */
const dayOf = (at: string) => new Date(at).toDateString();

/** Ordered by the newest item of each group. Items of the next page join the group of their day. */
export function groupFeedItems<Item extends Groupable>(items: readonly Item[]): FeedGroup<Item>[] {
  const groups = new Map<string, FeedGroup<Item>>();
  for (const item of items) {
    // Items without a member (names unavailable) are not grouped: they may be of different members.
    const together = item.kind !== 'COMMENTED' && item.member;
    const key = together ? `${item.kind} ${together.handle} ${dayOf(item.actedAt)}` : item.id;
    const found = groups.get(key);
    if (found) found.items.push(item);
    else groups.set(key, { id: item.id, kind: item.kind, items: [item] });
  }
  return [...groups.values()];
}
