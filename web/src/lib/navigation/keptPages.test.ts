import { expect, test } from 'vitest';
import { KeptPages, slotOf } from './keptPages';

const list = (...items: string[]) => ({ size: items.length, content: items });
const results = (entry: number) => slotOf(entry, '/search?q=a', 'results');

test('a list is found under its history entry, address and name only', () => {
  const pages = new KeptPages();
  pages.keep(results(5), list('a', 'b'));
  expect(pages.find(results(5))).toEqual(list('a', 'b'));
  expect(pages.find(results(6))).toBeNull();
  expect(pages.find(slotOf(5, '/search?q=b', 'results'))).toBeNull();
  expect(pages.find(slotOf(5, '/search?q=a', 'people'))).toBeNull();
});

test('a new page drops its own entry and those after it', () => {
  const pages = new KeptPages();
  for (const entry of [9, 10, 11]) pages.keep(results(entry), list('a'));
  pages.dropFrom(10);
  expect([9, 10, 11].map((entry) => pages.find(results(entry)) !== null)).toEqual([true, false, false]);
});

test('after a write or a reload only the sizes are left', () => {
  const pages = new KeptPages();
  pages.keep(results(5), list('a', 'b', 'c'));
  pages.keep(slotOf(6, '/rate', 'movies'), { ...list('a'), lasting: true });
  const { generation } = pages;
  pages.dropContents();
  expect(pages.generation).not.toBe(generation);
  expect(pages.find(results(5))).toEqual({ size: 3, content: null });
  expect(pages.find(slotOf(6, '/rate', 'movies'))?.content).toEqual(['a']);

  const reloaded = new KeptPages();
  reloaded.restoreSizes(pages.sizes());
  expect(reloaded.find(results(5))).toEqual({ size: 3, content: null });
});

test('the list that was left first is dropped when there are too many', () => {
  const pages = new KeptPages();
  for (let entry = 0; entry < 41; entry++) pages.keep(results(entry), list('a'));
  expect(pages.find(results(0))).toBeNull();
  expect(pages.find(results(40))).not.toBeNull();
});
