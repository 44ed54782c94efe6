import { expect, test } from 'vitest';
import { append } from './paged.svelte';

const movie = (id: string, page: number) => ({ id, page });

test('a movie that is on two pages is shown once, where it was first', () => {
  const shown = [movie('a', 1), movie('b', 1)];
  const both = append(shown, [movie('b', 2), movie('c', 2)]);
  expect(both).toEqual([movie('a', 1), movie('b', 1), movie('c', 2)]);
  expect(append(both, [movie('a', 3), movie('c', 3)])).toEqual(both);
});

test('pages without a movie in common follow each other as they came', () => {
  expect(append([], [movie('c', 1), movie('a', 1)])).toEqual([movie('c', 1), movie('a', 1)]);
  expect(append([movie('c', 1)], [movie('b', 2), movie('a', 2)]).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  expect(append([movie('c', 1)], [])).toEqual([movie('c', 1)]);
});
