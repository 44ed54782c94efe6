// The filters of a search as they stand in the address; what makes no sense there is ignored.

export const SORTS = ['RELEVANCE', 'POPULARITY', 'AVERAGE', 'NEWEST', 'TITLE'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  q: string;
  genre: string | null;
  country: string | null;
  decade: number | null;
  sort: Sort;
}

/** Searching goes by relevance, browsing by popularity, unless somebody says otherwise. */
const usualSort = (q: string): Sort => (q ? 'RELEVANCE' : 'POPULARITY');

export function filtersIn(address: URLSearchParams): Filters {
  const q = (address.get('q') ?? '').trim().slice(0, 100);
  const decade = Number(address.get('decade'));
  const sort = SORTS.find((known) => known.toLowerCase() === address.get('sort'));
  return {
    q,
    genre: address.get('genre') || null,
    country: address.get('country') || null,
    decade: Number.isInteger(decade) && decade >= 1870 && decade % 10 === 0 ? decade : null,
    sort: sort && (q || sort !== 'RELEVANCE') ? sort : usualSort(q)
  };
}

export function filtersOut({ q, genre, country, decade, sort }: Filters): string {
  const address = new URLSearchParams();
  if (q) address.set('q', q);
  if (genre) address.set('genre', genre);
  if (country) address.set('country', country);
  if (decade) address.set('decade', String(decade));
  if (sort !== usualSort(q)) address.set('sort', sort.toLowerCase());
  const written = address.toString();
  return written && `?${written}`;
}
