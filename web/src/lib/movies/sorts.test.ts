import { expect, test } from 'vitest';
import { ratingSortIn, withSort } from './sorts';

test('an unknown sort means the newest first', () => {
  expect(ratingSortIn(new URLSearchParams('sort=stars_low'))).toBe('STARS_LOW');
  expect(ratingSortIn(new URLSearchParams('sort=loudest'))).toBe('NEWEST');
  expect(ratingSortIn(new URLSearchParams())).toBe('NEWEST');
});

test('another sort leaves the rest of the address, and the default is not written', () => {
  const url = new URL('http://localhost/members/mina?tab=ratings&sort=stars_low');
  expect(withSort(url, 'STARS_HIGH', 'NEWEST')).toBe('/members/mina?tab=ratings&sort=stars_high');
  expect(withSort(url, 'NEWEST', 'NEWEST')).toBe('/members/mina?tab=ratings');
  expect(withSort(new URL('http://localhost/me?sort=stars_low'), 'NEWEST', 'NEWEST')).toBe('/me');
});
