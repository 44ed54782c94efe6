import { expect, test } from 'vitest';
import { titleIn } from './titles';

const amelie = { ko: '아멜리에', en: 'Amélie', original: 'Le Fabuleux Destin d’Amélie Poulain' };

test('titles are in the language of the page unless another was chosen', () => {
  expect(titleIn(amelie, 'PAGE', 'ko')).toBe('아멜리에');
  expect(titleIn(amelie, 'PAGE', 'en')).toBe('Amélie');
  expect(titleIn(amelie, 'EN', 'ko')).toBe('Amélie');
  expect(titleIn(amelie, 'KO', 'en')).toBe('아멜리에');
  expect(titleIn(amelie, 'ORIGINAL', 'ko')).toBe(amelie.original);
});

test('a missing title falls back to the original, then to any other', () => {
  expect(titleIn({ ...amelie, ko: '' }, 'KO', 'ko')).toBe(amelie.original);
  expect(titleIn({ ko: '아멜리에', en: 'Amélie', original: '' }, 'ORIGINAL', 'ko')).toBe('아멜리에');
  expect(titleIn({ ko: '', en: 'Amélie', original: '' }, 'KO', 'ko')).toBe('Amélie');
});
