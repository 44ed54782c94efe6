import { expect, test } from 'vitest';
import { NO_FILTERS, type Filters } from '$lib/movies/filters';
import { hintsFor } from './hints';

const search = (changed: Partial<Filters>): Filters => ({ q: '', sort: 'POPULARITY', ...NO_FILTERS, ...changed });

test('a search without results has hints about its words and its filters', () => {
  expect(hintsFor(search({ q: '기샹충' }))).toEqual(['spelling', 'otherTitle']);
  expect(hintsFor(search({ q: 'parasite bong' }))).toEqual(['spelling', 'otherTitle', 'fewerWords']);
  expect(hintsFor(search({ q: '괴물', decade: 1930 }))).toEqual(['spelling', 'otherTitle', 'noFilters']);
  expect(hintsFor(search({}))).toEqual([]);
});

test.each([{ genre: 'horror' }, { country: 'KR' }, { decade: 1990 }, { rated: true }, { rated: false }])(
  'the filter %o can be left out',
  (filter) => {
    expect(hintsFor(search(filter))).toEqual(['noFilters']);
  }
);
