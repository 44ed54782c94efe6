// The language of movie titles. All titles on the site are chosen by `titleIn`.

export interface Titles {
  ko: string;
  en: string;
  original: string;
}

/** The title language of an account; `PAGE` means the language of the page. */
export type TitleLanguage = 'PAGE' | 'KO' | 'EN' | 'ORIGINAL';

export const isTitleLanguage = (value: string | null): value is TitleLanguage =>
  value === 'PAGE' || value === 'KO' || value === 'EN' || value === 'ORIGINAL';

/** The title in the wanted language, or else the original title. */
export function titleIn(title: Titles, wanted: TitleLanguage, page: 'ko' | 'en'): string {
  const language = wanted === 'PAGE' ? page : ({ KO: 'ko', EN: 'en', ORIGINAL: 'original' } as const)[wanted];
  return title[language] || title.original || title[page] || title.en || title.ko;
}
