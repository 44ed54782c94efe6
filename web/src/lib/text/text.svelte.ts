// The language of the site: chosen by hand, else the member's, else the browser's.
import { browser } from '$app/environment';
import { en } from './en';
import { ko, type Messages } from './ko';
import { formatCount, type Language } from './numbers';
import { isTitleLanguage, titleIn, type TitleLanguage, type Titles } from './titles';

const KEY = 'matcha.language';
const TITLES_KEY = 'matcha.titles';

class Text {
  language = $state<Language>('ko');
  /** What this member wants movies called. */
  titles = $state<TitleLanguage>('PAGE');
  readonly messages: Messages = $derived(this.language === 'ko' ? ko : en);
  readonly #regions = $derived(new Intl.DisplayNames([this.language], { type: 'region', style: 'short' }));

  constructor() {
    if (!browser) return;
    this.language = stored() ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');
    this.titles = storedTitles(localStorage.getItem(TITLES_KEY));
    // Chosen in another tab.
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key === TITLES_KEY) this.titles = storedTitles(newValue);
    });
  }

  /** The member's own wish: kept on this device. */
  choose(language: Language) {
    localStorage.setItem(KEY, language);
    this.language = language;
  }

  /** What the member's account says; a choice made on this device wins. */
  suggest(language: string) {
    if (!stored()) this.language = language.toLowerCase() === 'ko' ? 'ko' : 'en';
  }

  /** The account's choice; kept on this device so that no title changes while a page is opening. */
  callMovies(titles: TitleLanguage) {
    if (titles === 'PAGE') localStorage.removeItem(TITLES_KEY);
    else localStorage.setItem(TITLES_KEY, titles);
    this.titles = titles;
  }

  title(movie: { title: Titles }): string {
    return titleIn(movie.title, this.titles, this.language);
  }

  person(person: { nameKo: string; nameEn: string }): string {
    return this.language === 'ko' ? person.nameKo || person.nameEn : person.nameEn || person.nameKo;
  }

  /** What somebody does, in words; before that is known, nothing. */
  roles(roles: readonly ('DIRECTOR' | 'ACTOR')[] | null): string {
    return (roles ?? []).map((role) => this.messages.person.roles[role]).join(' · ');
  }

  genre(genre: string): string {
    const spoken = genre.replaceAll('_', ' ');
    return this.messages.genres[genre] ?? spoken.charAt(0).toUpperCase() + spoken.slice(1);
  }

  country(code: string): string {
    try {
      return this.#regions.of(code) ?? code;
    } catch {
      // A code that ISO 3166 does not have (imported catalogues bring some) is shown as it is.
      return code;
    }
  }

  count(count: number): string {
    return formatCount(count, this.language);
  }
}

function stored(): Language | null {
  const value = localStorage.getItem(KEY);
  return value === 'ko' || value === 'en' ? value : null;
}

const storedTitles = (value: string | null): TitleLanguage => (isTitleLanguage(value) ? value : 'PAGE');

export const text = new Text();
