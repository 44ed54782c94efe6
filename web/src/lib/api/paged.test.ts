import { expect, test } from 'vitest';
import { append } from './paged.svelte';

const movie = (id: string, page: number) => ({ id, page });

test('a movie on two pages is shown once, at its first place', () => {
  const shown = [movie('a', 1), movie('b', 1)];
  const both = append(shown, [movie('b', 2), movie('c', 2)]);
  expect(both).toEqual([movie('a', 1), movie('b', 1), movie('c', 2)]);
  expect(append(both, [movie('a', 3), movie('c', 3)])).toEqual(both);
});

test('pages without a common movie are concatenated', () => {
  expect(append([], [movie('c', 1), movie('a', 1)])).toEqual([movie('c', 1), movie('a', 1)]);
  expect(append([movie('c', 1)], [movie('b', 2), movie('a', 2)]).map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  expect(append([movie('c', 1)], [])).toEqual([movie('c', 1)]);
});
