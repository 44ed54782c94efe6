// Logging, changing and deleting watches. A success can be undone for five seconds; a failure shows a message.
import type { WatchData } from '$lib/api/fragments';
import { DeleteWatchMutation, PutWatchMutation } from './documents';
import { Problem } from '$lib/api/problem';
import { request } from '$lib/api/request';
import { toasts } from '$lib/components/toasts.svelte';
import { text } from '$lib/text/text.svelte';
import { written } from './written.svelte';

export interface Titled {
  id: string;
  title: { ko: string; en: string; original: string };
}
export type Said = Pick<WatchData, 'watchedOn' | 'rewatch' | 'tags'>;

async function put(movie: Titled, watchId: string, { watchedOn, rewatch, tags }: Said) {
  const watch = { movieId: movie.id, watchedOn, rewatch, tags };
  written.wrote(movie.id, watchId, (await request(PutWatchMutation, { watchId, watch })).putWatch);
}

async function remove(movie: Titled, watchId: string) {
  await request(DeleteWatchMutation, { watchId });
  written.wrote(movie.id, watchId, null);
}

/** The message of the form for a watch that was not saved. */
function reason(cause: unknown): string {
  const { watches, error } = text.messages;
  if (!(cause instanceof Problem)) return watches.failed;
  const field = cause.fields[0]?.field;
  if (cause.code === 'CONFLICT') return field === 'watched_on' ? watches.sameDay : watches.full;
  if (cause.code === 'INVALID' && field === 'watched_on') return watches.wrongDay;
  if (cause.code === 'INVALID' && field === 'tags') return watches.wrongTags;
  if (cause.code === 'NETWORK') return error.network;
  return cause.code === 'TOO_MANY' ? error.tooMany : watches.failed;
}

async function undo(work: () => Promise<void>) {
  try {
    await work();
  } catch (cause) {
    toasts.show(reason(cause), { tone: 'error' });
  }
}

/** Logs a watch, or changes the watch `before`. Returns null on success, else the message for the form. */
export async function saveWatch(movie: Titled, watchId: string, said: Said, before: WatchData | null): Promise<string | null> {
  try {
    await put(movie, watchId, said);
  } catch (cause) {
    return reason(cause);
  }
  const { logged, changed } = text.messages.watches;
  // The API cannot remove the day of a watch, so adding a day cannot be undone.
  const canGoBack = !before || before.watchedOn !== null || said.watchedOn === null;
  const back = () => (before ? put(movie, watchId, before) : remove(movie, watchId));
  toasts.show((before ? changed : logged)(text.title(movie)), { undo: canGoBack ? () => void undo(back) : null });
  return null;
}

/** Deletes a watch: an optimistic update, reverted with a message on failure. */
export async function removeWatch(movie: Titled, watch: WatchData) {
  written.wrote(movie.id, watch.id, null);
  try {
    await remove(movie, watch.id);
  } catch {
    written.wrote(movie.id, watch.id, watch);
    toasts.show(text.messages.watches.removeFailed, { tone: 'error' });
    return;
  }
  // Only an import can create a watch without a day, so its deletion cannot be undone.
  const back = watch.watchedOn === null ? null : () => void undo(() => put(movie, watch.id, watch));
  toasts.show(text.messages.watches.removed(text.title(movie)), { undo: back });
}
