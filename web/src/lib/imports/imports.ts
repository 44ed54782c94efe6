// Types and calls of the import API (REST).
import { put, rest } from '$lib/api/rest';

export const CLASSES = ['new', 'changed', 'same', 'unmatched', 'skipped'] as const;
export type Class = (typeof CLASSES)[number];
export const POLICIES = ['keep_mine', 'take_file', 'newest'] as const;
export type Policy = (typeof POLICIES)[number];
export type State = 'loading' | 'ready' | 'applying' | 'applied' | 'undoing' | 'undone';
export type Outcome = 'applied' | 'kept' | 'undone' | 'left';
type Kind = 'rating' | 'shelf' | 'comment' | 'watch' | 'list' | 'list_movie';
type ShelfState = 'wish' | 'watching' | 'not_interested';

export interface Count {
  kind: Kind | null;
  class: Class | null;
  reason: string | null;
  outcome: Outcome | null;
  rows: number;
}
export interface Import {
  id: string;
  source: string;
  file_name: string;
  state: State;
  policy: Policy | null;
  rows: number;
  done: number;
  to_do: number;
  counts: Count[];
  /** Files and folders of an archive that are not read; empty except in the answer to an upload. */
  skipped: string[];
  created_at: string;
  expires_at: string;
}
export interface Row {
  position: number;
  file: string;
  line: number;
  title: string;
  year: number | null;
  kind: Kind | null;
  stars: number | null;
  shelf: ShelfState | null;
  text: string | null;
  movie: {
    id: string;
    title_ko: string | null;
    title_en: string | null;
    title_original: string | null;
    year: number | null;
  } | null;
  class: Class | null;
  reason: string | null;
  outcome: Outcome | null;
  my_stars: number | null;
  my_shelf: ShelfState | null;
  /** For a watch: its day; null if the file has no day. */
  watched_on: string | null;
  rewatch: boolean;
  tags: string[];
  /** For a list: whether it is public. */
  public: boolean;
  /** For a movie of a list: the list's title in the file. */
  list: string | null;
}

const ROOT = '/api/v1/me/imports';

export const LARGEST = 20 * 1024 * 1024;

export const upload = (file: File) =>
  rest<Import>(`${ROOT}?name=${encodeURIComponent(file.name)}`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: file
  });
export const list = () => rest<{ items: Import[] }>(ROOT);
export const find = (id: string) => rest<Import>(`${ROOT}/${id}`);
export const rows = (id: string, of: Class, cursor: string | null, signal: AbortSignal) =>
  rest<{ items: Row[]; next_cursor: string | null }>(
    `${ROOT}/${id}/rows?class=${of}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    { signal }
  );
export const fix = (id: string, position: number, movie: string | null) =>
  put<Row>(`${ROOT}/${id}/rows/${position}`, { movie_id: movie });
export const apply = (id: string, policy: Policy) => put<Import>(`${ROOT}/${id}/apply`, { policy });
export const undo = (id: string) => put<Import>(`${ROOT}/${id}/undo`);
export const reportOf = (id: string) => `${ROOT}/${id}/report`;

export const isMoving = ({ state }: Import) => state === 'applying' || state === 'undoing';

const sum = (counts: readonly Count[]) => counts.reduce((sum, { rows }) => sum + rows, 0);
/** The number of rows of a class. */
export const ofClass = ({ counts }: Import, of: Class) => sum(counts.filter((count) => count.class === of));
/** The number of rows with this outcome. */
export const ofOutcome = ({ counts }: Import, of: Outcome) => sum(counts.filter((count) => count.outcome === of));
/** Progress from 0 to 1; 1 for an import without rows. */
export const progress = ({ done, to_do }: Import) => (to_do > 0 ? Math.min(1, done / to_do) : 1);
