interface Liked {
  id: string;
  likes: number;
}

/** The lists of several movies as one list without repetitions, the most liked first. */
export function mergeLists<List extends Liked>(ofMovies: readonly (readonly List[])[]): List[] {
  const merged = new Map(ofMovies.flat().map((list) => [list.id, list]));
  return [...merged.values()].sort((a, b) => b.likes - a.likes);
}
