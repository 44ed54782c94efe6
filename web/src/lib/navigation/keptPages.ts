// The loaded pages of lists per history entry, so that going back shows a list as it was left. Their sizes outlive a reload, after
// which a list is requested up to the same length.

export interface KeptList<Items = unknown> {
  /** The number of loaded items. */
  size: number;
  /** Null after a reload, or after a write that may have changed the list. */
  content: Items | null;
  /** The content stays as it was left, whatever is written. */
  lasting?: boolean;
}

const MAX_LISTS = 40;

export class KeptPages {
  #lists = new Map<string, KeptList>();
  /** Counts the writes after which contents are out of date. */
  generation = 0;

  find(slot: string): KeptList | null {
    return this.#lists.get(slot) ?? null;
  }

  keep(slot: string, list: KeptList) {
    this.#lists.delete(slot);
    this.#lists.set(slot, list);
    const oldest = this.#lists.keys().next().value;
    if (this.#lists.size > MAX_LISTS && oldest !== undefined) this.#lists.delete(oldest);
  }

  /** Drops the contents: the lists are requested again, up to the size that they had. */
  dropContents() {
    this.generation += 1;
    for (const [slot, { size, lasting }] of this.#lists) if (!lasting) this.#lists.set(slot, { size, content: null });
  }

  /** Drops the lists of this history entry and of those after it, which a new page replaces. */
  dropFrom(entry: number) {
    for (const slot of this.#lists.keys()) if (entryOf(slot) >= entry) this.#lists.delete(slot);
  }

  clear() {
    this.#lists.clear();
  }

  sizes(): [string, number][] {
    return [...this.#lists].map(([slot, { size }]) => [slot, size]);
  }

  restoreSizes(sizes: readonly [string, number][]) {
    for (const [slot, size] of sizes) this.keep(slot, { size, content: null });
  }
}

/** Names a list of a history entry. The address is part of it, because a filter may replace the address of an entry. */
export const slotOf = (entry: number, address: string, list: string) => `${entry} ${address} ${list}`;

const entryOf = (slot: string) => Number(slot.split(' ', 1)[0]);
