// Where unsent texts are kept: a member's in localStorage until they are sent, thrown away, or the member signs out; a visitor's
// for as long as the tab is open.

const PREFIX = 'matcha.draft';

type Owner = string | null;
type Stores = Record<'localStorage' | 'sessionStorage', Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>>;

const nameOf = (owner: Owner, what: string) => `${PREFIX} ${owner ?? ''} ${what}`;

export class DraftStorage {
  constructor(private readonly stores: () => Stores = () => window) {}

  /** The member's draft, or else the one that was written in this tab before signing in. */
  read(owner: Owner, what: string): unknown {
    return this.#try(() => {
      const own = this.#of(owner).getItem(nameOf(owner, what)) ?? this.#of(null).getItem(nameOf(null, what));
      return own === null ? null : (JSON.parse(own) as unknown);
    });
  }

  write(owner: Owner, what: string, value: unknown) {
    this.#try(() => this.#of(owner).setItem(nameOf(owner, what), JSON.stringify(value)));
    // What a visitor wrote is the member's after signing in.
    if (owner !== null) this.#try(() => this.#of(null).removeItem(nameOf(null, what)));
  }

  remove(owner: Owner, what: string) {
    for (const whose of [owner, null]) this.#try(() => this.#of(whose).removeItem(nameOf(whose, what)));
  }

  /** Removes all drafts of a member. */
  clear(owner: string) {
    this.#try(() => {
      const store = this.#of(owner);
      const names = Array.from({ length: store.length }, (_, i) => store.key(i));
      for (const name of names) if (name?.startsWith(nameOf(owner, ''))) store.removeItem(name);
    });
  }

  #of(owner: Owner) {
    return owner === null ? this.stores().sessionStorage : this.stores().localStorage;
  }

  #try<T>(work: () => T): T | null {
    try {
      return work();
    } catch {
      // Storage may be forbidden or full; then a draft lives as long as its form.
      return null;
    }
  }
}

export const draftStorage = new DraftStorage();
