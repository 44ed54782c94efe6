// The names of genres in both languages. The gateway reads the same file, for the pages that it describes in HTML.
import names from './genres.json';
import type { Language } from './numbers';

export const genreNames = (language: Language): Record<string, string> =>
  Object.fromEntries(Object.entries(names).map(([genre, name]) => [genre, name[language]]));
