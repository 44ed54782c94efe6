// Following and unfollowing, with an optimistic update that is reverted with a message on failure.
import { FollowMutation, UnfollowMutation } from './documents';
import { clearLoaded } from '$lib/api/load.svelte';
import { Problem } from '$lib/api/problem';
import { request } from '$lib/api/request';
import { toasts } from '$lib/components/toasts.svelte';
import { session } from '$lib/session/session.svelte';
import { text } from '$lib/text/text.svelte';

// Handles with a request under way. A second tap is ignored: the two answers could arrive in either order.
const saving = new Set<string>();

/**
 * Follows or unfollows. `onchange` is called with the expected state and again with the server's, `onsaved` after success.
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
      // Cached pages may hold, or lack, content for followers only.
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
