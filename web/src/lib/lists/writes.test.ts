import { expect, test } from 'vitest';
import { inOrder, ListWrites, moved } from './writes';

const unexpected = (cause: unknown) => expect.unreachable(String(cause));

/** A fake server whose answers are held until the test releases them. */
function server() {
  const sent: string[] = [];
  const pending: (() => void)[] = [];
  let version = 1;
  const answer = (what: string) => {
    sent.push(what);
    return new Promise<number>((resolve) => pending.push(() => resolve(++version)));
  };
  const go = async () => {
    pending.shift()?.();
    // Several promise callbacks run before the next write is sent.
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { sent, answer, go };
}

test('of many quick moves the first and the last are sent, each with the latest version', async () => {
  const { sent, answer, go } = server();
  const writes = new ListWrites(1, (ids, version) => answer(`${ids.join('')}@${version}`), unexpected);
  void writes.order(['b', 'a', 'c']);
  await go();
  void writes.order(['b', 'c', 'a']);
  void writes.order(['c', 'b', 'a']);
  void writes.order(['c', 'a', 'b']);
  await go();
  await go();
  expect(sent).toEqual(['bac@1', 'cab@2']);
});

test('an order after a removal is sent after it and not merged with an earlier order', async () => {
  const { sent, answer, go } = server();
  const writes = new ListWrites(1, (ids, version) => answer(`${ids.join('')}@${version}`), unexpected);
  void writes.order(['b', 'a', 'c']);
  void writes.change(() => answer('-a'));
  void writes.order(['c', 'b']);
  for (let i = 0; i < 4; i++) await go();
  expect(sent).toEqual(['bac@1', '-a', 'cb@3']);
});

test('a failed write is reported, and the next one is still sent', async () => {
  const failures: unknown[] = [];
  const writes = new ListWrites(
    1,
    () => Promise.reject(new Error('changed')),
    (cause) => failures.push(cause)
  );
  await writes.order(['a']);
  let sent = false;
  const done = await writes.change(() => {
    sent = true;
    return Promise.resolve(2);
  });
  expect(failures).toHaveLength(1);
  expect([sent, done]).toEqual([true, true]);
  expect(await writes.change(() => Promise.reject(new Error('away')))).toBe(false);
  expect(failures).toHaveLength(2);
});

test('a movie takes the place of another, forwards and backwards', () => {
  expect(moved(['a', 'b', 'c', 'd'], 'c', 'a')).toEqual(['c', 'a', 'b', 'd']);
  expect(moved(['a', 'b', 'c', 'd'], 'a', 'c')).toEqual(['b', 'c', 'a', 'd']);
  expect(moved(['a', 'b'], 'a', 'a')).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 'x', 'a')).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 'a', 'x')).toEqual(['a', 'b']);
});

test('inOrder sorts the loaded items by the order of the whole list', () => {
  const items = ['a', 'b', 'c'].map((id) => ({ id }));
  expect(inOrder(items, ['c', 'x', 'a', 'b']).map(({ id }) => id)).toEqual(['c', 'a', 'b']);
  expect(inOrder(items, ['b']).map(({ id }) => id)).toEqual(['b', 'a', 'c']);
});
