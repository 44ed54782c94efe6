// Light, dark, or what the system says; static/before-paint.js applies the choice before the first paint.
import { browser } from '$app/environment';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'matcha.theme';
// The colour of the page, which the browser's own frame and an installed window take on.
const FRAMES = { light: '#ffffff', dark: '#121512' } as const;

/** What a `theme-color` for `media` says once `theme` is chosen: the system decides only where nobody else did. */
export function frameOf(theme: Theme, media: string): string {
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
      meta.content = frameOf(theme, meta.media);
  }
}

export const theme = new ThemeChoice();
