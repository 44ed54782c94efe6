// Who is signed in, as the screens see it.
import { browser } from '$app/environment';
import { MeQuery } from './documents';
import { request, waitFor } from '$lib/api/request';
import { clearLoaded } from '$lib/api/load.svelte';
import { ownComments } from '$lib/comments/ownComments.svelte';
import { viewerStates } from '$lib/movies/viewerStates.svelte';
import { text } from '$lib/text/text.svelte';
import { written } from '$lib/watches/written.svelte';
import { onTabMessage, notifyTabs } from './tabs';
import { end, forget, post, refresh, wasSignedIn, type SignedIn } from './tokens';

export interface Member {
  id: string;
  handle: string;
  displayName: string;
}

class Session {
  member = $state<Member | null>(null);
  /** Null until the server has said it. */
  rated = $state<number | null>(null);
  unlockAt = $state(10);
  /** How often predictions were unlocked while this page was open: what was loaded before is then out of date. */
  unlocks = $state(0);
  /** False until the first silent refresh has answered. */
  settled = $state(false);
  /** What to do once somebody has signed in: the action that was tapped. */
  pending = $state<(() => void) | null>(null);

  readonly ratedCount = $derived(this.rated ?? 0);
  readonly left = $derived(Math.max(0, this.unlockAt - this.ratedCount));
  readonly unlocked = $derived(this.rated !== null && this.left === 0);

  constructor() {
    if (!browser) return;
    waitFor(this.#start(), () => this.#leave());
    // Opened without a network, the page does not know yet who is reading.
    window.addEventListener('online', () => {
      if (!this.member && wasSignedIn()) waitFor(this.#resume(), () => this.#leave());
    });
    onTabMessage((message) => {
      if (message.type === 'signed-out') this.#leave();
      if (message.type === 'signed-in' && !this.member) void this.#resume();
      if (message.type === 'rated') this.updateCount(message.ratedCount);
    });
  }

  async signIn(login: string, password: string) {
    this.#arrive(await post('/api/v1/sessions', { login, password }));
    notifyTabs({ type: 'signed-in' });
  }

  async signUp(account: { handle: string; email: string; password: string; display_name: string }) {
    this.#arrive(await post('/api/v1/members', { ...account, language: text.language }));
    notifyTabs({ type: 'signed-in' });
  }

  async signOut() {
    this.#leave();
    notifyTabs({ type: 'signed-out' });
    await end();
  }

  /** Does it now, or opens sign-in and does it afterwards. */
  whenSignedIn(action: () => void) {
    if (this.member) action();
    else this.pending = action;
  }

  /** The server's count as of some answer. A rating may have been faster than that. */
  initCount({ ratedCount, unlockAt }: { ratedCount: number; unlockAt: number }) {
    this.unlockAt = unlockAt;
    this.rated ??= ratedCount;
  }

  /** The server's count after a rating. */
  updateCount(count: number) {
    if (this.rated !== null && this.rated < this.unlockAt && count >= this.unlockAt) this.unlocks += 1;
    this.rated = count;
  }

  /** The member chose another name. */
  renamed(displayName: string) {
    if (this.member) this.member = { ...this.member, displayName };
  }

  async #start() {
    try {
      if (wasSignedIn()) await this.#resume();
    } finally {
      this.settled = true;
      // The session ended elsewhere: the next reader wants titles in the language of the page.
      if (!wasSignedIn()) text.callMovies('PAGE');
    }
  }

  async #resume() {
    const signedIn = await refresh();
    if (signedIn) this.#arrive(signedIn);
  }

  #arrive({ member }: SignedIn) {
    clearLoaded();
    viewerStates.clear();
    ownComments.clear();
    written.clear();
    text.suggest(member.language);
    if (this.member?.id !== member.id) this.rated = null;
    this.member = { id: member.id, handle: member.handle, displayName: member.display_name };
    this.settled = true;
    // What it says is a nicety here: without it the pages still work, so nobody waits for it.
    void this.#learn();
    const action = this.pending;
    this.pending = null;
    action?.();
  }

  async #learn() {
    try {
      const { me } = await request(MeQuery, {});
      if (!me) return;
      this.initCount(me);
      text.callMovies(me.settings.titleLanguage);
    } catch {
      // The next rating brings the count; titles stay as this device remembers them.
    }
  }

  #leave() {
    forget();
    this.member = null;
    this.rated = null;
    this.pending = null;
    text.callMovies('PAGE');
    clearLoaded();
    viewerStates.clear();
    ownComments.clear();
    written.clear();
  }
}

export const session = new Session();
