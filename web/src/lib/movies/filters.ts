// The filters of a search as they stand in the address; what makes no sense there is ignored.

export const SORTS = ['RELEVANCE', 'POPULARITY', 'AVERAGE', 'PREDICTED', 'NEWEST', 'TITLE'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filters {
  q: string;
  genre: string | null;
  country: string | null;
  decade: number | null;
  /** What the member has rated, or has not yet; null: either. */
  rated: boolean | null;
  sort: Sort;
}

/** Who looks; null where nobody has said it yet. */
export interface Viewer {
  signedIn: boolean | null;
  unlocked: boolean | null;
}

/** Searching goes by relevance, browsing by popularity, unless somebody says otherwise. */
const defaultSort = (q: string): Sort => (q ? 'RELEVANCE' : 'POPULARITY');

/** Relevance is to words; by predicted stars comes what is not rated, and no words are searched for in that order. */
function goesWith(sort: Sort, { q, rated }: Pick<Filters, 'q' | 'rated'>): boolean {
  if (sort === 'RELEVANCE') return q !== '';
  return sort !== 'PREDICTED' || (q === '' && rated !== true);
}

/** The orders to choose from. */
export const sortsFor = (filters: Filters, { signedIn, unlocked }: Viewer): Sort[] =>
  SORTS.filter((sort) => goesWith(sort, filters) && (sort !== 'PREDICTED' || Boolean(signedIn && unlocked)));

/** Without what is the member's own, for who is not one, and without predictions before there are any. */
export function filtersFor(filters: Filters, { signedIn, unlocked }: Viewer): Filters {
  const rated = signedIn === false ? null : filters.rated;
  const predicts = signedIn !== false && unlocked !== false;
  const sort = filters.sort === 'PREDICTED' && !predicts ? defaultSort(filters.q) : filters.sort;
  return { ...filters, rated, sort };
}

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
