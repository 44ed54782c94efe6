// Creating, changing and liking lists. A visitor signs in first; a failure shows a message.
import {
  AddListMovieMutation,
  CreateListMutation,
  DeleteListMutation,
  LikeListMutation,
  OrderListMoviesMutation,
  RemoveListMovieMutation,
  UnlikeListMutation,
  UpdateListMutation
} from './documents';
import { clearLoaded } from '$lib/api/load.svelte';
import { Problem } from '$lib/api/problem';
import { request } from '$lib/api/request';
import { toasts } from '$lib/components/toasts.svelte';
import { session } from '$lib/session/session.svelte';
import { text } from '$lib/text/text.svelte';

export const MAX_TITLE_LENGTH = 100;
export const MAX_TEXT_LENGTH = 2_000;

/** The editable fields of a list. */
export interface ListDraft {
  title: string;
  text: string;
  public: boolean;
}

export const codeOf = (cause: unknown) => (cause instanceof Problem ? cause.code : 'INTERNAL');

/** Shows a message with the reason of a failure. */
export function tellFailure(cause: unknown, failed: string) {
  const { held, full } = text.messages.lists;
  const { network, tooMany } = text.messages.error;
  const reasons: Partial<Record<string, string>> = { NETWORK: network, TOO_MANY: tooMany, INVALID: held, CONFLICT: full };
  const reason = reasons[codeOf(cause)];
  toasts.show(reason ? `${failed} · ${reason}` : failed, { tone: 'error' });
}

/** Runs `work` and empties the cache of pages, which may show the list. On failure it shows a message and returns null. */
async function attempt<T>(work: () => Promise<T>, failed = text.messages.lists.failed): Promise<T | null> {
  try {
    const done = await work();
    clearLoaded();
    return done;
  } catch (cause) {
    tellFailure(cause, failed);
    return null;
  }
}

/** Idempotent: the same id sent twice makes one list. */
export function createList(id: string, draft: ListDraft, movieIds: string[], ondone: (made: boolean) => void) {
  session.whenSignedIn(async () => {
    ondone((await attempt(() => request(CreateListMutation, { listId: id, ...draft, movieIds }))) !== null);
  });
}

export async function saveList(id: string, draft: ListDraft): Promise<ListDraft | null> {
  const saved = await attempt(() => request(UpdateListMutation, { listId: id, ...draft }));
  if (saved) toasts.show(text.messages.lists.saved);
  return saved?.updateList ?? null;
}

export async function removeList(id: string, title: string): Promise<boolean> {
  const removed = await attempt(() => request(DeleteListMutation, { listId: id }));
  if (removed) toasts.show(text.messages.lists.removed(title));
  return removed !== null;
}

/** Adds a movie to a list or removes it, with a message; for pages other than the list's own. */
export async function keepInList(list: { id: string; title: string }, movieId: string, inside: boolean): Promise<boolean> {
  const done = await attempt<unknown>(() => (inside ? addMovie(list.id, movieId) : removeMovie(list.id, movieId)));
  const { added, taken } = text.messages.lists;
  if (done !== null) toasts.show((inside ? added : taken)(list.title));
  return done !== null;
}

// These three return the list's new version and throw on failure.

export async function addMovie(listId: string, movieId: string): Promise<number> {
  return (await request(AddListMovieMutation, { listId, movieId })).addListMovie.version;
}

export async function removeMovie(listId: string, movieId: string): Promise<number> {
  return (await request(RemoveListMovieMutation, { listId, movieId })).removeListMovie.version;
}

export async function sendOrder(listId: string, movieIds: readonly string[], version: number): Promise<number> {
  return (await request(OrderListMoviesMutation, { listId, movieIds: [...movieIds], version })).orderListMovies.version;
}

export interface Liked {
  likes: number;
  likedByMe: boolean;
}

/** Optimistic update: `onchange` is called with the expected state at once, and with the server's when it has answered. */
export function toggleLike(listId: string, now: Liked, onchange: (liked: Liked) => void) {
  session.whenSignedIn(async () => {
    const { likes, likedByMe } = now;
    onchange({ likes: likes + (likedByMe ? -1 : 1), likedByMe: !likedByMe });
    const answer = await attempt(
      async () =>
        likedByMe
          ? (await request(UnlikeListMutation, { listId })).unlikeList
          : (await request(LikeListMutation, { listId })).likeList,
      text.messages.lists.likeFailed
    );
    onchange(answer ?? now);
  });
}
