// Making, changing and liking lists. Whoever is signed out signs in first; what fails says so in a message.
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

export const LONGEST_TITLE = 100;
export const LONGEST_TEXT = 2_000;

/** What a list says of itself. */
export interface ListDraft {
  title: string;
  text: string;
  public: boolean;
}

export const codeOf = (cause: unknown) => (cause instanceof Problem ? cause.code : 'INTERNAL');

/** Says why something could not be done. */
export function tellFailure(cause: unknown, failed: string) {
  const { held, full } = text.messages.lists;
  const { network, tooMany } = text.messages.error;
  const reasons: Partial<Record<string, string>> = { NETWORK: network, TOO_MANY: tooMany, INVALID: held, CONFLICT: full };
  const reason = reasons[codeOf(cause)];
  toasts.show(reason ? `${failed} · ${reason}` : failed, { tone: 'error' });
}

/** Does it, or says why it could not be done; null: it could not. Pages that were kept may be old news then. */
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

/** Makes a list; the same id again is no second list. */
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

/** Puts a movie into a list or takes it out, from wherever the movie is shown. */
export async function keepInList(list: { id: string; title: string }, movieId: string, inside: boolean): Promise<boolean> {
  const done = await attempt<unknown>(() => (inside ? addMovie(list.id, movieId) : removeMovie(list.id, movieId)));
  const { added, taken } = text.messages.lists;
  if (done !== null) toasts.show((inside ? added : taken)(list.title));
  return done !== null;
}

// These three answer the version after them and leave failing to whoever asks.

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

/** Shown at once and put right by the answer; `onchange` hears both. */
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
