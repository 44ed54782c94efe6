import { expect, test } from 'vitest';
import { groupFeedItems } from './groups';

type Kind = 'RATED' | 'COMMENTED' | 'WISHED';
let number = 0;
// Local time, so that noon and later are one day in any time zone.
const item = (kind: Kind, handle: string | null, day = 1, hour = 12) => ({
  id: `${number++}`,
  kind,
  actedAt: new Date(2026, 0, day, hour).toISOString(),
  member: handle === null ? null : { handle }
});
const counts = (items: ReturnType<typeof item>[]) => groupFeedItems(items).map(({ kind, items }) => [kind, items.length]);

test('ratings of one member on one day form one group, even with items of others between them', () => {
  const items = [item('RATED', 'mina', 2), item('RATED', 'joon', 2), item('RATED', 'mina', 2, 13), item('RATED', 'mina', 1)];
  const groups = groupFeedItems(items);
  expect(groups.map(({ items }) => items.map(({ id }) => id))).toEqual([
    [items[0]!.id, items[2]!.id],
    [items[1]!.id],
    [items[3]!.id]
  ]);
});

test('wishes and ratings form different groups, and each comment its own', () => {
  const items = [
    item('COMMENTED', 'mina'),
    item('RATED', 'mina'),
    item('WISHED', 'mina'),
    item('COMMENTED', 'mina'),
    item('WISHED', 'mina')
  ];
  expect(counts(items)).toEqual([
    ['COMMENTED', 1],
    ['RATED', 1],
    ['WISHED', 2],
    ['COMMENTED', 1]
  ]);
});

test('days are in the local time zone, and items without a member are not grouped', () => {
  const [late, early] = [item('RATED', 'mina', 2, 0), item('RATED', 'mina', 1, 23)];
  expect(groupFeedItems([late, early])).toHaveLength(2);
  expect(groupFeedItems([item('RATED', null), item('RATED', null)])).toHaveLength(2);
});

test('a group keeps its id when the next page adds items to it', () => {
  const first = [item('RATED', 'mina'), item('RATED', 'joon')];
  const more = [...first, item('RATED', 'mina', 1, 11)];
  expect(groupFeedItems(more).map(({ id }) => id)).toEqual(groupFeedItems(first).map(({ id }) => id));
});
