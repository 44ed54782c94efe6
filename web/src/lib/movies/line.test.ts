import { expect, test } from 'vitest';
import { lineOf } from './line';

const average = { stars: 3.8, count: 12 };
const predicted = { stars: 3.6, confidence: 'HIGH' } as const;

test('my own stars come first', () => {
  expect(lineOf({ stars: 4, shelf: null, predicted }, average)).toEqual({ kind: 'rated', stars: 4 });
});

test('a prediction beats the average, and says how sure it is', () => {
  expect(lineOf({ stars: null, shelf: null, predicted }, average)).toEqual({
    kind: 'predicted',
    stars: 3.6,
    confidence: 'HIGH'
  });
});

test('the average is what is left', () => {
  expect(lineOf({ stars: null, shelf: null, predicted: null }, average)).toEqual({ kind: 'average', stars: 3.8 });
});

test('a movie nobody has rated has no number', () => {
  expect(lineOf({ stars: null, shelf: null, predicted: null }, { stars: null, count: 0 })).toEqual({ kind: 'none' });
  expect(lineOf({ stars: null, shelf: null, predicted: null }, null)).toEqual({ kind: 'none' });
});
