import { expect, test } from 'vitest';
import { strategyOf } from './strategy';

const origin = 'https://matcha.example';
const build = new Set(['/_app/immutable/entry/start.3f2.js']);
const files = new Set(['/icon.svg', '/manifest.webmanifest']);
const strategy = (path: string, asked: { method?: string; mode?: string } = {}) =>
  strategyOf({ method: 'GET', mode: 'cors', url: new URL(path, origin).href, ...asked }, origin, build, files);

test('hashed files are cache first, other files network first', () => {
  expect(strategy('/_app/immutable/entry/start.3f2.js')).toBe('cache-first');
  expect(strategy('/manifest.webmanifest')).toBe('network-first');
});

test('any page falls back to the shell', () => {
  expect(strategy('/', { mode: 'navigate' })).toBe('page');
  expect(strategy('/movies/1?from=home', { mode: 'navigate' })).toBe('page');
  expect(strategy('/apiary', { mode: 'navigate' })).toBe('page');
});

test('API paths are never answered by the worker, not even as navigations', () => {
  for (const path of ['/api', '/api/v1/me', '/api/docs', '/graphql']) {
    expect(strategy(path)).toBeNull();
    expect(strategy(path, { mode: 'navigate' })).toBeNull();
  }
  expect(strategy('/graphql', { method: 'POST' })).toBeNull();
});

test('writes, unknown files and other origins are not answered by the worker', () => {
  expect(strategy('/', { method: 'POST', mode: 'navigate' })).toBeNull();
  expect(strategy('/_app/version.json')).toBeNull();
  expect(strategy('https://posters.example/1.jpg')).toBeNull();
});
