// The filters of a search, read from and written to the address. Invalid values are ignored.

export const SORTS = ['RELEVANCE', 'POPULARITY', 'AVERAGE', 'PREDICTED', 'NEWEST', 'TITLE'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  q: string;
  genre: string | null;
  country: string | null;
  decade: number | null;
  /** True: only rated movies; false: only movies not rated yet; null: all. */
  rated: boolean | null;
  sort: Sort;
}

/** The properties of the caller on which filters and sorts depend; null while they are loading. */
export interface Caller {
  signedIn: boolean | null;
  unlocked: boolean | null;
}

/** The sort of an address without one. */
const defaultSort = (q: string): Sort => (q ? 'RELEVANCE' : 'POPULARITY');

/** Relevance needs a query. Predictions exist only for unrated movies, and the API cannot sort a text search by them. */
function goesWith(sort: Sort, { q, rated }: Pick<Filters, 'q' | 'rated'>): boolean {
  if (sort === 'RELEVANCE') return q !== '';
  return sort !== 'PREDICTED' || (q === '' && rated !== true);
}

/** The sorts that the caller can choose with these filters. */
export const sortsFor = (filters: Filters, { signedIn, unlocked }: Caller): Sort[] =>
  SORTS.filter((sort) => goesWith(sort, filters) && (sort !== 'PREDICTED' || Boolean(signedIn && unlocked)));

/** Drops the filters that the caller cannot use: `rated` for visitors, and the sort by predictions before the unlock. */
export function filtersFor(filters: Filters, { signedIn, unlocked }: Caller): Filters {
  const rated = signedIn === false ? null : filters.rated;
  const predicts = signedIn !== false && unlocked !== false;
  const sort = filters.sort === 'PREDICTED' && !predicts ? defaultSort(filters.q) : filters.sort;
  return { ...filters, rated, sort };
}

/** The filters with every one unset; query and sort are not filters. */
export const NO_FILTERS = { genre: null, country: null, decade: null, rated: null };

export const isFiltered = ({ genre, country, decade, rated }: Filters): boolean =>
  Boolean(genre || country || decade) || rated !== null;

export function filtersIn(address: URLSearchParams): Filters {
  const q = (address.get('q') ?? '').trim().slice(0, 100);
  const decade = Number(address.get('decade'));
  const rated = { true: true, false: false }[address.get('rated') ?? ''] ?? null;
  const sort = SORTS.find((known) => known.toLowerCase() === address.get('sort'));
  return {
    q,
    genre: address.get('genre') || null,
    country: address.get('country') || null,
    decade: Number.isInteger(decade) && decade >= 1870 && decade % 10 === 0 ? decade : null,
    rated,
    sort: sort && goesWith(sort, { q, rated }) ? sort : defaultSort(q)
  };
}

export function filtersOut({ q, genre, country, decade, rated, sort }: Filters): string {
  const address = new URLSearchParams();
  if (q) address.set('q', q);
  if (genre) address.set('genre', genre);
  if (country) address.set('country', country);
  if (decade) address.set('decade', String(decade));
  if (rated !== null) address.set('rated', String(rated));
  if (sort !== defaultSort(q) && goesWith(sort, { q, rated })) address.set('sort', sort.toLowerCase());
  const written = address.toString();
  return written && `?${written}`;
}
