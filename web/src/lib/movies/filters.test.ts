import { expect, test } from 'vitest';
import { filtersFor, filtersIn, filtersOut, sortsFor } from './filters';

const read = (address: string) => filtersIn(new URLSearchParams(address));

test('filters survive the round trip through the address', () => {
  const filters = { q: '기생충', genre: 'drama', country: 'KR', decade: 2010, rated: false, sort: 'NEWEST' } as const;
  expect(read(filtersOut(filters))).toEqual(filters);
});

test('the default sort is popularity without a query and relevance with one', () => {
  expect(read('').sort).toBe('POPULARITY');
  expect(read('q=alien').sort).toBe('RELEVANCE');
  expect(read('sort=relevance').sort).toBe('POPULARITY');
});

test('invalid values in the address are ignored', () => {
  expect(read('decade=soon&sort=loudest&genre=&rated=maybe')).toEqual({
    q: '',
    genre: null,
    country: null,
    decade: null,
    rated: null,
    sort: 'POPULARITY'
  });
  expect(read('decade=1995').decade).toBe(null);
});

test('default values are left out of the address', () => {
  expect(filtersOut(read('q=alien&sort=relevance'))).toBe('?q=alien');
  expect(filtersOut(read(''))).toBe('');
});

test('the sort by predictions excludes a query and the filter for rated movies', () => {
  expect(read('sort=predicted&rated=false')).toMatchObject({ rated: false, sort: 'PREDICTED' });
  expect(read('sort=predicted&rated=true')).toMatchObject({ rated: true, sort: 'POPULARITY' });
  expect(read('sort=predicted&q=alien').sort).toBe('RELEVANCE');
  expect(filtersOut({ ...read('sort=predicted'), rated: true })).toBe('?rated=true');
});

test('the filter by rating is for members, the sort by predictions for members who have unlocked it', () => {
  const asked = read('sort=predicted&rated=false');
  const unlocked = { signedIn: true, unlocked: true };
  expect(sortsFor(asked, unlocked)).toContain('PREDICTED');
  expect(sortsFor({ ...asked, rated: true }, unlocked)).not.toContain('PREDICTED');
  expect(sortsFor(read('q=alien'), unlocked)).not.toContain('PREDICTED');
  expect(sortsFor(asked, { signedIn: true, unlocked: false })).not.toContain('PREDICTED');
  expect(filtersFor(asked, unlocked)).toEqual(asked);
  expect(filtersFor(asked, { signedIn: true, unlocked: false })).toMatchObject({ rated: false, sort: 'POPULARITY' });
  expect(filtersFor(asked, { signedIn: false, unlocked: false })).toMatchObject({ rated: null, sort: 'POPULARITY' });
});

test('while the caller is unknown, the filters of the address are kept', () => {
  const asked = read('sort=predicted&rated=false');
  expect(filtersFor(asked, { signedIn: null, unlocked: null })).toEqual(asked);
  expect(filtersFor(asked, { signedIn: true, unlocked: null })).toEqual(asked);
});
