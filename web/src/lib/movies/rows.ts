// The rows of the home page: where each leads, and how they change while somebody looks at them.

export interface Row {
  kind: string;
  personal: boolean;
  becauseOf: { id: string } | null;
}
export type Keyed<R> = R & { key: string };

/** Rows of one kind are told apart by their place among themselves. */
export function keyed<R extends { kind: string }>(rows: readonly R[]): Keyed<R>[] {
  const counts = new Map<string, number>();
  return rows.map((row) => {
    const place = counts.get(row.kind) ?? 0;
    counts.set(row.kind, place + 1);
    return { ...row, key: `${row.kind} ${place}` };
  });
}

/**
 * What is shown once newer rows have come. A row changes in its place, where cards have one size, so nothing on the page moves.
 * A row in use (a pointer or the focus is in it) keeps its movies until it is let go. Rows that are new come at the end, and those
 * that are no more stay, until nobody is looking: a row that appears in the middle would push away what is being read.
 */
export function renewed<R extends { key: string }>(
  shown: readonly R[],
  fresh: readonly R[],
  inUse: (key: string) => boolean,
  watched: boolean
): readonly R[] {
  if (!watched || shown.length === 0) return fresh;
  const news = new Map(fresh.map((row) => [row.key, row]));
  const known = new Set(shown.map(({ key }) => key));
  const changed = shown.map((row) => (inUse(row.key) ? row : (news.get(row.key) ?? row)));
  return [...changed, ...fresh.filter(({ key }) => !known.has(key))];
}

/** The page with the whole row, where there is one. What is rising, or stands out for one member, has none. */
export function addressOf({ kind, personal, becauseOf }: Row): string | null {
  if (kind === 'BEST_RATED') return '/search?sort=average';
  if (kind === 'FOR_YOU' && personal) return '/search?sort=predicted';
  // Browsing goes by popularity unless somebody says otherwise.
  if (kind === 'MOST_RATED' || kind === 'FOR_YOU') return '/search';
  if (kind === 'BECAUSE_YOU_LIKED' && becauseOf) return `/movies/${becauseOf.id}`;
  return null;
}
