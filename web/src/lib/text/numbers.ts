// Formats numbers per language: 1,035 is written in full, 11,432 is 1.1만 in Korean and 11K in English.

export type Language = 'ko' | 'en';

/** A rounded count. */
export function formatCount(count: number, language: Language): string {
  if (count < 10_000) return count.toLocaleString('en-US');
  if (language === 'en') {
    return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(count);
  }
  if (count < 100_000_000) return `${short(count / 10_000)}만`;
  return `${short(count / 100_000_000)}억`;
}

// Truncated, not rounded: 19,999 is 1.9만.
function short(value: number): string {
  const cut = value < 100 ? Math.floor(value * 10) / 10 : Math.floor(value);
  return cut.toLocaleString('en-US');
}

/** A count in full, such as 10,003, for a counter that changes while it is watched. */
export function formatExactly(count: number): string {
  return count.toLocaleString('en-US');
}

/** Whole hours, truncated. */
export function hoursIn(minutes: number): number {
  return Math.floor(minutes / 60);
}

/** Stars with one decimal: 4.0, 3.6. */
export function formatStars(stars: number): string {
  return stars.toFixed(1);
}
