import { expect, test } from 'vitest';
import { lineOf } from './line';

const average = { stars: 3.8, count: 12 };
const predicted = { stars: 3.6, confidence: 'HIGH' } as const;

test('the stars of the caller come first', () => {
  expect(lineOf({ stars: 4, shelf: null, predicted }, average)).toEqual({ kind: 'rated', stars: 4 });
});

test('a prediction comes before the average, with its confidence', () => {
  expect(lineOf({ stars: null, shelf: null, predicted }, average)).toEqual({
    kind: 'predicted',
    stars: 3.6,
    confidence: 'HIGH'
  });
});

test('the average is the last choice', () => {
  expect(lineOf({ stars: null, shelf: null, predicted: null }, average)).toEqual({ kind: 'average', stars: 3.8 });
});

test('a movie without ratings has no number', () => {
  expect(lineOf({ stars: null, shelf: null, predicted: null }, { stars: null, count: 0 })).toEqual({ kind: 'none' });
  expect(lineOf({ stars: null, shelf: null, predicted: null }, null)).toEqual({ kind: 'none' });
});
