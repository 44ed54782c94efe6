// Calendar days without a time or a time zone (YYYY-MM-DD), as the diary uses them.
import type { Language } from '$lib/text/numbers';

/** The year of the oldest surviving movie. */
export const FIRST_DAY = '1888-01-01';

/** Today in the browser's time zone. */
export function today(now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

// The formatter needs a point in time; noon UTC, formatted in UTC, keeps the day.
const at = (day: string) => new Date(`${day}T12:00:00Z`);
const format = (day: string, language: Language, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-US', { timeZone: 'UTC', ...options }).format(at(day));

// Puts the Korean weekday into brackets, which only some browsers' locale data do.
function withWeekday(day: string, language: Language, options: Intl.DateTimeFormatOptions): string {
  if (language === 'en') return format(day, language, { weekday: 'short', ...options });
  return `${format(day, language, options)} (${format(day, language, { weekday: 'short' })})`;
}

/** 2026년 3월 4일 (수); Wed, March 4, 2026. */
export const dayName = (day: string, language: Language) =>
  withWeekday(day, language, { year: 'numeric', month: 'long', day: 'numeric' });

/** 3월 4일 (수); Wed, March 4. */
export const dayInMonth = (day: string, language: Language) => withWeekday(day, language, { month: 'long', day: 'numeric' });

/** 2026년 3월; March 2026. */
export const monthName = (month: string, language: Language) =>
  format(`${month}-01`, language, { year: 'numeric', month: 'long' });

export interface Month<W> {
  /** YYYY-MM; null for watches without a day. */
  month: string | null;
  watches: W[];
}

/** Splits a sorted list of watches into months. */
export function byMonth<W extends { watchedOn: string | null }>(watches: readonly W[]): Month<W>[] {
  const months: Month<W>[] = [];
  for (const watch of watches) {
    const month = watch.watchedOn?.slice(0, 7) ?? null;
    const last = months.at(-1);
    if (last && last.month === month) last.watches.push(watch);
    else months.push({ month, watches: [watch] });
  }
  return months;
}
