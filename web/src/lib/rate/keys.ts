// Keyboard shortcuts of the rate page.

export type RowKey = { move: 1 | -1 } | { stars: number | null } | { notInterested: true };

type Pressed = Pick<KeyboardEvent, 'code' | 'shiftKey' | 'ctrlKey' | 'altKey' | 'metaKey'>;

/** Uses `event.code`, the position of the key: in a Korean layout X types ㅌ, and Shift+1 types an exclamation mark. */
export function rowKey({ code, shiftKey, ctrlKey, altKey, metaKey }: Pressed): RowKey | null {
  if (ctrlKey || altKey || metaKey) return null;
  if (code === 'ArrowDown') return { move: 1 };
  if (code === 'ArrowUp') return { move: -1 };
  if (code === 'KeyX') return { notInterested: true };
  if (code === 'Delete' || code === 'Digit0' || code === 'Numpad0') return { stars: null };
  const digit = /^(?:Digit|Numpad)([1-5])$/.exec(code)?.[1];
  return digit ? { stars: Number(digit) - (shiftKey ? 0.5 : 0) } : null;
}
