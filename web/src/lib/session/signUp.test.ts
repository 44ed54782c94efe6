import { expect, test } from 'vitest';
import { wrongWhileTyping, wrongWith } from './signUp';

test('fields are held to the limits of the user service', () => {
  expect(wrongWith('handle', ' mina_97 ')).toBe(null);
  expect(wrongWith('handle', 'mi')).toBe('handleShort');
  expect(wrongWith('handle', 'm'.repeat(31))).toBe('handleLong');
  for (const handle of ['미나', 'mi na', 'mina!']) expect(wrongWith('handle', handle)).toBe('handleLetters');
  expect(wrongWith('email', 'mina@example.org')).toBe(null);
  for (const email of ['mina', 'mina@', 'mina@example', '@example.org', 'mi na@example.org'])
    expect(wrongWith('email', email), email).toBe('email');
  expect(wrongWith('display_name', '')).toBe(null);
  expect(wrongWith('display_name', '😀'.repeat(50))).toBe(null);
  expect(wrongWith('display_name', '가'.repeat(51))).toBe('nameLong');
  expect(wrongWith('password', 'a'.repeat(14))).toBe('passwordShort');
  expect(wrongWith('password', '한 글자씩 세는 비밀번호예요')).toBe(null);
  expect(wrongWith('password', 'a'.repeat(129))).toBe('passwordLong');
});

test('what typing on can mend is not called wrong while typing', () => {
  for (const [field, value] of [
    ['handle', 'm'],
    ['email', 'mina@'],
    ['password', 'short']
  ] as const)
    expect(wrongWhileTyping(field, value)).toBe(null);
  expect(wrongWhileTyping('handle', '미')).toBe('handleLetters');
  expect(wrongWhileTyping('display_name', '가'.repeat(51))).toBe('nameLong');
});
