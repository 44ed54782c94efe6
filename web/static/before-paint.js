// Runs before the first paint, so that a chosen theme or language never flashes the other one.
(() => {
  try {
    const theme = localStorage.getItem('matcha.theme');
    if (theme) document.documentElement.dataset.theme = theme;
    const language = localStorage.getItem('matcha.language') ?? (navigator.language.startsWith('ko') ? 'ko' : 'en');
    document.documentElement.lang = language;
  } catch {
    // Storage may be forbidden; the defaults hold.
  }
})();
