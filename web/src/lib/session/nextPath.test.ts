import { expect, test } from 'vitest';
import { nextPath } from './nextPath';

/** The path that a page at this address continues at. */
const after = (query: string) => nextPath(new URL(`https://matcha.example/sign-in${query}`).searchParams.get('next'));

test('a path of this site is kept with its query and fragment', () => {
  for (const path of ['/', '/me', '/taste', '/movies/1?tab=comments#all', '/search?q=%EA%B8%B0%EC%83%9D%EC%B6%A9', '/%09/me'])
    expect(nextPath(path)).toBe(path);
  expect(after('?next=/settings/import')).toBe('/settings/import');
});

test('whatever leads to another site, or nowhere, leads home', () => {
  for (const query of [
    '',
    '?next=',
    '?next=me',
    '?next=https://evil.example',
    '?next=//evil.example',
    '?next=/%09/evil.example',
    '?next=/%0a/evil.example',
    '?next=/%0D%0A/evil.example',
    '?next=%09//evil.example',
    '?next=/\\evil.example',
    '?next=/%5Cevil.example',
    '?next=/%09%5Cevil.example',
    '?next=/.//evil.example',
    '?next=/a/..//evil.example',
    '?next=/%2e//evil.example',
    '?next=javascript:alert(1)',
    '?next=//'
  ])
    expect(after(query), query).toBe('/');
});
