// Rows differ from one visit to the next, but not while somebody goes back and forth within one.
const KEY = 'matcha.variation';

export function variationOfVisit(): number {
  const known = Number(sessionStorage.getItem(KEY));
  if (known > 0) return known;
  const drawn = 1 + Math.floor(Math.random() * 1_000_000);
  sessionStorage.setItem(KEY, String(drawn));
  return drawn;
}
