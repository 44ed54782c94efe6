// What a member did on one day, told at once: five ratings are one piece of news, a comment is one by itself.
import type { ActData } from './documents';

export interface News<Act> {
  /** The same as long as it begins with the same act. */
  id: string;
  kind: ActData['kind'];
  /** The newest first. */
  acts: [Act, ...Act[]];
}

type Groupable = Pick<ActData, 'id' | 'kind' | 'actedAt'> & { member: { handle: string } | null };

/** The reader's day: what happened before midnight where they are is yesterday's. */
const dayOf = (at: string) => new Date(at).toDateString();

/** In the order of each one's newest act. Acts of the next page join the news of their day. */
export function newsOf<Act extends Groupable>(acts: readonly Act[]): News<Act>[] {
  const news = new Map<string, News<Act>>();
  for (const act of acts) {
    // Who has no name at the moment is not taken for everybody else without one.
    const together = act.kind !== 'COMMENTED' && act.member;
    const key = together ? `${act.kind} ${together.handle} ${dayOf(act.actedAt)}` : act.id;
    const found = news.get(key);
    if (found) found.acts.push(act);
    else news.set(key, { id: act.id, kind: act.kind, acts: [act] });
  }
  return [...news.values()];
}
