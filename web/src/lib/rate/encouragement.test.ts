import { expect, test } from 'vitest';
import { ko } from '$lib/text/ko';
import { en } from '$lib/text/en';
import { encouragementStep } from './encouragement';

test('the line changes at 1, 5, 10, 20, 50 and 100', () => {
  const changes = Array.from({ length: 150 }, (_, i) => i + 1).filter(
    (count) => encouragementStep(count) !== encouragementStep(count - 1)
  );
  expect(changes).toEqual([1, 5, 10, 20, 50, 100]);
});

test('every step has a text in both languages', () => {
  for (let count = 0; count <= 150; count++) {
    expect(ko.rate.encouragement[encouragementStep(count)]).toBeTruthy();
    expect(en.rate.encouragement[encouragementStep(count)]).toBeTruthy();
  }
});
