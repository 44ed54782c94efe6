// Light, dark, or what the system says; static/before-paint.js applies the choice before the first paint.
import { browser } from '$app/environment';

export type Theme = 'system' | 'light' | 'dark';
const KEY = 'matcha.theme';

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
  }
}

export const theme = new ThemeChoice();
