// What is wrong with the fields of the sign-up form, as far as the browser can tell. The user service decides: it has the same
// lengths, and looks closer at addresses and passwords.

export type Wrong = 'handleShort' | 'handleLong' | 'handleLetters' | 'email' | 'nameLong' | 'passwordShort' | 'passwordLong';
export type SignUpField = 'handle' | 'email' | 'display_name' | 'password';

export const MIN_HANDLE = 3;
export const MAX_HANDLE = 30;
const MAX_NAME = 50;
const MIN_PASSWORD = 15;
const MAX_PASSWORD = 128;

const charactersOf = (text: string) => [...text.normalize('NFC')].length;

/** Null: nothing is wrong. */
export function wrongWith(field: SignUpField, value: string): Wrong | null {
  const text = field === 'password' ? value : value.trim();
  const length = charactersOf(text);
  switch (field) {
    case 'handle':
      if (!/^[A-Za-z0-9_]*$/.test(text)) return 'handleLetters';
      if (length > MAX_HANDLE) return 'handleLong';
      return length < MIN_HANDLE ? 'handleShort' : null;
    case 'email':
      return length > 254 || !/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text) ? 'email' : null;
    case 'display_name':
      // An empty name becomes the handle.
      return length > MAX_NAME ? 'nameLong' : null;
    case 'password':
      if (length > MAX_PASSWORD) return 'passwordLong';
      return length < MIN_PASSWORD ? 'passwordShort' : null;
  }
}

// What can only get better by typing on is not called wrong before the field is left.
const UNFINISHED: readonly Wrong[] = ['handleShort', 'email', 'passwordShort'];

/** What to say while the field is being filled in. */
export function wrongWhileTyping(field: SignUpField, value: string): Wrong | null {
  const wrong = wrongWith(field, value);
  return wrong && UNFINISHED.includes(wrong) ? null : wrong;
}
