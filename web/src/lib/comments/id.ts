// Ids that the browser draws, so that what is sent twice is written once.

/** A random UUID, also where the page is not served over HTTPS. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** The same id as long as the same text is being sent, another for another text. */
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

  /** It has arrived; the same words again are something new. */
  arrived() {
    this.#text = null;
  }
}
