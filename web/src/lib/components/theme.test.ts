import { expect, test } from 'vitest';
import { themeColorOf } from './theme.svelte';

const media = { light: '(prefers-color-scheme: light)', dark: '(prefers-color-scheme: dark)' };

test('with the system theme each theme-color follows its media query', () => {
  expect(themeColorOf('system', media.light)).toBe('#ffffff');
  expect(themeColorOf('system', media.dark)).toBe('#121512');
});

test('a chosen theme overrides the system in both theme-colors', () => {
  expect([themeColorOf('dark', media.light), themeColorOf('dark', media.dark)]).toEqual(['#121512', '#121512']);
  expect([themeColorOf('light', media.light), themeColorOf('light', media.dark)]).toEqual(['#ffffff', '#ffffff']);
});
