import { expect, test } from 'vitest';
import { newsOf } from './groups';

type Kind = 'RATED' | 'COMMENTED' | 'WISHED';
let number = 0;
// Noon and later of one day wherever the test runs.
const act = (kind: Kind, handle: string | null, day = 1, hour = 12) => ({
  id: `${number++}`,
  kind,
  actedAt: new Date(2026, 0, day, hour).toISOString(),
  member: handle === null ? null : { handle }
});
const counts = (acts: ReturnType<typeof act>[]) => newsOf(acts).map(({ kind, acts }) => [kind, acts.length]);

test('ratings of one member on one day are one piece of news, also where somebody else acted in between', () => {
  const acts = [act('RATED', 'mina', 2), act('RATED', 'joon', 2), act('RATED', 'mina', 2, 13), act('RATED', 'mina', 1)];
  const news = newsOf(acts);
  expect(news.map(({ acts }) => acts.map(({ id }) => id))).toEqual([[acts[0]!.id, acts[2]!.id], [acts[1]!.id], [acts[3]!.id]]);
});

test('wishes are told apart from ratings, and each comment by itself', () => {
  const acts = [
    act('COMMENTED', 'mina'),
    act('RATED', 'mina'),
    act('WISHED', 'mina'),
    act('COMMENTED', 'mina'),
    act('WISHED', 'mina')
  ];
  expect(counts(acts)).toEqual([
    ['COMMENTED', 1],
    ['RATED', 1],
    ['WISHED', 2],
    ['COMMENTED', 1]
  ]);
});

test('midnight is where the reader is, and nameless members are not one', () => {
  const [late, early] = [act('RATED', 'mina', 2, 0), act('RATED', 'mina', 1, 23)];
  expect(newsOf([late, early])).toHaveLength(2);
  expect(newsOf([act('RATED', null), act('RATED', null)])).toHaveLength(2);
});

test('news keeps its name when the next page adds to it', () => {
  const first = [act('RATED', 'mina'), act('RATED', 'joon')];
  const more = [...first, act('RATED', 'mina', 1, 11)];
  expect(newsOf(more).map(({ id }) => id)).toEqual(newsOf(first).map(({ id }) => id));
});
