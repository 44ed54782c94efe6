import { expect, test } from 'vitest';
import { addressOf, grouped } from './groups';

const movie = (id: string) => ({ __typename: 'Movie' as const, id });
const person = (id: string) => ({ __typename: 'Person' as const, id });
const member = (handle: string) => ({ __typename: 'PublicMember' as const, handle });

test('groups are ordered by their best suggestion, and items keep their order', () => {
  const groups = grouped([person('a'), movie('b'), person('c'), movie('d')]);
  expect(groups.map(({ kind, items }) => [kind, items.map(({ id }) => id)])).toEqual([
    ['Person', ['a', 'c']],
    ['Movie', ['b', 'd']]
  ]);
  expect(grouped([movie('b'), person('a')]).map(({ kind }) => kind)).toEqual(['Movie', 'Person']);
});

test('indices run on from group to group, so that arrow keys reach every item once', () => {
  const groups = grouped([movie('a'), person('b'), movie('c'), movie('d')]);
  expect(groups.map(({ from }) => from)).toEqual([0, 3]);
  const places = groups.flatMap(({ items, from }) => items.map((_, i) => from + i));
  expect(places).toEqual([0, 1, 2, 3]);
});

test('lists are the last group, or the only one', () => {
  const list = (id: string) => ({ __typename: 'List' as const, id });
  expect(grouped([person('a'), movie('b'), list('c'), list('d')]).map(({ kind, from }) => [kind, from])).toEqual([
    ['Person', 0],
    ['Movie', 1],
    ['List', 2]
  ]);
  expect(grouped([list('c')]).map(({ kind }) => kind)).toEqual(['List']);
});

test('a kind without items has no group', () => {
  expect(grouped([movie('a')]).map(({ kind }) => kind)).toEqual(['Movie']);
  expect(grouped([])).toEqual([]);
});

test('members are a group of their own, and every item has its own address', () => {
  const items = [movie('a'), member('mina'), person('a')];
  expect(grouped(items).map(({ kind, from }) => [kind, from])).toEqual([
    ['Movie', 0],
    ['PublicMember', 1],
    ['Person', 2]
  ]);
  expect(items.map(addressOf)).toEqual(['/movies/a', '/members/mina', '/people/a']);
});
