// A diary's order, and how a list that was loaded looks after what has been written since.

export interface Dated {
  id: string;
  watchedOn: string | null;
}
/** A watch as it was written last; null: deleted. */
export interface Written<W> {
  movieId: string;
  watch: W | null;
}

const key = ({ id, watchedOn }: Dated) => `${watchedOn ?? ''} ${id}`;

/** The latest day first, those without a day last; as the server has it. */
export const latestFirst = (a: Dated, b: Dated) => (key(a) < key(b) ? 1 : key(a) > key(b) ? -1 : 0);

/** What was loaded, with what has been changed and without what has been deleted since. */
export function updated<W extends Dated, L extends W>(loaded: readonly L[], written: ReadonlyMap<string, Written<W>>): L[] {
  const now = loaded.flatMap((watch) => {
    const last = written.get(watch.id);
    if (!last) return [watch];
    return last.watch ? [{ ...watch, ...last.watch }] : [];
  });
  return now.sort(latestFirst);
}

/** The watches of one movie: those too that have been logged since. */
export function ofMovie<W extends Dated>(movieId: string, loaded: readonly W[], written: ReadonlyMap<string, Written<W>>): W[] {
  const known = new Set(loaded.map(({ id }) => id));
  const logged = [...written].flatMap(([id, last]) =>
    last.movieId === movieId && last.watch && !known.has(id) ? [last.watch] : []
  );
  return [...updated(loaded, written), ...logged].sort(latestFirst);
}
