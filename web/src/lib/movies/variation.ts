// A seed for the rows of the home page: new for each visit, the same for all pages within one.
const KEY = 'matcha.variation';

export function variationOfVisit(): number {
  const known = Number(sessionStorage.getItem(KEY));
  if (known > 0) return known;
  const drawn = 1 + Math.floor(Math.random() * 1_000_000);
  sessionStorage.setItem(KEY, String(drawn));
  return drawn;
}
