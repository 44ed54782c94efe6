// The text of a form that is not sent yet. It is kept while it is being written, so that it outlives a reload and a navigation.
import { untrack } from 'svelte';
import { session } from '$lib/session/session.svelte';
import { draftStorage } from './storage';

const owner = () => session.member?.id ?? null;

export const hasDraft = (what: string) => draftStorage.read(owner(), what) !== null;
export const removeDraft = (what: string) => draftStorage.remove(owner(), what);

export class Draft<Value extends object> {
  value: Value = $state() as Value;
  /** Whether the form began with a text from an earlier visit. */
  restored = $state(false);

  /** Must be called while a component is initialised. `what` names the form; `original` is its content without a draft. */
  constructor(
    private readonly what: string,
    private readonly original: Value
  ) {
    const kept = draftStorage.read(owner(), what) as Partial<Value> | null;
    this.value = { ...original, ...kept };
    this.restored = kept !== null;

    const { signOuts } = session;
    $effect(() => {
      if (session.signOuts !== signOuts) this.value = { ...original };
    });
    $effect(() => {
      const now = $state.snapshot(this.value) as Value;
      const changed = JSON.stringify(now) !== JSON.stringify(original);
      untrack(() => (changed ? draftStorage.write(owner(), what, now) : this.#drop()));
    });
  }

  /** Throws the text away. */
  discard() {
    this.value = { ...this.original };
    this.#drop();
  }

  #drop() {
    this.restored = false;
    draftStorage.remove(owner(), this.what);
  }
}
