// How long a text is, as the service counts: characters, not UTF-16 units, without the space around it.
export const LONGEST_COMMENT = 10_000;
export const LONGEST_REPLY = 1_000;

export function lengthOf(text: string): number {
  return [...text.replaceAll('\r\n', '\n').trim()].length;
}

/** Whether a text of this length may be sent. */
export const fits = (length: number, most: number) => length > 0 && length <= most;
