import { expect, test } from 'vitest';
import { wayOf } from './answer';

const origin = 'https://matcha.example';
const build = new Set(['/_app/immutable/entry/start.3f2.js']);
const files = new Set(['/icon.svg', '/before-paint.js']);
const way = (path: string, asked: { method?: string; mode?: string } = {}) =>
  wayOf({ method: 'GET', mode: 'cors', url: new URL(path, origin).href, ...asked }, origin, build, files);

test('what never changes comes from the cache, other files only when there is no network', () => {
  expect(way('/_app/immutable/entry/start.3f2.js')).toBe('kept');
  expect(way('/before-paint.js')).toBe('fresh');
});

test('any page may become the shell', () => {
  expect(way('/', { mode: 'navigate' })).toBe('page');
  expect(way('/movies/1?from=home', { mode: 'navigate' })).toBe('page');
  expect(way('/apiary', { mode: 'navigate' })).toBe('page');
});

test('what programs say is never touched, not even as a page', () => {
  for (const path of ['/api', '/api/v1/me', '/api/docs', '/graphql']) {
    expect(way(path)).toBeNull();
    expect(way(path, { mode: 'navigate' })).toBeNull();
  }
  expect(way('/graphql', { method: 'POST' })).toBeNull();
});

test('writes, unknown files and other sites are left alone', () => {
  expect(way('/', { method: 'POST', mode: 'navigate' })).toBeNull();
  expect(way('/_app/version.json')).toBeNull();
  expect(way('https://posters.example/1.jpg')).toBeNull();
});
