// The length of a text as the service counts it: Unicode code points of the trimmed text, not UTF-16 units.
export const MAX_COMMENT_LENGTH = 10_000;
export const MAX_REPLY_LENGTH = 1_000;

export function lengthOf(text: string): number {
  return [...text.replaceAll('\r\n', '\n').trim()].length;
}

/** Whether a text of this length may be sent. */
export const fits = (length: number, most: number) => length > 0 && length <= most;
