import { expect, test } from 'vitest';
import { pickedAddress, pickedIn, type Picked } from './picked';

test.each<Picked>([
  { kind: 'FOR_YOU' },
  { kind: 'POPULAR' },
  { kind: 'genre', value: 'science_fiction' },
  { kind: 'country', value: 'KR' },
  { kind: 'decade', value: '1990' }
])('the choice $kind is read back from its address', (picked) => {
  expect(pickedIn(new URL(pickedAddress(picked), 'http://localhost').searchParams)).toEqual(picked);
});

test('an invalid choice means the movies for the caller', () => {
  for (const address of ['shelf=all', 'decade=soon', 'genre='])
    expect(pickedIn(new URLSearchParams(address))).toEqual({ kind: 'FOR_YOU' });
});
