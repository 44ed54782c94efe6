// What the author of a comment is told about it.
import type { CommentData } from '$lib/api/fragments';

export type Status = 'CHECKING' | 'PUBLIC' | 'SPAM' | 'LANGUAGE' | 'VEILED';

/** Null: nobody has said how far the comment has come. */
export function statusOf(comment: Pick<CommentData, 'state' | 'hiddenFor' | 'spoiler' | 'veiled'>): Status | null {
  if (comment.state === 'HIDDEN') return comment.hiddenFor ?? 'SPAM';
  // A veil that the author did not ask for needs a word.
  if (comment.state === 'PUBLIC') return comment.veiled && !comment.spoiler ? 'VEILED' : 'PUBLIC';
  return comment.state;
}
