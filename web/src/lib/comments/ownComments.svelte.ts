// The caller's comments by movie. All pages read them here, so that a page loaded earlier shows a comment written since.
import { SvelteMap } from 'svelte/reactivity';
import type { CommentData } from '$lib/api/fragments';
import { MyCommentQuery } from './documents';
import { request } from '$lib/api/request';

// The moderation filters usually take milliseconds; the long intervals cover a filter that is down.
const POLL_DELAYS_MS = [300, 500, 800, 1200, 2000, 4000, 8000];

class OwnComments {
  /** The movie whose comment editor was requested; the component with the editor opens it and clears this. */
  asked = $state<string | null>(null);
  #known = new SvelteMap<string, CommentData | null>();
  #polled = new Set<string>();
  #writes = new Map<string, number>();

  of(movieId: string): CommentData | null {
    return this.#known.get(movieId) ?? null;
  }

  /** Counts the writes to the comment on a movie. An answer requested before the last write is out of date. */
  writes(movieId: string): number {
    return this.#writes.get(movieId) ?? 0;
  }

  wrote(movieId: string, comment: CommentData | null) {
    this.#writes.set(movieId, this.writes(movieId) + 1);
    this.learn(movieId, comment);
  }

  learn(movieId: string, comment: CommentData | null) {
    this.#known.set(movieId, comment);
    if (comment?.state === 'CHECKING') void this.#poll(movieId);
  }

  clear() {
    this.#known.clear();
    this.#polled.clear();
  }

  /** Polls until the moderation filters have decided on the comment. */
  async #poll(movieId: string) {
    if (this.#polled.has(movieId)) return;
    this.#polled.add(movieId);
    for (const pause of POLL_DELAYS_MS) {
      await new Promise((done) => setTimeout(done, pause));
      const before = this.#known.get(movieId);
      // The comment was deleted, or another member has signed in.
      if (!this.#polled.has(movieId) || before?.state !== 'CHECKING') break;
      try {
        const found = (await request(MyCommentQuery, { id: movieId })).movie?.myComment ?? null;
        // An answer to a request sent before the last edit is ignored.
        if (found && this.#known.get(movieId) === before) this.#known.set(movieId, found);
      } catch {
        // The next poll tries again.
      }
    }
    this.#polled.delete(movieId);
  }
}

export const ownComments = new OwnComments();
