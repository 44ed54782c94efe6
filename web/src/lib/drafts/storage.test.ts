import { beforeEach, expect, test } from 'vitest';
import { DraftStorage } from './storage';

class MemoryStore {
  #items = new Map<string, string>();
  get length() {
    return this.#items.size;
  }
  key = (i: number) => [...this.#items.keys()][i] ?? null;
  getItem = (name: string) => this.#items.get(name) ?? null;
  setItem = (name: string, value: string) => void this.#items.set(name, value);
  removeItem = (name: string) => void this.#items.delete(name);
}

let drafts: DraftStorage;
let stores: { localStorage: MemoryStore; sessionStorage: MemoryStore };
beforeEach(() => {
  stores = { localStorage: new MemoryStore(), sessionStorage: new MemoryStore() };
  drafts = new DraftStorage(() => stores);
});

test('a draft belongs to its member and its place', () => {
  drafts.write('mina', 'comment 1', { words: 'half' });
  expect(drafts.read('mina', 'comment 1')).toEqual({ words: 'half' });
  expect(drafts.read('mina', 'comment 2')).toBeNull();
  expect(drafts.read('juno', 'comment 1')).toBeNull();
  drafts.remove('mina', 'comment 1');
  expect(drafts.read('mina', 'comment 1')).toBeNull();
});

test('what a visitor wrote is adopted by the member who signs in, and never kept beyond the tab', () => {
  drafts.write(null, 'comment 1', { words: 'before signing in' });
  expect(stores.localStorage.length).toBe(0);
  expect(drafts.read('mina', 'comment 1')).toEqual({ words: 'before signing in' });
  drafts.write('mina', 'comment 1', { words: 'after' });
  expect(drafts.read(null, 'comment 1')).toBeNull();
});

test('signing out removes the drafts of the member only', () => {
  drafts.write('mina', 'comment 1', {});
  drafts.write('mina', 'reply 2', {});
  drafts.write('min', 'comment 1', {});
  drafts.clear('mina');
  expect(drafts.read('mina', 'comment 1')).toBeNull();
  expect(drafts.read('mina', 'reply 2')).toBeNull();
  expect(drafts.read('min', 'comment 1')).not.toBeNull();
});

test('without a storage nothing fails', () => {
  const none = new DraftStorage(() => {
    throw new DOMException('forbidden', 'SecurityError');
  });
  none.write('mina', 'comment 1', {});
  expect(none.read('mina', 'comment 1')).toBeNull();
  none.clear('mina');
});
