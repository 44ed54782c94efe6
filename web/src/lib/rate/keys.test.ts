import { expect, test } from 'vitest';
import { rowKey } from './keys';

const press = (code: string, held: { shiftKey?: boolean; ctrlKey?: boolean } = {}) =>
  rowKey({ code, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...held });

test('digits rate and Shift takes half a star off', () => {
  expect(press('Digit4')).toEqual({ stars: 4 });
  expect(press('Digit4', { shiftKey: true })).toEqual({ stars: 3.5 });
  expect(press('Numpad1', { shiftKey: true })).toEqual({ stars: 0.5 });
});

test('0 and Delete clear, X is not interested', () => {
  expect(press('Digit0')).toEqual({ stars: null });
  expect(press('Delete')).toEqual({ stars: null });
  expect(press('KeyX')).toEqual({ notInterested: true });
});

test('arrows move', () => {
  expect(press('ArrowDown')).toEqual({ move: 1 });
  expect(press('ArrowUp')).toEqual({ move: -1 });
});

test('keys with Ctrl and keys without a shortcut are left to the browser', () => {
  expect(press('Digit1', { ctrlKey: true })).toBe(null);
  expect(press('Digit6')).toBe(null);
  expect(press('KeyQ')).toBe(null);
});
