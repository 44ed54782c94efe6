// The order of a diary, and merging writes into a list that was loaded before them.

export interface Dated {
  id: string;
  watchedOn: string | null;
}
/** The last write to a watch; `watch` is null after a deletion. */
export interface Written<W> {
  movieId: string;
  watch: W | null;
}

const key = ({ id, watchedOn }: Dated) => `${watchedOn ?? ''} ${id}`;

/** The server's order: the latest day first, watches without a day last. */
export const latestFirst = (a: Dated, b: Dated) => (key(a) < key(b) ? 1 : key(a) > key(b) ? -1 : 0);

/** Applies changes and deletions to the loaded watches. */
export function updated<W extends Dated, L extends W>(loaded: readonly L[], written: ReadonlyMap<string, Written<W>>): L[] {
  const now = loaded.flatMap((watch) => {
    const last = written.get(watch.id);
    if (!last) return [watch];
    return last.watch ? [{ ...watch, ...last.watch }] : [];
  });
  return now.sort(latestFirst);
}

/** The watches of one movie, including those logged since the list was loaded. */
export function ofMovie<W extends Dated>(movieId: string, loaded: readonly W[], written: ReadonlyMap<string, Written<W>>): W[] {
  const known = new Set(loaded.map(({ id }) => id));
  const logged = [...written].flatMap(([id, last]) =>
    last.movieId === movieId && last.watch && !known.has(id) ? [last.watch] : []
  );
  return [...updated(loaded, written), ...logged].sort(latestFirst);
}
