// Runs before the first paint, so that a chosen theme or language never flashes the other one.
(() => {
  try {
    const theme = localStorage.getItem('matcha.theme');
    if (theme) document.documentElement.dataset.theme = theme;
    // The browser's own frame follows the system by `media`; a chosen theme goes before that, as in theme.svelte.ts.
    const frame = { light: '#ffffff', dark: '#121512' }[theme];
    if (frame) for (const meta of document.querySelectorAll('meta[name=theme-color]')) meta.content = frame;
    const language = localStorage.getItem('matcha.language') ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');
    document.documentElement.lang = language;
  } catch {
    // Storage may be forbidden; the defaults hold.
  }
})();
