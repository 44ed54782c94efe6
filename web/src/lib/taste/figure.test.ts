import { expect, test } from 'vitest';
import { tagIn } from '$lib/watches/tags';
import { figureIn, tasteMoviesAddress, taggedAddress, type Kind } from './figure';

const read = (address: string) => figureIn(new URL(address, 'http://matcha.test').searchParams);

test('a figure survives the round trip through its address', () => {
  for (const [kind, key] of [
    ['stars', '4.5'],
    ['genre', 'science_fiction'],
    ['country', 'KR'],
    ['decade', '1990'],
    ['director', '0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f'],
    ['actor', 'a & b=c']
  ] as [Kind, string][]) {
    const address = tasteMoviesAddress('mina', kind, key);
    expect(address).toMatch(/^\/members\/mina\/taste\/movies\?/);
    expect(read(address)).toEqual({ group: kind.toUpperCase(), key });
  }
});

test('without a kind the figure means all movies', () => {
  expect(tasteMoviesAddress('mina')).toBe('/members/mina/taste/movies');
  expect(read('/members/mina/taste/movies')).toEqual({ group: 'ALL', key: null });
});

test('invalid values in the address are ignored', () => {
  for (const search of [
    '?stars=4.7',
    '?stars=0',
    '?stars=5.5',
    '?stars=many',
    '?genre=',
    `?genre=${'a'.repeat(65)}`,
    '?mood=good'
  ])
    expect(read(search), search).toEqual({ group: 'ALL', key: null });
  for (const stars of ['0.5', '1', '1.0', '4.5', '5', '5.0']) expect(read(`?stars=${stars}`).key).toBe(stars);
});

test('the address of a tag is that of the watches with it, in My movies or on a profile', () => {
  for (const [own, start] of [
    [true, '/me?tab=watches&'],
    [false, '/members/mina?tab=watches&']
  ] as const) {
    for (const tag of ['IMAX', '한 번 더', 'a & b=c #1', '100%']) {
      const address = taggedAddress('mina', own, tag);
      expect(address.startsWith(start), address).toBe(true);
      expect(tagIn(new URL(address, 'http://matcha.test').searchParams)).toBe(tag);
    }
  }
});
