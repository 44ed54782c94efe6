import { expect, test } from 'vitest';
import { mergeLists } from './popular';

test('a list that contains several movies comes once, and the most liked list first', () => {
  const [rain, classics, night] = [
    { id: 'rain', likes: 2 },
    { id: 'classics', likes: 9 },
    { id: 'night', likes: 2 }
  ];
  expect(mergeLists([[rain, classics], [], [classics, night]]).map(({ id }) => id)).toEqual(['classics', 'rain', 'night']);
});
