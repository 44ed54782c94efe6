// Client-generated ids, which make writes idempotent.

/** A random UUID. `crypto.randomUUID` is missing on pages that are not served over HTTPS. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Returns the same id for retries of the same text and a new one for another text. */
export class IdOfText {
  #text: string | null = null;
  #id = '';

  for(text: string): string {
    if (this.#text !== text) {
      this.#text = text;
      this.#id = newId();
    }
    return this.#id;
  }

  /** Call after success: the same text sent again is then a new item. */
  arrived() {
    this.#text = null;
  }
}
