import { expect, test } from 'vitest';
import { statusOf } from './status';

const comment = { state: 'PUBLIC', hiddenFor: null, spoiler: false, veiled: false } as const;

test('the author sees the moderation status and its reason', () => {
  expect(statusOf(comment)).toBe('PUBLIC');
  expect(statusOf({ ...comment, state: 'CHECKING' })).toBe('CHECKING');
  expect(statusOf({ ...comment, state: 'HIDDEN', hiddenFor: 'LANGUAGE' })).toBe('LANGUAGE');
  expect(statusOf({ ...comment, state: 'HIDDEN', hiddenFor: 'SPAM' })).toBe('SPAM');
});

test('a veil is explained only if the author did not ask for it', () => {
  expect(statusOf({ ...comment, veiled: true })).toBe('VEILED');
  expect(statusOf({ ...comment, spoiler: true, veiled: true })).toBe('PUBLIC');
});

test('the comments of others have no status', () => {
  expect(statusOf({ ...comment, state: null })).toBeNull();
});
