import { expect, test } from 'vitest';
import { partIn, profileAddress } from './address';

test('an address leads to the part that it was made for', () => {
  for (const part of ['ratings', 'wish', 'watching', 'watches', 'comments', 'lists', 'followers', 'following'] as const) {
    const address = new URL(profileAddress('mina', part), 'http://matcha.test');
    expect(address.pathname).toBe('/members/mina');
    expect(partIn(address.searchParams)).toBe(part);
  }
});

test('an address without a part, or with one that is none, is about the ratings', () => {
  for (const query of ['', 'tab=', 'tab=not_interested', 'tab=taste', 'tab=constructor']) {
    expect(partIn(new URLSearchParams(query))).toBe('ratings');
  }
});
