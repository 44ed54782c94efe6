// The theme: light, dark or the system's. The script in app.html applies the stored choice before the first paint.
import { browser } from '$app/environment';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'matcha.theme';
// The `theme-color` values: the browser's toolbar and an installed window take this colour.
const FRAMES = { light: '#ffffff', dark: '#121512' } as const;

/** The `theme-color` of the meta element for `media`, once `theme` is chosen. */
export function themeColorOf(theme: Theme, media: string): string {
  if (theme !== 'system') return FRAMES[theme];
  return media.includes('dark') ? FRAMES.dark : FRAMES.light;
}

class ThemeChoice {
  current = $state<Theme>('system');

  constructor() {
    const stored = browser ? localStorage.getItem(KEY) : null;
    if (stored === 'light' || stored === 'dark') this.current = stored;
  }

  choose(theme: Theme) {
    this.current = theme;
    if (theme === 'system') {
      localStorage.removeItem(KEY);
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem(KEY, theme);
      document.documentElement.dataset.theme = theme;
    }
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]'))
      meta.content = themeColorOf(theme, meta.media);
  }
}

export const theme = new ThemeChoice();
