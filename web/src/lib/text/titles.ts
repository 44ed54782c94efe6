// What a movie is called: one function for every title on the site.

export interface Titles {
  ko: string;
  en: string;
  original: string;
}

/** What a member wants movies called; `PAGE` is whatever language the page is in. */
export type TitleLanguage = 'PAGE' | 'KO' | 'EN' | 'ORIGINAL';

export const isTitleLanguage = (value: string | null): value is TitleLanguage =>
  value === 'PAGE' || value === 'KO' || value === 'EN' || value === 'ORIGINAL';

/** A title in the wanted language. A movie without one is called as it was where it was made. */
export function titleIn(title: Titles, wanted: TitleLanguage, page: 'ko' | 'en'): string {
  const language = wanted === 'PAGE' ? page : ({ KO: 'ko', EN: 'en', ORIGINAL: 'original' } as const)[wanted];
  return title[language] || title.original || title[page] || title.en || title.ko;
}
