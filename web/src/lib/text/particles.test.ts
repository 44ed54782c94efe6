import { expect, test } from 'vitest';
import { particle, withParticle } from './particles';

test('a word that ends in a consonant takes 은, 을, 이 and 과', () => {
  expect(withParticle('기생충', '은/는')).toBe('기생충은');
  expect(withParticle('기생충', '을/를')).toBe('기생충을');
  expect(withParticle('기생충', '이/가')).toBe('기생충이');
  expect(withParticle('기생충', '과/와')).toBe('기생충과');
});

test('a word that ends in a vowel takes 는, 를, 가 and 와', () => {
  expect(withParticle('아가씨', '은/는')).toBe('아가씨는');
  expect(withParticle('아가씨', '을/를')).toBe('아가씨를');
  expect(withParticle('아가씨', '이/가')).toBe('아가씨가');
});

test('ㄹ takes 로, other consonants take 으로', () => {
  expect(withParticle('서울', '으로/로')).toBe('서울로');
  expect(withParticle('부산', '으로/로')).toBe('부산으로');
});

test('digits take the particle of their Korean reading', () => {
  expect(particle('범죄도시 2', '을/를')).toBe('를');
  expect(particle('범죄도시 3', '을/를')).toBe('을');
  expect(particle('1987', '을/를')).toBe('을');
  expect(particle('2046', '으로/로')).toBe('으로');
});

test('closing punctuation is ignored', () => {
  expect(particle('살인의 추억!', '을/를')).toBe('을');
  expect(particle('아가씨 (감독판)', '은/는')).toBe('은');
});

test('Latin words take the particle of their Korean pronunciation', () => {
  expect(particle('Alien', '을/를')).toBe('을');
  expect(particle('Jaws', '을/를')).toBe('를');
  expect(particle('Kill Bill', '으로/로')).toBe('로');
  expect(particle('Up', '을/를')).toBe('을');
  expect(particle('Black', '은/는')).toBe('은');
  expect(particle('Notebook', '이/가')).toBe('이');
  expect(particle('Heat', '을/를')).toBe('를');
  expect(particle('Planet', '으로/로')).toBe('으로');
});

test('both particles are written where the spelling does not tell the pronunciation', () => {
  expect(withParticle('Big', '을/를')).toBe('Big을(를)');
  expect(withParticle('Red', '이/가')).toBe('Red이(가)');
  expect(withParticle('Kid', '으로/로')).toBe('Kid(으)로');
  expect(withParticle('King', '을/를')).toBe('King을');
});
