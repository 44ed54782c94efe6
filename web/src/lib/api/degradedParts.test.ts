import { expect, test } from 'vitest';
import { DegradedParts } from './degradedParts.svelte';

test('a part is missing until the same question is answered whole', () => {
  const degradedParts = new DegradedParts();
  expect(degradedParts.missing).toBe(false);
  degradedParts.record('Movie', ['recommendation']);
  expect(degradedParts.missing).toBe(true);
  degradedParts.record('Suggest', undefined);
  expect(degradedParts.missing).toBe(true);
  degradedParts.record('Movie', []);
  expect(degradedParts.missing).toBe(false);
});

test('two pages that miss something need two whole answers', () => {
  const degradedParts = new DegradedParts();
  degradedParts.record('Movie', ['rating']);
  degradedParts.record('Facets', ['movie']);
  degradedParts.record('Movie', undefined);
  expect(degradedParts.missing).toBe(true);
  degradedParts.record('Facets', undefined);
  expect(degradedParts.missing).toBe(false);
});

test('another page begins with nothing missing', () => {
  const degradedParts = new DegradedParts();
  degradedParts.record('Home', ['recommendation']);
  degradedParts.forget();
  expect(degradedParts.missing).toBe(false);
});

test('whoever asked can tell whether the answer was whole', () => {
  const degradedParts = new DegradedParts();
  const [whole, incomplete] = [new AbortController().signal, new AbortController().signal];
  degradedParts.record('Home', undefined, whole);
  degradedParts.record('Home', ['rating'], incomplete);
  expect([degradedParts.wereComplete(whole), degradedParts.wereComplete(incomplete)]).toEqual([true, false]);
});
