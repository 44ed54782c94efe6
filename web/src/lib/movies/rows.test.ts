import { expect, test } from 'vitest';
import { filtersIn } from './filters';
import { addressOf, keyed, renewed } from './rows';

/** Rows from texts such as 'RISING=ab': a kind, and a letter for each movie. */
const rows = (...all: string[]) =>
  keyed(
    all.map((named) => {
      const [kind = '', movies = ''] = named.split('=');
      return { kind, movies: [...movies].map((id) => ({ id })) };
    })
  );
const free = () => false;
const moviesOf = (all: readonly { movies: readonly { id: string }[] }[]) =>
  all.map(({ movies }) => movies.map(({ id }) => id).join(''));

test('rows of one kind get different keys', () => {
  expect(rows('RISING', 'BECAUSE=a', 'BECAUSE=b').map(({ key }) => key)).toEqual(['RISING 0', 'BECAUSE 0', 'BECAUSE 1']);
});

test('new movies replace a row in its place', () => {
  const after = renewed(rows('FOR_YOU=a', 'RISING=b'), rows('RISING=d', 'FOR_YOU=c'), free, true);
  expect(moviesOf(after)).toEqual(['c', 'd']);
});

test('a row in use keeps its movies until it is not in use any more', () => {
  const [shown, fresh] = [rows('FOR_YOU=a', 'RISING=b'), rows('FOR_YOU=c', 'RISING=d')];
  const used = renewed(shown, fresh, (key) => key === 'FOR_YOU 0', true);
  expect(moviesOf(used)).toEqual(['a', 'd']);
  expect(moviesOf(renewed(used, fresh, free, true))).toEqual(['c', 'd']);
});

test('a movie of a row in use is left out of the newer rows', () => {
  const [shown, fresh] = [rows('FOR_YOU=ab', 'RISING=c'), rows('FOR_YOU=d', 'RISING=ae', 'BEST_RATED=bf')];
  expect(moviesOf(renewed(shown, fresh, (key) => key === 'FOR_YOU 0', true))).toEqual(['ab', 'e', 'f']);
  expect(moviesOf(renewed(shown, fresh, free, true))).toEqual(['d', 'ae', 'bf']);
});

test('rows are neither inserted nor removed while the tab is visible', () => {
  const [shown, fresh] = [rows('RISING=a', 'BEST_RATED=b'), rows('FOR_YOU=c', 'RISING=d')];
  expect(moviesOf(renewed(shown, fresh, free, true))).toEqual(['d', 'b', 'c']);
  expect(moviesOf(renewed(shown, fresh, free, false))).toEqual(['c', 'd']);
});

test('a row links to the page that continues it', () => {
  const row = (kind: string, personal = false) => addressOf({ kind, personal, becauseOf: { id: '7' } });
  const sort = (address: string | null) => filtersIn(new URL(address ?? '', 'https://matcha.example').searchParams).sort;
  expect(sort(row('BEST_RATED'))).toBe('AVERAGE');
  expect(sort(row('MOST_RATED'))).toBe('POPULARITY');
  expect(sort(row('FOR_YOU'))).toBe('POPULARITY');
  expect(row('FOR_YOU', true)).toBe('/for-you');
  expect(row('BECAUSE_YOU_LIKED', true)).toBe('/movies/7');
});

test('the kinds ESPECIALLY_YOU and RISING have no link', () => {
  for (const kind of ['ESPECIALLY_YOU', 'RISING']) {
    expect(addressOf({ kind, personal: true, becauseOf: null })).toBeNull();
  }
});
