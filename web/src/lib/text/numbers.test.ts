import { expect, test } from 'vitest';
import { en } from './en';
import { ko } from './ko';
import { formatCount, formatExactly, formatStars, hoursIn } from './numbers';

test('small counts are written in full', () => {
  expect(formatCount(0, 'ko')).toBe('0');
  expect(formatCount(1035, 'ko')).toBe('1,035');
  expect(formatCount(9999, 'en')).toBe('9,999');
});

test('large Korean counts use 만 and 억', () => {
  expect(formatCount(11432, 'ko')).toBe('1.1만');
  expect(formatCount(19999, 'ko')).toBe('1.9만');
  expect(formatCount(20000, 'ko')).toBe('2만');
  expect(formatCount(12345678, 'ko')).toBe('1,234만');
  expect(formatCount(250000000, 'ko')).toBe('2.5억');
});

test('large English counts are compact', () => {
  expect(formatCount(11432, 'en')).toBe('11.4K');
});

test('formatExactly writes counts in full in both languages', () => {
  expect(formatExactly(12_345)).toBe('12,345');
  expect(ko.comments.counter(10_003, 10_000)).toBe('10,003 / 10,000자');
  expect(en.comments.counter(10_003, 10_000)).toBe('10,003 / 10,000 characters');
  expect(ko.lists.counter(10_003, 1_000)).toBe('10,003 / 1,000자');
  expect(en.comments.over(1)).toBe('1 character too many');
});

test('hours are truncated to whole ones', () => {
  expect([0, 59, 60, 119, 120, 74_045].map(hoursIn)).toEqual([0, 0, 1, 1, 2, 1234]);
});

test('time watched is in minutes below an hour and in hours above', () => {
  expect([45, 60, 119, 74_045, 720_000].map(ko.taste.duration)).toEqual(['45분', '1시간', '1시간', '1,234시간', '1.2만시간']);
  expect([1, 45, 60, 150, 720_000].map(en.taste.duration)).toEqual(['1 minute', '45 minutes', '1 hour', '2 hours', '12K hours']);
});

test('stars always show one decimal', () => {
  expect(formatStars(4)).toBe('4.0');
  expect(formatStars(3.64)).toBe('3.6');
});
