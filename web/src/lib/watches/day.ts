// Days of the calendar, without a time and without a zone: what a diary is made of.
import type { Language } from '$lib/text/numbers';

/** Of the oldest film there is. */
export const FIRST_DAY = '1888-01-01';

/** Today where the browser is, which is where the member is. */
export function today(now = new Date()): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

// A day has no zone; noon of UTC is only how the formatter wants to have it.
const at = (day: string) => new Date(`${day}T12:00:00Z`);
const format = (day: string, language: Language, options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language === 'ko' ? 'ko-KR' : 'en-US', { timeZone: 'UTC', ...options }).format(at(day));

// Korean has the day of the week in brackets; not every browser's tables do.
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
  /** YYYY-MM; null: the days are not known. */
  month: string | null;
  watches: W[];
}

/** A list in its order, cut where the month changes. */
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
