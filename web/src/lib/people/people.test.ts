import { expect, test } from 'vitest';
import type { FilmographyData } from './documents';
import { lists } from './filmography';
import { otherName } from './names';

const page = (count: number) => ({ items: Array(count).fill({}), nextCursor: null }) as unknown as FilmographyData;

test('the other name is the one that is not shown, unless it is the same or not known', () => {
  const bong = { nameKo: '봉준호', nameEn: 'Bong Joon-ho' };
  expect(otherName(bong, '봉준호')).toBe('Bong Joon-ho');
  expect(otherName(bong, 'Bong Joon-ho')).toBe('봉준호');
  expect(otherName({ nameKo: '', nameEn: 'Bae Doona' }, 'Bae Doona')).toBeNull();
  expect(otherName({ nameKo: 'IU', nameEn: 'IU' }, 'IU')).toBeNull();
});

test('lists come in the order of the roles, and only those', () => {
  const [directed, acted] = [page(1), page(5)];
  const roles = (of: Parameters<typeof lists>[0]) => lists(of).map(({ role }) => role);
  expect(lists({ roles: ['ACTOR', 'DIRECTOR'], directed, acted })).toEqual([
    { role: 'ACTOR', first: acted },
    { role: 'DIRECTOR', first: directed }
  ]);
  expect(roles({ roles: ['ACTOR'], directed: page(0), acted })).toEqual(['ACTOR']);
  expect(roles({ roles: [], directed: page(0), acted: page(0) })).toEqual([]);
});

test('where the roles are not known, an empty list is left out and one that is missing stays to say so', () => {
  const roles = (of: Parameters<typeof lists>[0]) => lists(of).map(({ role }) => role);
  expect(roles({ roles: null, directed: page(0), acted: page(2) })).toEqual(['ACTOR']);
  expect(roles({ roles: null, directed: null, acted: page(2) })).toEqual(['DIRECTOR', 'ACTOR']);
});
