// How numbers are written in each language: 1,035 stays whole, 11,432 becomes 1.1만 in Korean and 11K in English.

export type Language = 'ko' | 'en';

/** A count for people to read. */
export function formatCount(count: number, language: Language): string {
  if (count < 10_000) return count.toLocaleString('en-US');
  if (language === 'en') {
    return new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 }).format(count);
  }
  if (count < 100_000_000) return `${short(count / 10_000)}만`;
  return `${short(count / 100_000_000)}억`;
}

// Cut, not rounded: 19,999 people are not two 만.
function short(value: number): string {
  const cut = value < 100 ? Math.floor(value * 10) / 10 : Math.floor(value);
  return cut.toLocaleString('en-US');
}

/** A count in full, for one that somebody is watching change: 10,003. */
export function formatExactly(count: number): string {
  return count.toLocaleString('en-US');
}

/** Whole hours, cut: 59 minutes are none. */
export function hoursIn(minutes: number): number {
  return Math.floor(minutes / 60);
}

/** Stars with their one decimal: 4.0, 3.6. */
export function formatStars(stars: number): string {
  return stars.toFixed(1);
}
