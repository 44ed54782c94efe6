// Following: shown at once, put right by the answer, taken back with a message when it fails.
import { FollowMutation, UnfollowMutation } from './documents';
import { clearLoaded } from '$lib/api/load.svelte';
import { Problem } from '$lib/api/problem';
import { request } from '$lib/api/request';
import { toasts } from '$lib/components/toasts.svelte';
import { session } from '$lib/session/session.svelte';
import { text } from '$lib/text/text.svelte';

// A second tap while the first is under way would be answered in either order.
const saving = new Set<string>();

/**
 * Follows, or stops following; `onchange` hears what is shown at once and what the answer says, `onsaved` that it is so.
 */
export function toggleFollow(
  handle: string,
  followed: boolean,
  onchange: (followed: boolean) => void,
  onsaved: () => void = () => {}
) {
  session.whenSignedIn(async () => {
    if (saving.has(handle)) return;
    saving.add(handle);
    onchange(!followed);
    try {
      const answer = followed
        ? (await request(UnfollowMutation, { handle })).unfollow
        : (await request(FollowMutation, { handle })).follow;
      // What followers alone may see is another thing now.
      clearLoaded();
      onchange(answer.followedByMe);
      onsaved();
    } catch (cause) {
      onchange(followed);
      const { network, tooMany } = text.messages.error;
      const code = cause instanceof Problem ? cause.code : 'INTERNAL';
      const reason = code === 'NETWORK' ? ` · ${network}` : code === 'TOO_MANY' ? ` · ${tooMany}` : '';
      toasts.show(text.messages.members.followFailed + reason, { tone: 'error' });
    } finally {
      saving.delete(handle);
    }
  });
}
