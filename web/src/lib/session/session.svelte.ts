// The session: who is signed in, how many movies they rated, and signing in and out.
import { browser } from '$app/environment';
import { MeQuery } from './documents';
import { request, waitFor } from '$lib/api/request';
import { clearLoaded } from '$lib/api/load.svelte';
import { ownComments } from '$lib/comments/ownComments.svelte';
import { draftStorage } from '$lib/drafts/storage';
import { forgetPlaces } from '$lib/navigation/place';
import { viewerStates } from '$lib/movies/viewerStates.svelte';
import { text } from '$lib/text/text.svelte';
import { written } from '$lib/watches/written.svelte';
import { onTabMessage, notifyTabs } from './tabs';
import { currentToken, end, forget, post, refresh, rememberedMember, wasSignedIn, type SignedIn } from './tokens';

export interface Member {
  id: string;
  handle: string;
  displayName: string;
}

class Session {
  member = $state<Member | null>(null);
  /** The number of rated movies; null until the server has sent it. */
  rated = $state<number | null>(null);
  unlockAt = $state(10);
  /** Counts unlocks while this page is open; data loaded before one has no predictions and must be reloaded. */
  unlocks = $state(0);
  /** False until the first token refresh has ended. Until then, and offline, `member` is the one who was signed in before. */
  settled = $state(false);
  /** Counts sign-outs while this page is open, after which no form shows what the member was writing. */
  signOuts = $state(0);
  /** The action that a visitor tapped, to be run after signing in. */
  pending = $state<(() => void) | null>(null);

  readonly ratedCount = $derived(this.rated ?? 0);
  readonly left = $derived(Math.max(0, this.unlockAt - this.ratedCount));
  readonly unlocked = $derived(this.rated !== null && this.left === 0);

  constructor() {
    if (!browser) return;
    const member = rememberedMember();
    if (member) this.#know(member);
    waitFor(this.#start(), () => this.#leave());
    // If the page was opened offline, the session could not be resumed: try again when online.
    window.addEventListener('online', () => {
      if (currentToken() === null && wasSignedIn()) waitFor(this.#resume(), () => this.#leave());
    });
    onTabMessage((message) => {
      if (message.type === 'signed-out') this.#signedOut();
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
    this.#signedOut();
    notifyTabs({ type: 'signed-out' });
    await end();
  }

  /** Runs the action now, or after the sign-in dialog that this opens. */
  whenSignedIn(action: () => void) {
    if (this.member) action();
    else this.pending = action;
  }

  /** Sets the count from a query, unless a rating has set a newer one. */
  initCount({ ratedCount, unlockAt }: { ratedCount: number; unlockAt: number }) {
    this.unlockAt = unlockAt;
    this.rated ??= ratedCount;
  }

  /** Sets the count that the server returned after a rating. */
  updateCount(count: number) {
    if (this.rated !== null && this.rated < this.unlockAt && count >= this.unlockAt) this.unlocks += 1;
    this.rated = count;
  }

  renamed(displayName: string) {
    if (this.member) this.member = { ...this.member, displayName };
  }

  async #start() {
    try {
      if (wasSignedIn()) await this.#resume();
    } finally {
      this.settled = true;
      // Titles follow the language of the page again, because the account's choice no longer applies.
      if (!wasSignedIn()) text.callMovies('PAGE');
    }
  }

  async #resume() {
    const signedIn = await refresh();
    if (signedIn) this.#arrive(signedIn);
    else if (this.member) this.#leave();
  }

  #arrive({ member }: SignedIn) {
    // Not after a reload, when the pages of the same member are being loaded already.
    if (this.member?.id !== member.id) {
      this.#clear();
      this.rated = null;
    }
    this.#know(member);
    this.settled = true;
    // Not awaited: the pages work without the count and the title language.
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
      // Ignored: the next rating brings the count, and the title language stored on this device applies.
    }
  }

  #signedOut() {
    if (this.member) draftStorage.clear(this.member.id);
    this.#leave();
    this.signOuts += 1;
  }

  /** Also when the session has ended by itself: then what the member was writing is kept. */
  #leave() {
    forget();
    this.member = null;
    this.rated = null;
    this.pending = null;
    text.callMovies('PAGE');
    this.#clear();
    forgetPlaces();
  }

  #know({ id, handle, display_name: displayName, language }: SignedIn['member']) {
    text.suggest(language);
    const { member } = this;
    // The same object, if nothing has changed: a new one would reload the page.
    if (member?.id === id && member.handle === handle && member.displayName === displayName) return;
    this.member = { id, handle, displayName };
  }

  /** Empties what was loaded for another caller. */
  #clear() {
    clearLoaded();
    viewerStates.clear();
    ownComments.clear();
    written.clear();
  }
}

export const session = new Session();
