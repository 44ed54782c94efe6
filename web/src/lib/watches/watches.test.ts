import { describe, expect, it } from 'vitest';
import { byMonth, dayInMonth, dayName, monthName, today } from './day';
import { latestFirst, ofMovie, updated, type Written } from './order';
import { hasTag, tagIn, tagsFit, tagsIn } from './tags';

const watch = (id: string, watchedOn: string | null, rewatch = false) => ({ id, watchedOn, rewatch });
type Watch = ReturnType<typeof watch>;

describe('a day', () => {
  it('is today where the browser is, also just after midnight', () => {
    expect(today(new Date(2026, 2, 4, 0, 5))).toBe('2026-03-04');
    expect(today(new Date(2026, 11, 31, 23, 59))).toBe('2026-12-31');
  });

  it('is written as people write it', () => {
    expect(dayName('2026-03-04', 'ko')).toBe('2026년 3월 4일 (수)');
    expect(dayName('2026-03-04', 'en')).toBe('Wed, March 4, 2026');
    expect([dayInMonth('1999-12-31', 'ko'), dayInMonth('1999-12-31', 'en')]).toEqual(['12월 31일 (금)', 'Fri, December 31']);
    expect([monthName('2026-03', 'ko'), monthName('2026-03', 'en')]).toEqual(['2026년 3월', 'March 2026']);
  });
});

describe('a diary', () => {
  const list = [watch('c', '2026-03-04'), watch('b', '2026-03-01'), watch('a', '2025-03-01'), watch('d', null)];

  it('is cut where the month changes, and what has no day stands by itself', () => {
    const months = byMonth(list).map(({ month, watches }) => [month, watches.map(({ id }) => id)]);
    expect(months).toEqual([
      ['2026-03', ['c', 'b']],
      ['2025-03', ['a']],
      [null, ['d']]
    ]);
    expect(byMonth([])).toEqual([]);
  });

  it('has the latest day first and no day last', () => {
    expect([...list].reverse().sort(latestFirst)).toEqual(list);
  });

  it('shows what has been written since it was loaded', () => {
    const written = new Map<string, Written<Watch>>([
      ['c', { movieId: 'm', watch: watch('c', '2025-01-01', true) }],
      ['b', { movieId: 'm', watch: null }],
      ['new', { movieId: 'm', watch: watch('new', '2026-01-01') }]
    ]);
    expect(updated(list, written)).toEqual([watch('a', '2025-03-01'), watch('c', '2025-01-01', true), watch('d', null)]);
    const ids = (movie: string) => ofMovie(movie, list, written).map(({ id }) => id);
    expect(ids('m')).toEqual(['new', 'a', 'c', 'd']);
    expect(ids('other')).toEqual(['a', 'c', 'd']);
  });
});

describe('tags', () => {
  it('are what stands between commas, each once', () => {
    expect(tagsIn(' 극장, IMAX,,imax ,한 번 더')).toEqual(['극장', 'IMAX', '한 번 더']);
    expect(tagsIn(' , ')).toEqual([]);
  });

  it('narrow a diary where the address has one that can be', () => {
    const read = (search: string) => tagIn(new URLSearchParams(search));
    expect([read('tag=IMAX'), read('tag=%20%EA%B7%B9%EC%9E%A5+'), read('')]).toEqual(['IMAX', '극장', null]);
    for (const tag of ['', ' ', ',', 'one,two', 'a\0b', 'a\nb', '긴'.repeat(41)])
      expect(tagIn(new URLSearchParams({ tag })), tag).toBe(null);
    expect([hasTag(['극장', 'Imax'], 'iMAX'), hasTag(['IMAX 3D'], 'IMAX'), hasTag([], 'IMAX')]).toEqual([true, false, false]);
  });

  it('are ten at most, and short, in characters as people see them', () => {
    const many = Array.from({ length: 11 }, (_, n) => String(n));
    expect([tagsFit(many.slice(1)), tagsFit(many)]).toEqual([true, false]);
    expect([tagsFit(['😀'.repeat(40)]), tagsFit(['긴'.repeat(41)])]).toEqual([true, false]);
  });
});
