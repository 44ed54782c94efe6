import { expect, test } from 'vitest';
import type { FilmographyData } from './documents';
import { lists } from './filmography';
import { otherName } from './names';

const page = (count: number) => ({ items: Array(count).fill({}), nextCursor: null }) as unknown as FilmographyData;

test('otherName returns the name that is not shown, unless it is the same or missing', () => {
  const bong = { nameKo: '봉준호', nameEn: 'Bong Joon-ho' };
  expect(otherName(bong, '봉준호')).toBe('Bong Joon-ho');
  expect(otherName(bong, 'Bong Joon-ho')).toBe('봉준호');
  expect(otherName({ nameKo: '', nameEn: 'Bae Doona' }, 'Bae Doona')).toBeNull();
  expect(otherName({ nameKo: 'IU', nameEn: 'IU' }, 'IU')).toBeNull();
});

test('sections are in the order of the roles', () => {
  const [directed, acted] = [page(1), page(5)];
  const roles = (of: Parameters<typeof lists>[0]) => lists(of).map(({ role }) => role);
  expect(lists({ roles: ['ACTOR', 'DIRECTOR'], directed, acted })).toEqual([
    { role: 'ACTOR', first: acted },
    { role: 'DIRECTOR', first: directed }
  ]);
  expect(roles({ roles: ['ACTOR'], directed: page(0), acted })).toEqual(['ACTOR']);
  expect(roles({ roles: [], directed: page(0), acted: page(0) })).toEqual([]);
});

test('with unknown roles an empty section is left out and an unavailable one stays', () => {
  const roles = (of: Parameters<typeof lists>[0]) => lists(of).map(({ role }) => role);
  expect(roles({ roles: null, directed: page(0), acted: page(2) })).toEqual(['ACTOR']);
  expect(roles({ roles: null, directed: null, acted: page(2) })).toEqual(['DIRECTOR', 'ACTOR']);
});
