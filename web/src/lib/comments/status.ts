// The moderation status of a comment, as its author sees it.
import type { CommentData } from '$lib/api/fragments';

export type Status = 'CHECKING' | 'PUBLIC' | 'SPAM' | 'LANGUAGE' | 'VEILED';

/** `state` is null when the server has not sent it. */
export function statusOf(comment: Pick<CommentData, 'state' | 'hiddenFor' | 'spoiler' | 'veiled'>): Status | null {
  if (comment.state === 'HIDDEN') return comment.hiddenFor ?? 'SPAM';
  // Explains a spoiler veil that the filters added without the author's mark.
  if (comment.state === 'PUBLIC') return comment.veiled && !comment.spoiler ? 'VEILED' : 'PUBLIC';
  return comment.state;
}
