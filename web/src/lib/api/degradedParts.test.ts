import { expect, test } from 'vitest';
import { DegradedParts } from './degradedParts.svelte';

test('a query counts as degraded until the same query is answered completely', () => {
  const degradedParts = new DegradedParts();
  expect(degradedParts.missing).toBe(false);
  degradedParts.record('Movie', ['recommendation']);
  expect(degradedParts.missing).toBe(true);
  degradedParts.record('Suggest', undefined);
  expect(degradedParts.missing).toBe(true);
  degradedParts.record('Movie', []);
  expect(degradedParts.missing).toBe(false);
});

test('two degraded queries need two complete answers', () => {
  const degradedParts = new DegradedParts();
  degradedParts.record('Movie', ['rating']);
  degradedParts.record('Facets', ['movie']);
  degradedParts.record('Movie', undefined);
  expect(degradedParts.missing).toBe(true);
  degradedParts.record('Facets', undefined);
  expect(degradedParts.missing).toBe(false);
});

test('forget clears all degraded queries', () => {
  const degradedParts = new DegradedParts();
  degradedParts.record('Home', ['recommendation']);
  degradedParts.forget();
  expect(degradedParts.missing).toBe(false);
});

test('a signal tells whether the answers to its requests were complete', () => {
  const degradedParts = new DegradedParts();
  const [whole, incomplete] = [new AbortController().signal, new AbortController().signal];
  degradedParts.record('Home', undefined, whole);
  degradedParts.record('Home', ['rating'], incomplete);
  expect([degradedParts.wereComplete(whole), degradedParts.wereComplete(incomplete)]).toEqual([true, false]);
});
