// Writing, liking and replying. A visitor signs in first; a failure shows a message.
import type { CommentData } from '$lib/api/fragments';
import {
  DeleteCommentMutation,
  DeleteReplyMutation,
  LikeCommentMutation,
  PutCommentMutation,
  ReplyMutation,
  UnlikeCommentMutation,
  type ReplyData
} from './documents';
import { clearLoaded } from '$lib/api/load.svelte';
import { Problem } from '$lib/api/problem';
import { request } from '$lib/api/request';
import { toasts } from '$lib/components/toasts.svelte';
import { session } from '$lib/session/session.svelte';
import { text } from '$lib/text/text.svelte';
import { ownComments } from './ownComments.svelte';

/** Runs `work` and empties the cache of pages, which may show the comment. On failure it shows a message and returns null. */
async function attempt<T>(work: () => Promise<T>, failed: string, invalid = ''): Promise<T | null> {
  try {
    const done = await work();
    clearLoaded();
    return done;
  } catch (cause) {
    const code = cause instanceof Problem ? cause.code : 'INTERNAL';
    const { network, tooMany } = text.messages.error;
    const reason = code === 'NETWORK' ? network : code === 'TOO_MANY' ? tooMany : code === 'INVALID' ? invalid : '';
    toasts.show(reason ? `${failed} · ${reason}` : failed, { tone: 'error' });
    return null;
  }
}

/** Creates or changes the comment on a movie; `ondone` is called with whether it was saved. */
export function saveComment(movieId: string, words: string, spoiler: boolean, ondone: (saved: boolean) => void) {
  session.whenSignedIn(async () => {
    const saved = await attempt(
      () => request(PutCommentMutation, { movieId, text: words, spoiler }),
      text.messages.comments.failed
    );
    if (saved) ownComments.wrote(movieId, saved.putComment);
    ondone(saved !== null);
  });
}

export function removeComment(movieId: string, onremoved: () => void) {
  session.whenSignedIn(async () => {
    const { removed, removeFailed } = text.messages.comments;
    if (!(await attempt(() => request(DeleteCommentMutation, { movieId }), removeFailed))) return;
    ownComments.wrote(movieId, null);
    onremoved();
    toasts.show(removed);
  });
}

export type Liked = Pick<CommentData, 'likes' | 'likedByMe'>;

/** Optimistic update: `onchange` is called with the expected state at once, and with the server's when it has answered. */
export function toggleLike(comment: CommentData, now: Liked, onchange: (liked: Liked) => void) {
  session.whenSignedIn(async () => {
    const { likes, likedByMe } = now;
    onchange({ likes: likes + (likedByMe ? -1 : 1), likedByMe: !likedByMe });
    const answer = await attempt(
      async () =>
        likedByMe
          ? (await request(UnlikeCommentMutation, { commentId: comment.id })).unlikeComment
          : (await request(LikeCommentMutation, { commentId: comment.id })).likeComment,
      text.messages.comments.likeFailed
    );
    onchange(answer ?? now);
  });
}

/** Idempotent: the same `replyId` sent twice makes one reply. */
export function sendReply(commentId: string, replyId: string, words: string, ondone: (reply: ReplyData | null) => void) {
  session.whenSignedIn(async () => {
    const { replyFailed, replyHeld } = text.messages.comments;
    const sent = await attempt(() => request(ReplyMutation, { commentId, replyId, text: words }), replyFailed, replyHeld);
    ondone(sent?.reply ?? null);
  });
}

export function removeReply(replyId: string, ondone: () => void) {
  session.whenSignedIn(async () => {
    if (await attempt(() => request(DeleteReplyMutation, { replyId }), text.messages.comments.removeFailed)) ondone();
  });
}
