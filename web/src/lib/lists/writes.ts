// The writes to one list's movies, one after the other: each makes a new version, and an order has to name the last.

interface Order {
  ids: readonly string[];
}

export class ListWrites {
  #version: number;
  #turn: Promise<unknown> = Promise.resolve();
  /** An order that waits for its turn; a later one takes its place. */
  #waiting: Order | null = null;

  constructor(
    version: number,
    private readonly sendOrder: (ids: readonly string[], version: number) => Promise<number>,
    private readonly onfailed: (cause: unknown) => void
  ) {
    this.#version = version;
  }

  /** Puts the movies in this order. Of many quick moves only the last order is sent. */
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

  /** Adds or removes a movie; `send` answers the version after it. True: it is done. */
  change(send: () => Promise<number>): Promise<boolean> {
    // An order after this is about other movies than one before it.
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

/** The same ids with one of them at the place where another is. */
export function moved(ids: readonly string[], id: string, to: string): string[] {
  const place = ids.indexOf(to);
  if (place < 0 || !ids.includes(id)) return [...ids];
  const rest = ids.filter((other) => other !== id);
  return [...rest.slice(0, place), id, ...rest.slice(place)];
}

/** These items in that order; whatever the order does not name comes last. */
export function inOrder<T extends { id: string }>(items: readonly T[], ids: readonly string[]): T[] {
  const places = new Map(ids.map((id, place) => [id, place]));
  const place = ({ id }: T) => places.get(id) ?? ids.length;
  return [...items].sort((a, b) => place(a) - place(b));
}
