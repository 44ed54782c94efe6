import { expect, test } from 'vitest';
import { figureIn, filmsAddress, type Kind } from './figure';

const read = (address: string) => figureIn(new URL(address, 'http://matcha.test').searchParams);

test('a figure comes back from its address', () => {
  for (const [kind, key] of [
    ['stars', '4.5'],
    ['genre', 'science_fiction'],
    ['country', 'KR'],
    ['decade', '1990'],
    ['director', '0192a1c8-7b5e-7cc1-9c3a-1f1f1f1f1f1f'],
    ['actor', 'a & b=c']
  ] as [Kind, string][]) {
    const address = filmsAddress('mina', kind, key);
    expect(address).toMatch(/^\/members\/mina\/taste\/movies\?/);
    expect(read(address)).toEqual({ group: kind.toUpperCase(), key });
  }
});

test('without a kind it is about all films', () => {
  expect(filmsAddress('mina')).toBe('/members/mina/taste/movies');
  expect(read('/members/mina/taste/movies')).toEqual({ group: 'ALL', key: null });
});

test('nonsense in the address is ignored', () => {
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
