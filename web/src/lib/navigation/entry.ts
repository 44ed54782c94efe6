// The history entry of the open page. SvelteKit numbers the entries and restores a snapshot only after it has scrolled, when a list
// must be there already; so the number is read from the state that SvelteKit keeps.
import { browser } from '$app/environment';
import { KeptPages, slotOf } from './keptPages';

const INDEX = 'sveltekit:history';
const SIZES = 'matcha.list-sizes';

export const currentEntry = () => Number((history.state as Record<string, unknown> | null)?.[INDEX] ?? 0);

export const keptPages = new KeptPages();

/** The slot of a list on the open page. */
export const slotHere = (list: string) => slotOf(currentEntry(), location.pathname + location.search, list);

export function readJson<T>(key: string, otherwise: T): T {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? 'null') as T | null) ?? otherwise;
  } catch {
    // Storage may be forbidden.
    return otherwise;
  }
}

export function writeJson(key: string, value: unknown) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Storage may be forbidden or full; then a reload begins at the top.
  }
}

if (browser) {
  keptPages.restoreSizes(readJson<[string, number][]>(SIZES, []));
  window.addEventListener('pagehide', () => writeJson(SIZES, keptPages.sizes()));
}
