import { expect, test } from 'vitest';
import { Problem, problemOf } from '$lib/api/problem';
import { en } from './en';
import { ko } from './ko';
import { refusalOf, sentenceOf } from './sentence';

test('the reason for refusing a file is in the language of the page and names the place', () => {
  const field = { field: 'file', detail: 'reviews.csv is not UTF-8 text in line 3; save it as UTF-8 and try again' };
  const told = [{ ...field, reason: 'not_utf8', at: 'reviews.csv:3' }];
  expect(refusalOf(told, ko)).toBe('UTF-8로 저장된 글이 아니에요. UTF-8로 저장해서 다시 올려 주세요. (reviews.csv, 3번째 줄)');
  expect(refusalOf(told, en)).toMatch(/UTF-8.* \(reviews\.csv, Line 3\)$/);
  expect(refusalOf([{ ...field, reason: 'empty' }], en)).toBe('The file is empty.');
  expect(refusalOf([{ ...field, reason: 'utf16', at: 'a: b.csv' }], en)).toMatch(/\(a: b\.csv\)$/);
});

test('a file of another kind is called by its kind, if the kind is known', () => {
  const of = (kind: string) => [{ field: 'file', detail: '', reason: 'wrong_kind', kind, at: 'a.csv' }];
  expect(refusalOf(of('png'), ko)).toBe('PNG 그림이에요. CSV, ZIP, JSON 파일을 올려 주세요. (a.csv)');
  expect(refusalOf(of('7z'), en)).toBe('This is a 7z archive. Choose a CSV, ZIP or JSON file. (a.csv)');
  expect(refusalOf(of('of_tomorrow'), en)).toBe('Choose a CSV, ZIP or JSON file. (a.csv)');
});

test('a problem without a known reason is not a refusal of the file', () => {
  expect(refusalOf([], ko)).toBeNull();
  expect(refusalOf([{ field: 'name', detail: 'too long' }], ko)).toBeNull();
  expect(refusalOf([{ field: 'file', detail: 'new', reason: 'of_tomorrow' }], ko)).toBeNull();
});

test('both languages have texts for the same reasons', () => {
  expect(Object.keys(en.imports.refused)).toEqual(Object.keys(ko.imports.refused));
  expect(Object.keys(en.imports.wrongKinds)).toEqual(Object.keys(ko.imports.wrongKinds));
});

test('a conflict, an invalid field and other problems have different messages', async () => {
  const conflict = await problemOf(new Response('{"detail":"another"}', { status: 409 }));
  expect(conflict.code).toBe('CONFLICT');
  expect((await problemOf(new Response('{}', { status: 403 }))).code).toBe('FORBIDDEN');
  expect((await problemOf(new Response('{}', { status: 400 }))).code).toBe('INVALID');
  expect(sentenceOf(new Problem('NETWORK', 'x'), ko)).toBe(ko.error.network);
  expect(sentenceOf(new Problem('UNAVAILABLE', 'x'), en)).toBe(en.error.unavailable);
  expect(sentenceOf(new Error('x'), ko)).toBe(ko.error.generalText);
});
