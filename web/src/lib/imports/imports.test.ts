import { describe, expect, it } from 'vitest';
import { isMoving, ofClass, ofOutcome, progress, type Import } from './imports';

const some: Import = {
  id: '1',
  source: 'letterboxd',
  file_name: 'ratings.csv',
  state: 'applying',
  policy: 'newest',
  rows: 6,
  done: 2,
  to_do: 8,
  counts: [
    { kind: 'rating', class: 'new', reason: null, outcome: 'applied', rows: 3 },
    { kind: 'comment', class: 'new', reason: null, outcome: 'left', rows: 1 },
    { kind: 'watch', class: 'skipped', reason: 'duplicate', outcome: 'kept', rows: 2 }
  ],
  skipped: [],
  created_at: '2026-11-21T00:00:00Z',
  expires_at: '2026-11-28T00:00:00Z'
};

describe('an import', () => {
  it('counts its rows by class and by outcome', () => {
    expect([ofClass(some, 'new'), ofClass(some, 'skipped'), ofClass(some, 'same')]).toEqual([4, 2, 0]);
    expect([ofOutcome(some, 'applied'), ofOutcome(some, 'left')]).toEqual([3, 1]);
  });

  it('knows how far it is, even with nothing to do', () => {
    expect(progress(some)).toBe(0.25);
    expect(progress({ ...some, done: 9 })).toBe(1);
    expect(progress({ ...some, done: 0, to_do: 0 })).toBe(1);
    expect([isMoving(some), isMoving({ ...some, state: 'applied' })]).toEqual([true, false]);
  });
});
