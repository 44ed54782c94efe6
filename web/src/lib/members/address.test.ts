import { expect, test } from 'vitest';
import { partIn, profileAddress } from './address';

test('a tab survives the round trip through its address', () => {
  for (const part of ['ratings', 'wish', 'watching', 'watches', 'comments', 'lists', 'followers', 'following'] as const) {
    const address = new URL(profileAddress('mina', part), 'http://matcha.test');
    expect(address.pathname).toBe('/members/mina');
    expect(partIn(address.searchParams)).toBe(part);
  }
});

test('an address without a tab, or with an unknown one, means the ratings', () => {
  for (const query of ['', 'tab=', 'tab=not_interested', 'tab=taste', 'tab=constructor']) {
    expect(partIn(new URLSearchParams(query))).toBe('ratings');
  }
});
