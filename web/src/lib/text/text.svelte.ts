// The language of the site: that of the address (`?lang=en`, as search engines link a page), else the choice on this device, else
// the account's, else the browser's.
import { browser } from '$app/environment';
import { en } from './en';
import { ko, type Messages } from './ko';
import { formatCount, type Language } from './numbers';
import { isTitleLanguage, titleIn, type TitleLanguage, type Titles } from './titles';

const KEY = 'matcha.language';
const PARAMETER = 'lang';
const TITLES_KEY = 'matcha.titles';

class Text {
  language = $state<Language>('ko');
  /** The language of movie titles that the member chose. */
  titles = $state<TitleLanguage>('PAGE');
  /** The language that the address of this page load names. */
  #asked: Language | null = null;
  readonly messages: Messages = $derived(this.language === 'ko' ? ko : en);
  readonly #regions = $derived(new Intl.DisplayNames([this.language], { type: 'region', style: 'short' }));

  constructor() {
    if (!browser) return;
    this.#asked = known(new URLSearchParams(location.search).get(PARAMETER));
    this.language = this.#asked ?? stored() ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');
    this.titles = storedTitles(localStorage.getItem(TITLES_KEY));
    // The choice was changed in another tab.
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key === TITLES_KEY) this.titles = storedTitles(newValue);
    });
  }

  /** Stores the language chosen on this device. */
  choose(language: Language) {
    localStorage.setItem(KEY, language);
    this.language = language;
    this.#asked = null;
    const address = new URL(location.href);
    if (!address.searchParams.has(PARAMETER)) return;
    // Or else a reload would show the other language again.
    address.searchParams.delete(PARAMETER);
    history.replaceState(history.state, '', address);
  }

  /** Applies the account's language, unless the address names one or one was chosen on this device. */
  suggest(language: string) {
    if (!this.#asked && !stored()) this.language = language.toLowerCase() === 'ko' ? 'ko' : 'en';
  }

  /** Applies the account's title language and stores it, so that titles do not change after a page has opened. */
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

  /** The names of a person's roles; empty if they are unknown. */
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
      // Imported catalogues contain codes that are not in ISO 3166; these are shown as they are.
      return code;
    }
  }

  count(count: number): string {
    return formatCount(count, this.language);
  }
}

const known = (value: string | null): Language | null => (value === 'ko' || value === 'en' ? value : null);

function stored(): Language | null {
  return known(localStorage.getItem(KEY));
}

const storedTitles = (value: string | null): TitleLanguage => (isTitleLanguage(value) ? value : 'PAGE');

export const text = new Text();
