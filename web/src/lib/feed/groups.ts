// What a member did on one day, told at once: five ratings are one piece of news, a comment is one by itself.
import type { FeedItemData } from './documents';

export interface FeedGroup<Item> {
  /** The same as long as it begins with the same item. */
  id: string;
  kind: FeedItemData['kind'];
  /** The newest first. */
  items: [Item, ...Item[]];
}

type Groupable = Pick<FeedItemData, 'id' | 'kind' | 'actedAt'> & { member: { handle: string } | null };

/** The reader's day: what happened before midnight where they are is yesterday's. */
const dayOf = (at: string) => new Date(at).toDateString();

/** In the order of each one's newest item. Acts of the next page join the news of their day. */
export function groupFeedItems<Item extends Groupable>(items: readonly Item[]): FeedGroup<Item>[] {
  const groups = new Map<string, FeedGroup<Item>>();
  for (const item of items) {
    // Who has no name at the moment is not taken for everybody else without one.
    const together = item.kind !== 'COMMENTED' && item.member;
    const key = together ? `${item.kind} ${together.handle} ${dayOf(item.actedAt)}` : item.id;
    const found = groups.get(key);
    if (found) found.items.push(item);
    else groups.set(key, { id: item.id, kind: item.kind, items: [item] });
  }
  return [...groups.values()];
}
