// Serialises the writes to one list's movies: each write makes a new version, and an order must name the latest one.

interface Order {
  ids: readonly string[];
}

export class ListWrites {
  #version: number;
  #turn: Promise<unknown> = Promise.resolve();
  /** The order to be sent next; a later order replaces it. */
  #waiting: Order | null = null;

  constructor(
    version: number,
    private readonly sendOrder: (ids: readonly string[], version: number) => Promise<number>,
    private readonly onfailed: (cause: unknown) => void
  ) {
    this.#version = version;
  }

  /** Sends this order. Of several orders made while a write is running, only the last is sent. */
  order(ids: readonly string[]): Promise<unknown> {
    if (this.#waiting) {
      this.#waiting.ids = ids;
      return this.#turn;
    }
    const order: Order = { ids };
    this.#waiting = order;
    return this.#next(async () => {
      if (this.#waiting === order) this.#waiting = null;
      this.#version = await this.sendOrder(order.ids, this.#version);
    });
  }

  /** Adds or removes a movie; `send` returns the new version. Resolves to whether it succeeded. */
  change(send: () => Promise<number>): Promise<boolean> {
    // Orders before and after this write have different movies, so they are not merged.
    this.#waiting = null;
    return this.#next(async () => {
      this.#version = await send();
    });
  }

  #next(work: () => Promise<void>): Promise<boolean> {
    const done = this.#turn.then(work).then(
      () => true,
      (cause: unknown) => {
        this.onfailed(cause);
        return false;
      }
    );
    this.#turn = done;
    return done;
  }
}

/** Returns the ids with `id` moved to the place of `to`. */
export function moved(ids: readonly string[], id: string, to: string): string[] {
  const place = ids.indexOf(to);
  if (place < 0 || !ids.includes(id)) return [...ids];
  const rest = ids.filter((other) => other !== id);
  return [...rest.slice(0, place), id, ...rest.slice(place)];
}

/** Sorts the items by their place in `ids`; items that `ids` does not contain come last. */
export function inOrder<T extends { id: string }>(items: readonly T[], ids: readonly string[]): T[] {
  const places = new Map(ids.map((id, place) => [id, place]));
  const place = ({ id }: T) => places.get(id) ?? ids.length;
  return [...items].sort((a, b) => place(a) - place(b));
}
