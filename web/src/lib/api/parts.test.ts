import { expect, test } from 'vitest';
import { Parts } from './parts.svelte';

test('a part is missing until the same question is answered whole', () => {
  const parts = new Parts();
  expect(parts.missing).toBe(false);
  parts.heard('Movie', ['recommendation']);
  expect(parts.missing).toBe(true);
  parts.heard('Suggest', undefined);
  expect(parts.missing).toBe(true);
  parts.heard('Movie', []);
  expect(parts.missing).toBe(false);
});

test('two pages that miss something need two whole answers', () => {
  const parts = new Parts();
  parts.heard('Movie', ['rating']);
  parts.heard('Facets', ['movie']);
  parts.heard('Movie', undefined);
  expect(parts.missing).toBe(true);
  parts.heard('Facets', undefined);
  expect(parts.missing).toBe(false);
});

test('another page begins with nothing missing', () => {
  const parts = new Parts();
  parts.heard('Home', ['recommendation']);
  parts.forget();
  expect(parts.missing).toBe(false);
});

test('whoever asked can tell whether the answer was whole', () => {
  const parts = new Parts();
  const [whole, incomplete] = [new AbortController().signal, new AbortController().signal];
  parts.heard('Home', undefined, whole);
  parts.heard('Home', ['rating'], incomplete);
  expect([parts.wereWhole(whole), parts.wereWhole(incomplete)]).toEqual([true, false]);
});
