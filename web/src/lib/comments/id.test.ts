import { expect, test } from 'vitest';
import { IdOfText, newId } from './id';

test('ids are random UUIDs of version 4', () => {
  const ids = new Set(Array.from({ length: 100 }, newId));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('the same text keeps its id until it is sent successfully', () => {
  const ids = new IdOfText();
  const first = ids.for('so do I');
  expect(ids.for('so do I')).toBe(first);
  expect(ids.for('me too')).not.toBe(first);
  const again = ids.for('me too');
  ids.arrived();
  expect(ids.for('me too')).not.toBe(again);
});
