import { expect, test } from 'vitest';
import { en } from '$lib/text/en';
import { ko } from '$lib/text/ko';
import { BANDS, personaOf } from './persona';

test('each band has its own text in both languages', () => {
  for (const messages of [ko, en]) {
    const words = Array.from({ length: BANDS }, (_, i) => personaOf(`band_${i + 1}`, messages));
    for (const one of words) expect(one?.title && one.line).toBeTruthy();
    expect(new Set(words.map((one) => one?.title)).size).toBe(BANDS);
    expect(new Set(words.map((one) => one?.line)).size).toBe(BANDS);
    expect(messages.taste.personas).toHaveLength(BANDS);
  }
});

test('each persona by spread has its own text in both languages', () => {
  for (const messages of [ko, en]) {
    const words = ['all_or_nothing', 'narrow', 'whole_scale'].map((key) => personaOf(key, messages));
    for (const one of words) expect(one?.title && one.line).toBeTruthy();
    expect(new Set(words.map((one) => one?.title)).size).toBe(3);
  }
});

test('a missing or unknown band has no text', () => {
  for (const persona of [null, '', 'band_', 'band_0', 'band_11', 'band_-1', 'generous', 'toString'])
    expect(personaOf(persona, ko)).toBe(null);
});

test('the Korean words are Korean and the English ones are not', () => {
  for (const [title, line] of ko.taste.personas) expect(title + line).toMatch(/[가-힣]/);
  for (const [title, line] of en.taste.personas) expect(title + line).not.toMatch(/[가-힣]/);
});
