import { expect, test } from 'vitest';
import { frameOf } from './theme.svelte';

const media = { light: '(prefers-color-scheme: light)', dark: '(prefers-color-scheme: dark)' };

test('by the system the frame of the browser follows the system', () => {
  expect(frameOf('system', media.light)).toBe('#ffffff');
  expect(frameOf('system', media.dark)).toBe('#121512');
});

test('a chosen theme goes before what the system says', () => {
  expect([frameOf('dark', media.light), frameOf('dark', media.dark)]).toEqual(['#121512', '#121512']);
  expect([frameOf('light', media.light), frameOf('light', media.dark)]).toEqual(['#ffffff', '#ffffff']);
});
