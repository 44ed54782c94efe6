import { expect, test } from 'vitest';
import { filtersIn, filtersOut } from './filters';

const read = (address: string) => filtersIn(new URLSearchParams(address));

test('what is written into the address is read back', () => {
  const filters = { q: '기생충', genre: 'drama', country: 'KR', decade: 2010, sort: 'NEWEST' } as const;
  expect(read(filtersOut(filters))).toEqual(filters);
});

test('browsing goes by popularity and searching by relevance', () => {
  expect(read('').sort).toBe('POPULARITY');
  expect(read('q=alien').sort).toBe('RELEVANCE');
  expect(read('sort=relevance').sort).toBe('POPULARITY');
});

test('nonsense in the address is ignored', () => {
  expect(read('decade=soon&sort=loudest&genre=')).toEqual({
    q: '',
    genre: null,
    country: null,
    decade: null,
    sort: 'POPULARITY'
  });
  expect(read('decade=1995').decade).toBe(null);
});

test('the usual search has a short address', () => {
  expect(filtersOut(read('q=alien&sort=relevance'))).toBe('?q=alien');
  expect(filtersOut(read(''))).toBe('');
});
