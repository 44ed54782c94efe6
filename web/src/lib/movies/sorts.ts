// Sorts in the address of a page, and the sorts of a member's ratings.
export const RATING_SORTS = ['NEWEST', 'STARS_HIGH', 'STARS_LOW'] as const;
export type RatingSort = (typeof RATING_SORTS)[number];

/** Reads the sort from an address; an unknown one means the newest first. */
export const ratingSortIn = (address: URLSearchParams): RatingSort =>
  RATING_SORTS.find((known) => known.toLowerCase() === address.get('sort')) ?? 'NEWEST';

/** The address with another sort; the first one is the default and is not written. */
export function withSort(url: URL, sort: string, byDefault: string): string {
  const address = new URLSearchParams(url.searchParams);
  if (sort === byDefault) address.delete('sort');
  else address.set('sort', sort.toLowerCase());
  return address.size ? `${url.pathname}?${address}` : url.pathname;
}
