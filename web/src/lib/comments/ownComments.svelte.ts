// This member's own comments by movie: one truth for every page, also for one that was loaded before the comment was written.
import { SvelteMap } from 'svelte/reactivity';
import type { CommentData } from '$lib/api/fragments';
import { MyCommentQuery } from './documents';
import { request } from '$lib/api/request';

// The filters take some milliseconds; the last looks are for when one of them is away.
const LOOKS_MS = [300, 500, 800, 1200, 2000, 4000, 8000];

class OwnComments {
  /** The movie whose comment somebody has just asked to write; whoever has the editor takes it from here. */
  asked = $state<string | null>(null);
  #known = new SvelteMap<string, CommentData | null>();
  #followed = new Set<string>();
  #writes = new Map<string, number>();

  of(movieId: string): CommentData | null {
    return this.#known.get(movieId) ?? null;
  }

  /** How often the comment on a movie was written: what was read before the last time is out of date. */
  writes(movieId: string): number {
    return this.#writes.get(movieId) ?? 0;
  }

  wrote(movieId: string, comment: CommentData | null) {
    this.#writes.set(movieId, this.writes(movieId) + 1);
    this.learn(movieId, comment);
  }

  learn(movieId: string, comment: CommentData | null) {
    this.#known.set(movieId, comment);
    if (comment?.state === 'CHECKING') void this.#follow(movieId);
  }

  clear() {
    this.#known.clear();
    this.#followed.clear();
  }

  /** Looks again until the filters are done with the comment. */
  async #follow(movieId: string) {
    if (this.#followed.has(movieId)) return;
    this.#followed.add(movieId);
    for (const pause of LOOKS_MS) {
      await new Promise((done) => setTimeout(done, pause));
      const before = this.#known.get(movieId);
      // Deleted meanwhile, or somebody else is signed in.
      if (!this.#followed.has(movieId) || before?.state !== 'CHECKING') break;
      try {
        const found = (await request(MyCommentQuery, { id: movieId })).movie?.myComment ?? null;
        // An answer that set out before the last edit says nothing about it.
        if (found && this.#known.get(movieId) === before) this.#known.set(movieId, found);
      } catch {
        // The next look may do better.
      }
    }
    this.#followed.delete(movieId);
  }
}

export const ownComments = new OwnComments();
