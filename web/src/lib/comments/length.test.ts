import { expect, test } from 'vitest';
import { fits, lengthOf, MAX_COMMENT_LENGTH } from './length';

test('characters are counted as code points in any script', () => {
  expect(lengthOf('가나다')).toBe(3);
  expect(lengthOf('😀😀')).toBe(2);
  expect(lengthOf('مرحبا')).toBe(5);
  expect(lengthOf('a\r\nb')).toBe(3);
});

test('white space around a text is not counted', () => {
  expect(lengthOf('  \n good \n')).toBe(4);
  expect(lengthOf(' \n\t ')).toBe(0);
});

test('a comment has from one character to the limit', () => {
  expect(fits(0, MAX_COMMENT_LENGTH)).toBe(false);
  expect(fits(1, MAX_COMMENT_LENGTH)).toBe(true);
  expect(fits(lengthOf('😀'.repeat(10_000)), MAX_COMMENT_LENGTH)).toBe(true);
  expect(fits(10_001, MAX_COMMENT_LENGTH)).toBe(false);
});
