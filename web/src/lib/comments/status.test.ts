import { expect, test } from 'vitest';
import { statusOf } from './status';

const comment = { state: 'PUBLIC', hiddenFor: null, spoiler: false, veiled: false } as const;

test('the author reads what became of the comment, and why', () => {
  expect(statusOf(comment)).toBe('PUBLIC');
  expect(statusOf({ ...comment, state: 'CHECKING' })).toBe('CHECKING');
  expect(statusOf({ ...comment, state: 'HIDDEN', hiddenFor: 'LANGUAGE' })).toBe('LANGUAGE');
  expect(statusOf({ ...comment, state: 'HIDDEN', hiddenFor: 'SPAM' })).toBe('SPAM');
});

test('a veil is explained only to who did not ask for it', () => {
  expect(statusOf({ ...comment, veiled: true })).toBe('VEILED');
  expect(statusOf({ ...comment, spoiler: true, veiled: true })).toBe('PUBLIC');
});

test('of others nothing is said', () => {
  expect(statusOf({ ...comment, state: null })).toBeNull();
});
