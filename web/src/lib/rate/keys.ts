// What the keys do on the rate page.

export type RowKey = { move: 1 | -1 } | { stars: number | null } | { notInterested: true };

type Pressed = Pick<KeyboardEvent, 'code' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey'>;

/** By place on the keyboard, not by letter: with a Korean layout X is ㅌ, and Shift+1 is an exclamation mark. */
export function rowKey({ code, shiftKey, ctrlKey, altKey, metaKey }: Pressed): RowKey | null {
  if (ctrlKey || altKey || metaKey) return null;
  if (code === 'ArrowDown') return { move: 1 };
  if (code === 'ArrowUp') return { move: -1 };
  if (code === 'KeyX') return { notInterested: true };
  if (code === 'Delete' || code === 'Digit0' || code === 'Numpad0') return { stars: null };
  const digit = /^(?:Digit|Numpad)([1-5])$/.exec(code)?.[1];
  return digit ? { stars: Number(digit) - (shiftKey ? 0.5 : 0) } : null;
}
